"""Liquidation levels of both sides on the lattice, and the three things that happen to them.

Closing shrinks all levels alike: one scale for all of them does it, and the cells hold their
quantity over that scale.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from heatmap.zones.grid import BINS, LONG, SHORT
from heatmap.zones.turnover import ENTRY_SHARES

MARGIN = BINS // 2
"""Bins kept on each side of the window, so that moving it loses nothing that is within reach."""
HELD = BINS + 2 * MARGIN
_LEAST_SCALE = 1e-6
_MOST_SPREADS = 1000

Cells = NDArray[np.floating]


class Levels:
    """Levels of both sides, `cells[side, ..., bin]`; a middle axis may hold several of a kind."""

    def __init__(self, cells: Cells, first_bin: int, scale: float = 1.0) -> None:
        self.cells = cells
        self.first_bin = first_bin
        """Of the window; the cells begin MARGIN bins before it."""
        self.scale = scale
        # No long lies at or above the first, no short below the second: offsets into the cells.
        self.end_of_longs, self.start_of_shorts = HELD, 0

    @property
    def window(self) -> Cells:
        """Return the quantities of the window; (2, ..., BINS)."""
        return self.cells[..., MARGIN : MARGIN + BINS] * self.scale

    def consume(self, low: int, high: int) -> tuple[Cells, Cells]:
        """Take the longs from the bin of the lowest mark up and the shorts from the highest down.

        Return what was taken of longs and of shorts, over the scale; (...).
        """
        origin = self.first_bin - MARGIN
        start, end = max(low - origin, 0), max(high - origin + 1, 0)
        longs = _take(self.cells[LONG, ..., start : self.end_of_longs])
        shorts = _take(self.cells[SHORT, ..., self.start_of_shorts : end])
        if start < self.end_of_longs:
            self.end_of_longs = start
        if end > self.start_of_shorts:
            self.start_of_shorts = min(end, HELD)
        return longs, shorts

    def close(self, share: float) -> None:
        """Close this share of every level."""
        self.scale *= 1 - share
        if self.scale < _LEAST_SCALE:
            self.cells *= self.scale
            self.scale = 1.0

    def move(self, first_bin: int) -> tuple[Cells, Cells] | None:
        """Move the window; return what fell off its margins, over the scale, when it moved."""
        shift = first_bin - self.first_bin
        if not shift:
            return None
        kept = np.zeros_like(self.cells)
        if abs(shift) < HELD:
            source, target = _overlap(shift)
            kept[..., target] = self.cells[..., source]
            self.cells[..., source] = 0
        lost = self.cells.sum(axis=-1)
        self.cells, self.first_bin = kept, first_bin
        self.end_of_longs, self.start_of_shorts = HELD, 0
        return lost[LONG], lost[SHORT]

    def open(
        self, legs: Sequence[float], entries: Sequence[int], spreads: Spreads
    ) -> tuple[Cells, Cells] | None:
        """Lay the legs opened on each side down: longs below their entries, shorts above.

        Return what of each side fell beyond the margins, over the scale, when any did.
        """
        first, middle, last = entries
        origin = self.first_bin - MARGIN
        longs, shorts = spreads.over(middle - first, last - first)
        reach = spreads.reach
        below, above = first - reach - origin, first + 1 - origin
        if last - origin > self.end_of_longs:
            self.end_of_longs = min(last - origin, HELD)
        if above < self.start_of_shorts:
            self.start_of_shorts = max(above, 0)
        lost_longs = _add(self.cells[LONG], below, longs, legs[LONG] / self.scale)
        lost_shorts = _add(self.cells[SHORT], above, shorts, legs[SHORT] / self.scale)
        if lost_longs is None and lost_shorts is None:
            return None
        none = np.zeros_like(self.cells[LONG, ..., 0])
        return (
            none if lost_longs is None else lost_longs,
            none if lost_shorts is None else lost_shorts,
        )


class Spreads:
    """How one leg spreads over levels: kernels `[side, ..., k]` summed over the entry points."""

    def __init__(self, weights: Cells) -> None:
        self.reach = weights.shape[-1]
        self.masses = weights.sum(axis=-1)
        # A long's level lies k + 1 bins below its entry, so farther is earlier.
        self._mirrored = (np.ascontiguousarray(weights[LONG][..., ::-1]), weights[SHORT])
        self._known: dict[tuple[int, int], tuple[Cells, Cells]] = {}

    def over(self, middle: int, last: int) -> tuple[Cells, Cells]:
        """Return the levels of one leg of each side, entered at bins 0, `middle` and `last`.

        (..., reach + last) each; those of longs begin at bin -reach, those of shorts at 1.
        """
        found = self._known.get((middle, last))
        if found is None:
            if len(self._known) >= _MOST_SPREADS:
                self._known.clear()
            longs, shorts = (_summed(weights, (0, middle, last)) for weights in self._mirrored)
            found = self._known[middle, last] = (longs, shorts)
        return found


def _summed(weights: Cells, starts: tuple[int, int, int]) -> Cells:
    reach = weights.shape[-1]
    total = np.zeros((*weights.shape[:-1], reach + starts[-1]), dtype=weights.dtype)
    for start, share in zip(starts, ENTRY_SHARES, strict=True):
        total[..., start : start + reach] += share * weights
    return total


def _take(cells: Cells) -> Cells:
    taken: Cells = np.add.reduce(cells, axis=-1)
    cells.fill(0)
    return taken


def _add(cells: Cells, start: int, levels: Cells, legs: float) -> Cells | None:
    """Add to the cells from `start`; return the sum of what lies outside of them, when any does."""
    end = start + levels.shape[-1]
    if start >= 0 and end <= HELD:
        # Not `cells[...] += `: that writes the slice to itself once more.
        part = cells[..., start:end]
        part += levels * legs
        return None
    first, last = min(max(start, 0), HELD), max(min(end, HELD), 0)
    inside = levels[..., first - start : max(last - start, first - start)]
    cells[..., first : max(last, first)] += inside * legs
    lost: Cells = (levels.sum(axis=-1) - inside.sum(axis=-1)) * legs
    return lost


def _overlap(shift: int) -> tuple[slice, slice]:
    if shift > 0:
        return slice(shift, HELD), slice(0, HELD - shift)
    return slice(0, HELD + shift), slice(-shift, HELD)
