"""A model beside a baseline, at exactly the same area and on the same drawn days."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np

from heatmap.scoring.bootstrap import Number, interval
from heatmap.scoring.course import Counted, Course
from heatmap.scoring.flags import Zones
from heatmap.zones.series import Floats

BETTER, TIE, WORSE, UNKNOWN = "better", "tie", "worse", "unknown"


class Comparison(msgspec.Struct, frozen=True):
    """A model minus a baseline, in hit rate at the model's own area and in CAP."""

    baseline: str
    baseline_hit_rate: Number
    """The baseline's, where it may flag as many of each day's swept bins as the model did."""
    hit_rate: Number
    cap: Number
    word: str
    """Of the hit rate's difference: better, tie, worse, or unknown without an interval."""


def compared(
    baseline: str, ours: Mapping[str, Floats], theirs: Mapping[str, Floats], drawn: Floats
) -> Comparison:
    """Return the comparison of two forecasts by their daily sums.

    `theirs` holds `equal_hit`: the baseline's hit notional at the model's area.
    """
    sums = {**ours, "their_hit": theirs["equal_hit"], "their_captured": theirs["captured"]}
    difference = interval(lambda s: (s["hit"] - s["their_hit"]) / s["swept"], sums, drawn)
    return Comparison(
        baseline,
        interval(lambda s: s["their_hit"] / s["swept"], sums, drawn),
        difference,
        interval(lambda s: (s["captured"] - s["their_captured"]) / s["in_rings"], sums, drawn),
        word(difference),
    )


def word(difference: Number) -> str:
    """Return what a paired interval allows to be said."""
    if difference.low is None or difference.high is None:
        return UNKNOWN
    if difference.low > 0:
        return BETTER
    return WORSE if difference.high < 0 else TIE


def equal_hits(course: Course, counted: Counted, model: Zones, baseline: Zones) -> Floats:
    """Return the baseline's daily hit notional when it flags as many bins a day as the model.

    It takes its densest swept bins of the day; bins equally dense at the edge count by a part.
    """
    is_flagged = course.at_cells(model.flagged)[counted.cells]
    ranked = baseline.ranked[counted.cells]
    notional = course.realised.in_cell[counted.cells]
    hits = np.zeros(len(counted.days))
    for day in range(len(counted.days)):
        own = counted.cell_day == day
        hits[day] = notional[own] @ parts(ranked[own], int(is_flagged[own].sum()))
    return hits


def parts(ranked: Floats, count: int) -> Floats:
    """Return which part of each bin is flagged when `count` bins are, the densest first."""
    if count == 0:
        return np.zeros(len(ranked))
    edge = np.partition(ranked, len(ranked) - count)[len(ranked) - count]
    above, equal = ranked > edge, ranked == edge
    return np.asarray(above + equal * ((count - above.sum()) / equal.sum()))
