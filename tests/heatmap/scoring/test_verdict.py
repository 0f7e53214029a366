"""A hit rate counts only with its area, its interval, and what knows nothing beaten."""

from __future__ import annotations

import pytest

from heatmap.scoring.bootstrap import Number
from heatmap.scoring.comparison import BETTER, TIE, Comparison
from heatmap.scoring.verdict import FAIL, NOT_ENOUGH, NOT_JUDGED, PASS, Verdict, verdict

GOOD = {
    "hit_rate": Number(0.60, 0.50, 0.70),
    "path_share": Number(0.35, 0.3, 0.4),
    "lift": Number(1.7, 1.31, 2.0),
}
ZERO = Number(0.0, -0.1, 0.1)


def beside(*ties: str) -> list[Comparison]:
    """Better than all baselines but these."""
    return [
        Comparison(name, ZERO, ZERO, ZERO, TIE if name in ties else BETTER)
        for name in ("random", "nearest", "fixed_leverage", "extremes", "freshness")
    ]


def the_verdict(
    hours: int = 1,
    events: int = 200,
    days: int = 5,
    comparisons: list[Comparison] | None = None,
    **numbers: Number,
) -> Verdict:
    return verdict(hours, events, days, GOOD | numbers, comparisons or beside())


def test_all_conditions_just_met_pass():
    assert the_verdict().word == PASS


@pytest.mark.parametrize(
    ("numbers", "missed"),
    [
        ({"hit_rate": Number(0.599, 0.55, 0.7)}, "H of 0.60"),
        ({"hit_rate": Number(0.7, 0.49, 0.8)}, "H of 0.60"),
        ({"hit_rate": Number(0.7, None, None)}, "H of 0.60"),
        ({"hit_rate": Number(None, None, None)}, "H of 0.60"),
        ({"path_share": Number(0.351, 0.3, 0.4)}, "A_path of 0.35"),
        ({"path_share": Number(None, None, None)}, "A_path of 0.35"),
        ({"lift": Number(1.69, 1.5, 2.0)}, "lift of 1.7"),
        ({"lift": Number(2.0, 1.3, 3.0)}, "lift of 1.7"),
    ],
)
def test_one_number_too_low_fails_and_is_named(numbers, missed):
    told = the_verdict(**numbers)
    assert told.word == FAIL
    assert missed in told.reason
    assert sum(not condition.is_met for condition in told.conditions) == 1


@pytest.mark.parametrize("name", ["random", "nearest", "fixed_leverage", "extremes"])
def test_a_tie_with_what_knows_nothing_fails(name):
    told = the_verdict(comparisons=beside(name))
    assert (told.word, f"above {name}" in told.reason) == (FAIL, True)


def test_a_tie_with_freshness_does_not_fail():
    assert the_verdict(comparisons=beside("freshness")).word == PASS


@pytest.mark.parametrize(("events", "days"), [(199, 30), (5000, 4)])
def test_too_few_events_or_days_are_not_enough_whatever_the_numbers(events, days):
    told = the_verdict(events=events, days=days)
    assert told.word == NOT_ENOUGH
    assert f"there are {events} on {days}" in told.reason


def test_other_horizons_are_not_judged():
    assert the_verdict(hours=24).word == NOT_JUDGED
