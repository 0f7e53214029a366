"""Totals of each window and side, where only the amount counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from heatmap.scoring.arrays import summed
from heatmap.scoring.bootstrap import interval
from heatmap.scoring.course import Course, counted, course_of
from heatmap.scoring.market import Market
from heatmap.scoring.numbers import TOTALS
from heatmap.scoring.swept import NO_GAPS
from heatmap.scoring.terms import Terms
from heatmap.scoring.totals import Guess, depth_guesses, deviances, total_sums
from heatmap.zones.grid import LONG
from heatmap.zones.series import Floats
from tests.heatmap.scoring.courses import a_course, a_market
from tests.heatmap.scoring.worlds import day


@pytest.fixture(scope="module")
def course(a_world):
    return course_of(Market(a_world.series, a_world.events), day(15), NO_GAPS, Terms())


def told(course: Course, expected: Floats, is_notional: bool = False) -> dict[str, Any]:
    """The totals' numbers of these expectations."""
    counts = counted(course, course.windows.at >= course.since)
    sums = total_sums(course, counts, Guess("guess", expected, is_notional))
    drawn = np.ones((1, len(counts.days)))
    return {name: interval(of, sums, drawn).value for name, of in TOTALS.items()}


def realised(course: Course) -> Floats:
    pair = course.cells.window * 2 + course.cells.side
    return summed(pair, course.realised.in_cell, 2 * len(course.windows.at))


def test_who_knows_the_totals_has_all_of_the_skill(course):
    numbers = told(course, realised(course), is_notional=True)
    assert numbers["rank_correlation"] == 1.0
    assert numbers["predicted_over_realised"] == 1.0
    assert numbers["deviance_skill"] > 0.98


def test_the_same_guess_always_has_none(course):
    numbers = told(course, np.ones(2 * len(course.windows.at)))
    assert numbers["deviance_skill"] == pytest.approx(0, abs=1e-6)
    assert numbers["rank_correlation"] is None


def test_a_guess_without_a_unit_is_scaled_by_earlier_days(course):
    once, more = (told(course, realised(course) * factor) for factor in (1.0, 1000.0))
    assert once == more
    assert 0.5 < once["predicted_over_realised"] < 2


def test_depth_counts_the_bins_that_are_recorded_and_volume_their_candles():
    market = a_market({2: -3, 5: -4}, {}, (12, LONG, -2, 1.0))
    volume = np.arange(len(market.series.volume), dtype=float)
    market = Market(replace(market.series, volume=volume), market.events)
    course = a_course(market)
    squared, by_volume = depth_guesses(course)
    assert squared.expected[:2].tolist() == pytest.approx([(4 * 0.001) ** 2, 0.0])
    first = course.windows.first_candle[0]
    traded = volume[first + 1 : first + 12].sum()
    assert by_volume.expected[0] == pytest.approx(4 * 0.001 * traded)


def test_deviance_grows_with_amounts_that_are_too_high_as_with_those_too_low():
    real, expected = np.array([4.0, 4.0, 0.0]), np.array([8.0, 2.0, 3.0])
    by_hand = [2 * (4 * np.log(0.5) + 4), 2 * (4 * np.log(2) - 2), 6.0]
    assert deviances(real, expected).tolist() == pytest.approx(by_hand)
    assert deviances(real[:2], real[:2]).tolist() == [0.0, 0.0]


def test_the_scale_of_a_day_does_not_know_that_day(course):
    last = course.days[-1]
    changed = course.realised.in_cell.copy()
    changed[last.cells] *= 1000
    other = replace(course, realised=replace(course.realised, in_cell=changed))
    steady = np.ones(2 * len(course.windows.at))
    said = [
        total_sums(c, counted(c, c.windows.at >= c.since), Guess("guess", steady, False))
        for c in (course, other)
    ]
    assert said[0]["total_said"].tolist() == said[1]["total_said"].tolist()
    assert said[1]["total_real"][-1] == pytest.approx(1000 * said[0]["total_real"][-1])
