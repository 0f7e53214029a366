"""Whether a forecast's hit rate may be called one: the rule, and its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from heatmap.scoring.baselines import UNINFORMED
from heatmap.scoring.bootstrap import Number
from heatmap.scoring.comparison import BETTER, Comparison

PASS, FAIL = "pass", "fail"
NOT_ENOUGH, NOT_JUDGED = "not enough data", "not judged"
JUDGED_HORIZON = 1
LEAST_HIT_RATE, LEAST_HIT_RATE_LOW = 0.60, 0.50
MOST_AREA = 0.35
LEAST_LIFT, LIFT_LOW_ABOVE = 1.7, 1.3
FEWEST_EVENTS, FEWEST_DAYS = 200, 5


class Condition(msgspec.Struct, frozen=True):
    """One condition of the rule, in words with its figures, and whether it is met."""

    text: str
    is_met: bool


class Verdict(msgspec.Struct, frozen=True):
    """`word` is pass, fail, not enough data, or not judged (the rule is for one hour only)."""

    word: str
    reason: str
    conditions: list[Condition]


def verdict(
    horizon_hours: int,
    events: int,
    days: int,
    numbers: Mapping[str, Number],
    comparisons: Sequence[Comparison],
) -> Verdict:
    """Return the verdict on a forecast with so many events in swept bins on so many days."""
    conditions = _conditions(events, days, numbers, comparisons)
    if horizon_hours != JUDGED_HORIZON:
        return Verdict(NOT_JUDGED, "The rule is for a horizon of one hour.", conditions)
    if not conditions[0].is_met:
        return Verdict(NOT_ENOUGH, conditions[0].text, conditions)
    missed = [condition.text for condition in conditions if not condition.is_met]
    if missed:
        return Verdict(FAIL, "Not met: " + "; ".join(missed) + ".", conditions)
    return Verdict(PASS, "All conditions are met.", conditions)


def _conditions(
    events: int, days: int, numbers: Mapping[str, Number], comparisons: Sequence[Comparison]
) -> list[Condition]:
    return [
        _enough(events, days),
        _hit_rate(numbers["hit_rate"]),
        _area(numbers["path_share"]),
        _lift(numbers["lift"]),
        *(_beaten(c) for c in comparisons if c.baseline in UNINFORMED),
    ]


def _enough(events: int, days: int) -> Condition:
    return Condition(
        f"at least {FEWEST_EVENTS} events on {FEWEST_DAYS} days (there are {events} on {days})",
        events >= FEWEST_EVENTS and days >= FEWEST_DAYS,
    )


def _hit_rate(hit_rate: Number) -> Condition:
    return Condition(
        f"H of {LEAST_HIT_RATE:.2f} or more, its lower bound {LEAST_HIT_RATE_LOW:.2f} or more "
        f"(it is {said(hit_rate)})",
        _or_less(hit_rate.value) >= LEAST_HIT_RATE and _or_less(hit_rate.low) >= LEAST_HIT_RATE_LOW,
    )


def _area(path_share: Number) -> Condition:
    return Condition(
        f"A_path of {MOST_AREA:.2f} or less (it is {said(path_share)})",
        path_share.value is not None and path_share.value <= MOST_AREA,
    )


def _lift(lift: Number) -> Condition:
    return Condition(
        f"lift of {LEAST_LIFT} or more, its lower bound above {LIFT_LOW_ABOVE} "
        f"(it is {said(lift)})",
        _or_less(lift.value) >= LEAST_LIFT and _or_less(lift.low) > LIFT_LOW_ABOVE,
    )


def _beaten(comparison: Comparison) -> Condition:
    return Condition(
        f"hit rate above {comparison.baseline} at the same area "
        f"(the difference is {said(comparison.hit_rate)})",
        comparison.word == BETTER,
    )


def said(number: Number) -> str:
    """Return a number with its interval as text."""
    if number.value is None:
        return "unknown"
    if number.low is None or number.high is None:
        return f"{number.value:.3f}, no interval"
    return f"{number.value:.3f} [{number.low:.3f}, {number.high:.3f}]"


def _or_less(value: float | None) -> float:
    """Return a value to compare; what is unknown is less than anything."""
    return float("-inf") if value is None else value
