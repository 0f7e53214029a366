"""How long before the price came a zone was there, and how zones keep."""

from __future__ import annotations

import numpy as np

from heatmap.scoring.arrays import Flags, Ints, Sums, summed
from heatmap.scoring.course import Counted, Course
from heatmap.scoring.flags import Zones, zones_of
from heatmap.scoring.realised import OUTSIDE
from heatmap.scoring.terms import AGES

LEADS = (1, 24)
"""Hours; the shares of hit notional whose zone was at least so old."""


def lead_sums(course: Course, counted: Counted, zones: Zones) -> Sums:
    """Return daily hit notional, by how long its bin had been flagged without a break."""
    happened = course.realised
    events = counted.events[happened.cell[counted.events] != OUTSIDE]
    cell = happened.cell[events]
    begun = course.at_cells(beginnings(zones.flagged))[cell]
    age = happened.at[events] - course.windows.at[begun]
    day = counted.window_day[happened.window[events]]
    notional = happened.notional[events] * course.at_cells(zones.flagged)[cell]
    return {
        f"led_{hours}": summed(
            day, notional * (age >= np.timedelta64(hours, "h")), len(counted.days)
        )
        for hours in LEADS
    }


def beginnings(flagged: Flags) -> Ints:
    """Return for each flagged bin the window since which it is flagged; same shape."""
    begun = np.zeros(flagged.shape, dtype=np.int64)
    for i in range(1, len(flagged)):
        stays = flagged[i] & flagged[i - 1]
        begun[i] = np.where(stays, begun[i - 1], i)
    return begun


def aged_sums(course: Course, counted: Counted, zones: Zones) -> Sums:
    """Return daily sums of hits and area by zones of snapshots that are hours older."""
    sums: Sums = {}
    for hours in AGES:
        older = zones_of(course, zones.forecast, hours)
        is_known = older.is_known[course.cells.window[counted.cells]]
        is_flagged = course.at_cells(older.flagged)[counted.cells] & is_known
        notional = course.realised.in_cell[counted.cells]
        sums[f"aged_{hours}_hit"] = counted.per_day(notional * is_flagged)
        sums[f"aged_{hours}_swept"] = counted.per_day(notional * is_known)
        sums[f"aged_{hours}_flagged"] = counted.per_day(is_flagged)
        sums[f"aged_{hours}_bins"] = counted.per_day(is_known)
    return sums
