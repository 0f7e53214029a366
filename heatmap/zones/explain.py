"""Of what a cell is made: the legs that were opened into it, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heatmap.zones.grid import LONG, bins_of, prices_of
from heatmap.zones.kernel import REACH, Kernel
from heatmap.zones.levels import HELD, MARGIN
from heatmap.zones.series import STEP_SECONDS, Floats, Series, Times
from heatmap.zones.turnover import ENTRY_SHARES, OMEGA, Turnover, memory_at, turnover

Schedule = Sequence[tuple[np.datetime64, Kernel]]
"""Kernels and the opening of the first candle that each served, in the order of time."""


@dataclass(frozen=True)
class Explanation:
    """A cell of one exchange at one time; fields of legs are (N,), in the order of time.

    Each leg: all that one candle opened into the cell.
    """

    exchange: str
    side: int
    low_price: float
    high_price: float
    opened_at: Times
    """datetime64[s]: the open of the candle."""
    legs: Floats
    """What the candle opened on this side at all distances."""
    kernel_share: Floats
    """Of those, in this cell."""
    closed: Floats
    """Of what was opened in this cell, closed since."""
    standing: Floats
    """What is left: these sum to the cell's quantity."""
    emptied_at: np.datetime64
    """Close of the candle that last swept the cell before; NaT when none did."""
    emptied: float
    """What it took then."""


def explain(
    series: Series,
    kernels: Schedule,
    at: np.datetime64,
    price: float,
    side: int,
    omega: float = OMEGA,
) -> Explanation:
    """Return what the cell of a price and side is made of at the close `at` of a candle.

    `series` begins with the first candle that the model saw. Raise ValueError when it holds no
    candle that closed by `at`.
    """
    count = int((series.opened_at + np.timedelta64(STEP_SECONDS, "s") <= at).sum())
    if not count:
        raise ValueError(f"No candle had closed at {at}.")
    cell = int(bins_of(price))
    flow = turnover(series, memory_at(series), omega).first(count)
    share = _kernel_shares(series.opened_at[:count], kernels, flow, cell, side)
    opened = flow.opened[:, side] * share
    begin, swept = _begin(flow, cell, side)
    lasting = _lasting(flow.closed)
    alive = np.flatnonzero(opened[begin:] > 0) + begin
    return Explanation(
        exchange=series.exchange,
        side=side,
        low_price=float(prices_of(cell)),
        high_price=float(prices_of(cell + 1)),
        opened_at=series.opened_at[alive],
        legs=flow.opened[alive, side],
        kernel_share=share[alive],
        closed=opened[alive] * (1 - lasting[alive]),
        standing=opened[alive] * lasting[alive],
        emptied_at=_closed_at(series, swept),
        emptied=_emptied(flow, opened, cell, side, swept),
    )


def _kernel_shares(
    opened_at: Times, kernels: Schedule, flow: Turnover, cell: int, side: int
) -> Floats:
    """Return which share of its legs each candle opened into the cell; (T,)."""
    served = np.searchsorted([since for since, _ in kernels], opened_at, side="right") - 1
    if served.min() < 0:
        raise ValueError("The first kernel must have served the first candle.")
    weights = np.stack([kernel.weights[side] for _, kernel in kernels])
    distances = (flow.entries - cell if side == LONG else cell - flow.entries) - 1
    within = (distances >= 0) & (distances < REACH)
    found = weights[served[:, None], np.clip(distances, 0, REACH - 1)]
    shares: Floats = np.where(within, found, 0.0) @ np.array(ENTRY_SHARES)
    return shares


def _begin(flow: Turnover, cell: int, side: int) -> tuple[int, int]:
    """Return the first candle whose legs may still stand, and the last that swept the cell.

    The candle that sweeps opens afterwards. -1 when none swept.
    """
    sweeps = np.flatnonzero(_sweeps(flow, cell, side))
    swept = int(sweeps[-1]) if len(sweeps) else -1
    offset = cell - (flow.first_bin - MARGIN)
    off_lattice = np.flatnonzero((offset < 0) | (offset >= HELD))
    after_lattice = int(off_lattice[-1]) + 1 if len(off_lattice) else 0
    return max(swept, after_lattice, 0), swept


def _sweeps(flow: Turnover, cell: int, side: int) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = flow.low <= cell if side == LONG else flow.high >= cell
    return found


def _lasting(closed: Floats) -> Floats:
    """Return which share of each candle's legs was not closed by the candles after it; (T,)."""
    later = np.multiply.accumulate((1 - closed)[:0:-1])[::-1]
    return np.concatenate((later, np.ones(1)))


def _closed_at(series: Series, candle: int) -> np.datetime64:
    if candle < 0:
        return np.datetime64("NaT")
    closed: np.datetime64 = series.opened_at[candle] + np.timedelta64(STEP_SECONDS, "s")
    return closed


def _emptied(flow: Turnover, opened: Floats, cell: int, side: int, swept: int) -> float:
    """Return what the cell held when it was last swept, before that candle's closing."""
    if swept < 1:
        return 0.0
    before = flow.first(swept)
    begin, _ = _begin(before, cell, side)
    return float((opened[begin:swept] * _lasting(before.closed)[begin:]).sum())
