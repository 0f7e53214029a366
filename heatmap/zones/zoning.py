"""Zones: the bands of a column that are denser than most of what price went through lately."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from heatmap.zones.grid import LONG, SHORT, bins_of, prices_of
from heatmap.zones.series import Floats
from heatmap.zones.swept import Swept

SHARE = 0.30
"""Of the swept bins, that lie in zones: by design, not by luck."""
DAYS = 14
"""Over which that share is kept."""


@dataclass(frozen=True)
class Zone:
    """A band in which more would be liquidated than in most; bounds are whole bins."""

    side: int
    """grid.LONG or grid.SHORT."""
    first_bin: int
    last_bin: int
    """Inclusive."""
    quantity: float
    """In the unit of the cells, all bins of the band together."""
    densest: float
    """Of one bin of it."""
    parts: dict[str, float] = field(default_factory=dict)
    """Of the quantity, by exchange."""

    @property
    def low_price(self) -> float:
        """The lower edge of its first bin."""
        return float(prices_of(self.first_bin))

    @property
    def high_price(self) -> float:
        """The upper edge of its last bin."""
        return float(prices_of(self.last_bin + 1))


def threshold(swept: Swept, at: np.datetime64, share: float = SHARE, days: int = DAYS) -> float:
    """Return the quantity that this share of the bins swept in the days before exceeded.

    Infinite when nothing was swept yet. What was not over at `at` is not used.
    """
    quantity = swept.until(at, days).quantity
    return float(np.quantile(quantity, 1 - share)) if len(quantity) else np.inf


def zones_of(
    cells: NDArray[np.floating],
    first_bin: int,
    exchanges: tuple[str, ...],
    least: float,
    price: float | None = None,
) -> list[Zone]:
    """Return the zones in the cells of E exchanges (E, 2, BINS), by side from low to high.

    A bin belongs to a zone when it holds more than `least`; gaps of one bin are joined. When
    `price` is told, longs above it and shorts below it, which are about to go, are left out.
    """
    total = cells.sum(axis=0, dtype=np.float64)
    dense = total > least
    if price is not None:
        here = int(bins_of(price)) - first_bin
        dense[LONG, max(here + 1, 0) :] = False
        dense[SHORT, : max(here, 0)] = False
    return [
        _zone(cells, total, side, first_bin, start, end, exchanges)
        for side in (LONG, SHORT)
        for start, end in _bands(dense[side])
    ]


def _bands(dense: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the runs, joined over single gaps; end is exclusive."""
    places = np.flatnonzero(dense)
    if not len(places):
        return
    breaks = np.flatnonzero(np.diff(places) > 2)
    starts = np.concatenate((places[:1], places[breaks + 1]))
    ends = np.concatenate((places[breaks], places[-1:])) + 1
    yield from zip(starts.tolist(), ends.tolist(), strict=True)


def _zone(
    cells: NDArray[np.floating],
    total: Floats,
    side: int,
    first_bin: int,
    start: int,
    end: int,
    exchanges: tuple[str, ...],
) -> Zone:
    band = total[side, start:end]
    shares = cells[:, side, start:end].sum(axis=1, dtype=np.float64).tolist()
    parts = dict(zip(exchanges, shares, strict=True))
    first, last = first_bin + start, first_bin + end - 1
    return Zone(side, first, last, float(band.sum()), float(band.max()), parts)
