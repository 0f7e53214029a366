"""Every number, worked out by hand on a fall of five bins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from heatmap.scoring.bootstrap import interval
from heatmap.scoring.calibration import Outcomes, Probabilities
from heatmap.scoring.course import Course
from heatmap.scoring.flags import Zones
from heatmap.scoring.numbers import NUMBERS
from heatmap.scoring.rings import middle_ranks
from heatmap.scoring.sums import day_sums
from heatmap.zones.grid import LONG
from tests.heatmap.scoring.courses import (
    ZERO,
    a_course,
    a_market,
    all_counted,
    zones_at,
    zones_of_density,
)

FALL = a_market(
    {1: 0, 2: -5},
    {},
    (12, LONG, -1, 6.0),
    (12, LONG, -1, 2.0),
    (13, LONG, -4, 2.0),
    (14, LONG, -9, 10.0),
)
"""Swept after the lead: bins -1 to -5. Ten units are liquidated there, ten below."""


def numbers(zones: Zones, course: Course, chance: Any = None) -> dict[str, Any]:
    """The numbers with quantities as USD, so that they are round."""
    count = len(course.cells.bin)
    least, base = np.full(count, 5.0), np.full(count, 0.2)
    happened = Outcomes(least, course.realised.in_cell >= least, base)
    chance = np.full(count, np.nan) if chance is None else chance
    says = Probabilities(chance, np.zeros(count, dtype=np.int64))
    sums = day_sums(course, all_counted(course), zones, happened, says)
    return {name: interval(of, sums, np.ones((1, 1))).value for name, of in NUMBERS.items()}


@pytest.fixture
def course():
    return a_course(FALL, is_inverse=True)


def test_hit_rate_area_and_lift(course):
    told = numbers(zones_at(course, -1, -9), course)
    assert told["hit_rate"] == 0.8
    assert told["recall"] == 0.4
    assert told["path_share"] == 0.2
    assert told["lift"] == 4.0


def test_zones_of_the_other_side_hit_nothing(course):
    told = numbers(zones_at(course, -1, side=1), course)
    assert (told["hit_rate"], told["path_share"], told["lift"]) == (0.0, 0.0, None)


def test_the_band_counts_the_zones_of_five_percent(course):
    told = numbers(zones_at(course, *range(-60, -25)), course)
    assert told["band_share"] == pytest.approx(25 / 102, abs=1e-6)


def test_precision_counts_bins_with_enough(course):
    told = numbers(zones_at(course, -1, -2), course, np.full(len(course.cells.bin), 0.5))
    assert told["precision"] == 0.5
    assert told["precision_base"] == 0.2


def test_brier_is_the_mean_squared_error_and_its_skill_is_against_the_base_rate(course):
    chance = np.where(course.cells.bin == ZERO - 1, 0.9, 0.1)
    told = numbers(zones_at(course), course, chance)
    assert told["brier"] == pytest.approx((5 * 0.1**2) / 5)
    base = (0.8**2 + 4 * 0.2**2) / 5
    assert told["brier_skill"] == pytest.approx(1 - 0.01 / base, abs=1e-6)


def test_what_was_predicted_is_set_against_what_came_in_the_same_bins(course):
    told = numbers(zones_at(course, -1, -2, -3, -9), course)
    assert told["predicted_over_realised"] == 0.3


def test_capture_is_the_area_under_the_notional_by_falling_density(course):
    density = np.zeros((3, 2, course.prices.count), dtype=np.float32)
    for offset, value in ((-1, 5), (-2, 4), (-3, 3), (-4, 2)):
        density[:, LONG, ZERO + offset - course.prices.first_bin] = value
    # Four bins up to 0.5 %, hottest first: 8, 0, 0, 2 of ten.
    assert numbers(zones_of_density(course, density), course)["cap"] == pytest.approx(
        0.8 * (1 - 0.125) + 0.2 * (1 - 0.875), abs=1e-6
    )


def test_a_forecast_that_says_the_same_everywhere_captures_half(course):
    assert numbers(zones_at(course), course)["cap"] == 0.5


def test_bins_of_equal_density_share_their_rank():
    density = np.array([3.0, 1.0, 1.0, 2.0, 9.0])
    ring = np.array([0, 0, 0, 0, 1])
    assert middle_ranks(density, ring).tolist() == [0.125, 0.75, 0.75, 0.375, 0.5]
