"""Several exchanges on the prices of one of them, with the part of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from heatmap.zones.grid import BINS, WIDTH, prices_of
from heatmap.zones.series import Floats

Weighting = Literal["notional", "share", "equal"]


@dataclass(frozen=True)
class Part:
    """What one exchange brings in."""

    exchange: str
    price: float
    """Its last close."""
    traded: float
    """USD over the trailing 30 closed days; any unit will do, the same for all."""
    first_bin: int = 0
    quantity: NDArray[np.floating] | None = None
    """(2, BINS) in base units (inverse: USD); None when its open interest is unknown."""
    is_inverse: bool = False


@dataclass(frozen=True)
class Combined:
    """The parts of E exchanges in one window, on the reference's prices; nothing is left out.

    `cells` are USD (weighting `notional`) or shares of one, times the exchange's weight.
    """

    first_bin: int
    exchanges: tuple[str, ...]
    imputed: tuple[bool, ...]
    """Whether an exchange's part is a guess from the reference's shape."""
    cells: Floats
    """(E, 2, BINS)."""

    @property
    def total(self) -> Floats:
        """Return the sum of all exchanges; (2, BINS)."""
        sums: Floats = self.cells.sum(axis=0)
        return sums


def combine(
    parts: Sequence[Part],
    reference: str,
    weighting: Weighting = "notional",
    *,
    impute: bool = False,
) -> Combined:
    """Return all exchanges in the window and on the prices of `reference`, one of them.

    `notional` adds USD, `share` weighs each exchange's shape by what it traded, `equal` weighs
    the shapes alike. Exchanges whose open interest is unknown are left out, or, when asked to
    `impute`, given the reference's cells in proportion to what they traded.
    """
    leader = next((part for part in parts if part.exchange == reference), None)
    if leader is None or leader.quantity is None:
        raise ValueError(f"{reference} has no levels, so it cannot be the reference.")
    used = [part for part in parts if part.quantity is not None or impute]
    cells = np.stack([_dollars(part, leader) for part in used])
    if weighting != "notional":
        cells = _shapes(cells) * _weights(used, weighting)[:, None, None]
    names = tuple(part.exchange for part in used)
    return Combined(leader.first_bin, names, tuple(part.quantity is None for part in used), cells)


def _dollars(part: Part, leader: Part) -> Floats:
    """Return the USD that a part has in each cell of the leader's window; (2, BINS)."""
    if part.quantity is None:
        share = part.traded / leader.traded if leader.traded > 0 else 0.0
        return _dollars(leader, leader) * share
    quantity = part.quantity.astype(np.float64)
    middles = prices_of(part.first_bin + np.arange(BINS) + 0.5)
    dollars = quantity if part.is_inverse else quantity * middles
    basis = log(leader.price / part.price) / WIDTH
    return _shifted(dollars, part.first_bin + basis - leader.first_bin)


def _shifted(cells: Floats, shift: float) -> Floats:
    """Return cells moved by bins and a fraction, which is split between the two bins it touches."""
    whole = floor(shift)
    fraction = shift - whole
    split: Floats = (1 - fraction) * _moved(cells, whole) + fraction * _moved(cells, whole + 1)
    return split


def _moved(cells: Floats, bins: int) -> Floats:
    moved = np.zeros_like(cells)
    if abs(bins) < BINS:
        first, last = max(bins, 0), BINS + min(bins, 0)
        moved[:, first:last] = cells[:, first - bins : last - bins]
    return moved


def _shapes(cells: Floats) -> Floats:
    sums = cells.sum(axis=(1, 2), keepdims=True)
    shapes: Floats = np.divide(cells, sums, out=np.zeros_like(cells), where=sums > 0)
    return shapes


def _weights(parts: Sequence[Part], weighting: Weighting) -> Floats:
    traded = np.array([part.traded for part in parts])
    if weighting == "equal" or not traded.sum() > 0:
        return np.full(len(parts), 1 / len(parts))
    shares: Floats = traded / traded.sum()
    return shares
