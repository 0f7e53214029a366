"""How well a forecast ranks bins that lie about as far from the price."""

from __future__ import annotations

import numpy as np

from heatmap.scoring.arrays import Ints, Sums
from heatmap.scoring.course import Counted, Course
from heatmap.scoring.flags import Zones
from heatmap.zones.series import Floats

RINGS = (0, 5, 10, 20, 40, 80)
"""Edges in bins: 0.5, 1, 2, 4 and 8 percent from the price at the snapshot."""


def capture_sums(course: Course, counted: Counted, zones: Zones) -> Sums:
    """Return daily sums of captured notional and of all notional in the rings.

    Hottest bins first, the area under (share of the notional against share of the path) is the
    notional-weighted mean of 1 minus each bin's middle rank in its ring, ties sharing theirs.
    """
    density = course.at_cells(zones.density)[counted.cells]
    ring = rings(course)[counted.cells]
    notional = course.realised.in_cell[counted.cells] * (ring < len(RINGS) - 1)
    colder = 1.0 - middle_ranks(density, ring)
    return {
        "captured": counted.per_day(notional * colder),
        "in_rings": counted.per_day(notional),
    }


def rings(course: Course) -> Ints:
    """Return the ring of each cell, len(RINGS) - 1 for those beyond the last edge, (C,)."""
    distance = np.abs(course.cells.bin - course.windows.start_bin[course.cells.window])
    return np.asarray(np.searchsorted(RINGS, distance, side="right") - 1)


def middle_ranks(density: Floats, ring: Ints) -> Floats:
    """Return the share of a ring's bins that are denser, half of those equally dense with it."""
    rank = np.empty(len(density))
    for number in np.unique(ring):
        own = ring == number
        _, place, count = np.unique(-density[own], return_inverse=True, return_counts=True)
        before = np.cumsum(count) - count
        rank[own] = ((before + count / 2) / own.sum())[place]
    return rank
