"""Zones as wholes: the largest that were touched, and how long they had been there."""

from __future__ import annotations

import numpy as np

from heatmap.scoring.ages import beginnings, lead_sums
from heatmap.scoring.calibration import Outcomes
from heatmap.scoring.touched import labels, ranks, touched_sums
from heatmap.zones.grid import LONG
from tests.heatmap.scoring.courses import (
    ZERO,
    a_course,
    a_market,
    all_counted,
    zones_at,
    zones_of_density,
)


def test_each_run_of_flagged_bins_is_a_zone_of_its_own():
    flagged = np.array([[[0, 1, 1, 0, 1], [1, 0, 0, 0, 1]]], dtype=np.bool_)
    assert labels(flagged)[flagged].tolist() == [0, 0, 1, 2, 3]


def test_zones_are_ranked_within_their_window():
    window, size = np.array([0, 1, 0, 1, 1]), np.array([1.0, 5.0, 3.0, 9.0, 2.0])
    assert ranks(window, size).tolist() == [1, 1, 0, 0, 2]


def test_precision_at_k_asks_the_largest_zones_that_were_touched():
    course = a_course(a_market({2: -9}, {}, (12, LONG, -2, 6.0)), is_inverse=True)
    density = np.zeros((3, 2, course.prices.count), dtype=np.float32)
    for offset, value in ((-1, 2), (-2, 2), (-5, 3), (-8, 1), (-30, 99)):
        density[0, LONG, ZERO + offset - course.prices.first_bin] = value
    least = np.full(len(course.cells.bin), 5.0)
    happened = Outcomes(least, course.realised.in_cell >= least, least)
    sums = touched_sums(course, all_counted(course), zones_of_density(course, density), happened)
    told = {k: (sums[f"largest_{k}"].sum(), sums[f"largest_{k}_hit"].sum()) for k in (1, 3, 10)}
    assert told == {1: (1, 1), 3: (3, 1), 10: (3, 1)}


def test_a_zone_begins_where_its_bin_was_flagged_without_a_break():
    flagged = np.array([1, 1, 0, 1, 1], dtype=np.bool_).reshape(5, 1, 1)
    assert beginnings(flagged)[flagged[:, 0, 0], 0, 0].tolist() == [0, 0, 3, 3]


def test_the_lead_is_from_the_zones_beginning_to_the_event():
    market = a_market({14: -1}, {}, (30, LONG, -1, 5.0), (72, LONG, -1, 4.0))
    course = a_course(market, is_inverse=True)
    sums = lead_sums(course, all_counted(course), zones_at(course, -1))
    # The first is outside of what its hour swept; the zone of the second is 72 minutes old.
    assert (sums["led_1"].sum(), sums["led_24"].sum()) == (4.0, 0.0)
    fresh = zones_at(course, -1, windows=slice(1, 2))
    assert lead_sums(course, all_counted(course), fresh)["led_1"].sum() == 0.0
