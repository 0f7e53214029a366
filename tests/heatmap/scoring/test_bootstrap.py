"""Intervals come from whole days drawn anew, and from the same draws for all."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from heatmap.scoring.bootstrap import Number, draws, interval
from heatmap.scoring.comparison import BETTER, TIE, UNKNOWN, WORSE, compared, parts, word
from heatmap.scoring.numbers import ratio

HALVES = ratio("part", "whole")


def test_the_same_seed_draws_the_same_days_and_each_draw_as_many_as_there_are():
    assert (draws(9, 200, 7) == draws(9, 200, 7)).all()
    assert (draws(9, 200, 7) != draws(9, 200, 8)).any()
    assert (draws(9, 200, 7).sum(axis=1) == 9).all()


def test_an_interval_is_of_days_not_of_events():
    one_big_day = {"part": np.array([90.0, 0, 0, 0, 0]), "whole": np.array([90.0, 5, 5, 5, 5])}
    even = {"part": np.full(5, 18.0), "whole": np.full(5, 22.0)}
    drawn = draws(5, 1000, 0)
    wide, narrow = interval(HALVES, one_big_day, drawn), interval(HALVES, even, drawn)
    assert wide.value == narrow.value == pytest.approx(0.818182)
    assert (wide.low, narrow.low) == (0.0, narrow.value)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    chance = np.random.default_rng(3)
    held = 0
    for seed in range(200):
        whole = chance.integers(20, 60, 30).astype(float)
        sums = {"part": chance.binomial(whole.astype(int), 0.6).astype(float), "whole": whole}
        number = interval(HALVES, sums, draws(30, 400, seed))
        assert number.low is not None and number.high is not None
        held += number.low <= 0.6 <= number.high
    assert 178 <= held <= 198


@pytest.mark.parametrize(
    ("part", "whole", "value"),
    [([1.0] * 4, [2.0] * 4, 0.5), ([0.0] * 6, [0.0] * 6, None), ([np.nan] * 6, [1.0] * 6, None)],
    ids=["four days", "nothing there", "no unit"],
)
def test_what_is_not_defined_is_null(part, whole, value):
    sums = {"part": np.array(part), "whole": np.array(whole)}
    number = interval(HALVES, sums, draws(len(part), 200, 0))
    assert number == Number(value, None, None)
    assert b"NaN" not in msgspec.json.encode(number)


SUMS = arrays(np.float64, 6, elements=st.floats(0, 1e6))


@settings(deadline=None)
@given(SUMS, SUMS, SUMS)
def test_a_forecast_ties_with_itself(hit, swept, captured):
    ours = {"hit": hit, "swept": swept, "captured": captured, "in_rings": swept}
    told = compared("itself", ours, {**ours, "equal_hit": hit}, draws(6, 100, 0))
    assert told.word in (TIE, UNKNOWN)
    assert told.hit_rate.value in (0.0, None)


def test_a_paired_interval_sees_a_small_advantage_that_every_day_has():
    swept = np.array([100.0, 10, 50, 80, 5, 60])
    share = np.array([0.9, 0.2, 0.5, 0.7, 0.1, 0.8])
    ours = {"hit": swept * (share + 0.02), "swept": swept, "captured": swept, "in_rings": swept}
    theirs = {"equal_hit": swept * share, "captured": swept * 1.1}
    told = compared("freshness", ours, theirs, draws(6, 500, 0))
    assert told.word == BETTER
    assert told.hit_rate.value == pytest.approx(0.02, abs=1e-6)
    assert told.cap.value == pytest.approx(-0.1, abs=1e-6)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.01, 0.2, BETTER),
        (-0.2, -0.01, WORSE),
        (-0.1, 0.1, TIE),
        (0.0, 0.1, TIE),
        (None, None, UNKNOWN),
    ],
)
def test_only_an_interval_beside_zero_says_more_than_a_tie(low, high, said):
    assert word(Number(0.05, low, high)) == said


@given(arrays(np.float64, 12, elements=st.integers(0, 4)), st.integers(0, 12))
def test_a_baseline_flags_exactly_as_many_bins_and_the_densest(ranked, count):
    flagged = parts(ranked, count)
    assert flagged.sum() == pytest.approx(count)
    assert ((flagged >= 0) & (flagged <= 1)).all()
    for one, other in zip(*np.triu_indices(12), strict=True):
        if ranked[one] > ranked[other]:
            assert flagged[one] >= flagged[other]
