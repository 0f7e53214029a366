"""Of the largest zones that the price touched, how many had liquidations."""

from __future__ import annotations

import numpy as np

from heatmap.scoring.arrays import Flags, Ints, Sums, summed
from heatmap.scoring.calibration import Outcomes
from heatmap.scoring.course import Counted, Course
from heatmap.scoring.flags import Zones
from heatmap.zones.series import Floats

LARGEST = (1, 3, 10)


def touched_sums(course: Course, counted: Counted, zones: Zones, happened: Outcomes) -> Sums:
    """Return daily counts of the k largest touched zones of each window, and of those hit.

    A zone is a run of flagged bins of one side; its size is the density in all of it; it is hit
    when at least q was liquidated in the bins of it that were swept.
    """
    label = labels(zones.flagged)
    cells = counted.cells[course.at_cells(zones.flagged)[counted.cells]]
    cells = cells[np.isfinite(happened.least[cells])]
    touched, first, place = np.unique(
        course.at_cells(label)[cells], return_index=True, return_inverse=True
    )
    size = summed(label[zones.flagged], zones.density[zones.flagged], 0)[touched]
    liquidated = summed(place, course.realised.in_cell[cells], len(touched))
    is_hit = liquidated >= happened.least[cells[first]]
    window = course.cells.window[cells[first]]
    return _by_rank(counted, window, ranks(window, size), is_hit)


def labels(flagged: Flags) -> Ints:
    """Return the number of the zone that each flagged bin belongs to; same shape."""
    begins = flagged.copy()
    begins[..., 1:] &= ~flagged[..., :-1]
    return np.asarray(np.cumsum(begins).reshape(flagged.shape) - 1)


def ranks(window: Ints, size: Floats) -> Ints:
    """Return the place of each zone among those of its window, the largest having 0."""
    order = np.lexsort((-size, window))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - np.searchsorted(window[order], window[order])
    return rank


def _by_rank(counted: Counted, window: Ints, rank: Ints, is_hit: Flags) -> Sums:
    sums: Sums = {}
    day, days = counted.window_day[window], len(counted.days)
    for k in LARGEST:
        is_among = rank < k
        sums[f"largest_{k}"] = summed(day, is_among, days)
        sums[f"largest_{k}_hit"] = summed(day, is_among & is_hit, days)
    return sums
