"""What was really liquidated in each swept bin, and what outside of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heatmap.scoring.arrays import Flags, Ints, summed
from heatmap.scoring.market import STEP, Market, PriceRange
from heatmap.scoring.swept import Cells, Windows, recorded
from heatmap.scoring.terms import Terms
from heatmap.zones.grid import bins_of
from heatmap.zones.series import Floats, Times

OUTSIDE = -1


@dataclass(frozen=True)
class Realised:
    """The M events that count: after the lead, in recorded candles, not in bins left out."""

    at: Times
    window: Ints
    cell: Ints
    """The swept bin it fell in, or OUTSIDE: a miss for everybody; (M,)."""
    notional: Floats
    """USD; (M,)."""
    in_cell: Floats
    """Notional in each of the C cells; (C,)."""
    is_recorded: Flags
    """Which candles no gap touches."""


def realised(
    market: Market, windows: Windows, cells: Cells, prices: PriceRange, gaps: Times, terms: Terms
) -> Realised:
    """Return where the events fell. One in a bin that is left out is left out with it."""
    events, is_recorded = market.events, recorded(market, gaps)
    candle = _candles(market)
    window = np.searchsorted(windows.at, events.at, side="right") - 1
    known = (window >= 0) & (candle >= 0) & (candle < len(is_recorded))
    offset = candle - windows.first_candle[window]
    known &= (offset >= terms.lead_candles) & (offset < terms.candles)
    known[known] = is_recorded[candle[known]]
    cell = np.full(len(candle), OUTSIDE)
    cell[known] = _cells(windows, cells, prices, window[known], market, known)
    known[cell != OUTSIDE] &= cells.is_recorded[cell[cell != OUTSIDE]]
    notional = events.quantity * (1.0 if terms.is_inverse else events.price)
    inside = known & (cell != OUTSIDE)
    in_cell = summed(cell[inside], notional[inside], len(cells.bin))
    return Realised(
        events.at[known], window[known], cell[known], notional[known], in_cell, is_recorded
    )


def _candles(market: Market) -> Ints:
    return np.asarray((market.events.at - market.series.opened_at[0]) // STEP, dtype=np.int64)


def _cells(
    windows: Windows,
    cells: Cells,
    prices: PriceRange,
    window: Ints,
    market: Market,
    known: Flags,
) -> Ints:
    """Return the cell of each known event, OUTSIDE where the mark did not go."""
    place = np.full((len(windows.at), 2, prices.count), OUTSIDE)
    place[cells.window, cells.side, cells.bin - prices.first_bin] = np.arange(len(cells.bin))
    spot = bins_of(market.events.price[known]) - prices.first_bin
    is_near = (spot >= 0) & (spot < prices.count)
    found = place[window, market.events.side[known], np.clip(spot, 0, prices.count - 1)]
    return np.where(is_near, found, OUTSIDE)
