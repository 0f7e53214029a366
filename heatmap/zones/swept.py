"""The bins that price really traded through after each column was frozen, and what they held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heatmap.zones.grid import BINS, LONG, SHORT, bins_of
from heatmap.zones.series import STEP_SECONDS, Columns, Events, Floats, Series, Times

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Swept:
    """N bins of one side, each swept in the horizon after one column; fields (N,).

    Bins of longs reach from the price at the column's time down to the lowest mark in the
    horizon, those of shorts up to the highest.
    """

    horizon_seconds: int
    at: Times
    """datetime64[s]: of the column."""
    side: Ints
    bin: Ints
    quantity: Floats
    """That the column held there; base units (inverse: USD)."""

    def until(self, moment: np.datetime64, days: int) -> Swept:
        """Return those whose horizon ended by a moment and whose column is not older than days."""
        ended = self.at + np.timedelta64(self.horizon_seconds, "s") <= moment
        kept = ended & (self.at >= moment - np.timedelta64(days, "D"))
        at, side, bins = self.at[kept], self.side[kept], self.bin[kept]
        return Swept(self.horizon_seconds, at, side, bins, self.quantity[kept])


def swept_bins(columns: Columns, series: Series, horizon_seconds: int) -> Swept:
    """Return the bins swept after the columns at whole multiples of the horizon.

    So no two horizons overlap. Columns whose horizon the series does not wholly hold are left out.
    """
    length = horizon_seconds // STEP_SECONDS
    begins = (columns.at - series.opened_at[0]).astype(np.int64) // STEP_SECONDS
    whole = columns.at.astype("datetime64[s]").astype(np.int64) % horizon_seconds == 0
    usable = whole & (begins >= 0) & (begins + length <= len(series.close))
    found = [
        _after_one(columns, int(at), series, slice(begin, begin + length))
        for at, begin in zip(np.flatnonzero(usable), begins[usable].tolist(), strict=True)
    ]
    if not found:
        empty = np.empty(0, dtype=np.int64)
        return Swept(horizon_seconds, columns.at[:0], empty, empty, np.empty(0))
    at, side, bins, quantity = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return Swept(horizon_seconds, at, side, bins, quantity)


def _after_one(
    columns: Columns, at: int, series: Series, candles: slice
) -> tuple[Times, Ints, Ints, Floats]:
    path = (
        series.open[candles][0],
        series.mark_low[candles].min(),
        series.mark_high[candles].max(),
    )
    price, lowest, highest = bins_of(np.array(path)).tolist()
    longs = np.arange(min(lowest, price), price + 1)
    shorts = np.arange(price, max(highest, price) + 1)
    bins = np.concatenate((longs, shorts))
    side = np.repeat((LONG, SHORT), (len(longs), len(shorts)))
    offset = bins - columns.first_bin[at]
    held = (offset >= 0) & (offset < BINS)
    quantity = np.where(held, columns.quantity[at, side, np.clip(offset, 0, BINS - 1)], 0.0)
    return np.full(len(bins), columns.at[at]), side, bins, quantity


def liquidated(swept: Swept, events: Events) -> Floats:
    """Return what was liquidated in each swept bin within its horizon, of its side; (N,)."""
    horizon = np.timedelta64(swept.horizon_seconds, "s")
    columns, column = np.unique(swept.at, return_inverse=True)
    totals = np.zeros(len(swept.at))
    if not len(columns) or not len(events.at):
        return totals
    # In (T, T + horizon]: the event at T belongs to the horizon before.
    of = np.searchsorted(columns, events.at, side="left") - 1
    within = (of >= 0) & (events.at <= columns[np.maximum(of, 0)] + horizon)
    keys = _keys(column, swept.side, swept.bin)
    order = np.argsort(keys)
    asked = _keys(of, events.side.astype(np.int64), bins_of(events.price))
    place = np.minimum(np.searchsorted(keys[order], asked), len(keys) - 1)
    hit = within & (keys[order][place] == asked)
    np.add.at(totals, order[place[hit]], events.quantity[hit])
    return totals


def _keys(column: Ints, side: Ints, bins: Ints) -> Ints:
    """Return one number for each (column, side, bin); bins of any price fit in 20 bits."""
    return (column * 2 + side << 20) + (bins + (1 << 19))
