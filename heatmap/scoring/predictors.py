"""What can be scored: whatever says of a time and a range of prices where liquidations lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from exchanges.errors import LooksAhead, NotScorable
from heatmap.scoring.market import STEP, Market, PriceRange
from heatmap.zones.grid import BINS
from heatmap.zones.series import Columns, Times

Density = NDArray[np.float32]


class Predictor(Protocol):
    """A forecast, made anew for each time from what was known until then."""

    @property
    def is_quantity(self) -> bool:
        """Whether densities are base units; else only their order means something."""

    def density(self, market: Market, times: Times, prices: PriceRange) -> Density:
        """Return the densities of both sides, none negative: (len(times), 2, prices.count).

        `times` are closes of candles, in order. Of the market only what was closed or told by
        times[i] may be used for row i. A row of NaN says that nothing was known yet.
        """


@dataclass(frozen=True)
class FromColumns:
    """A frozen model: at each time the last column that was known by then."""

    columns: Columns
    is_quantity: bool = True

    def density(self, market: Market, times: Times, prices: PriceRange) -> Density:
        row = np.searchsorted(self.columns.at, times, side="right") - 1
        density = np.full((len(times), 2, prices.count), np.nan, dtype=np.float32)
        for i in np.flatnonzero(row >= 0):
            density[i] = self._column(int(row[i]), prices)
        return density

    def _column(self, row: int, prices: PriceRange) -> Density:
        """Return a column cut to the range; beyond its own window it says zero."""
        cut = np.zeros((2, prices.count), dtype=np.float32)
        shift = int(self.columns.first_bin[row]) - prices.first_bin
        start, stop = max(shift, 0), min(shift + BINS, prices.count)
        if start < stop:
            cut[:, start:stop] = self.columns.quantity[row, :, start - shift : stop - shift]
        return cut


def from_columns(columns: Columns, *, written_at: Times | None = None) -> FromColumns:
    """Return frozen columns (a model's, or an oracle's true levels) as a predictor.

    `written_at`, where it is known, is when each column was stored, (N,). Raises `LooksAhead`
    when one was stored more than a candle after the time that it is for, `NotScorable` when the
    columns do not fit each other.
    """
    count = len(columns.at)
    if columns.quantity.shape != (count, 2, BINS) or len(columns.first_bin) != count:
        raise NotScorable(f"Columns are to be ({count}, 2, {BINS}), with a first bin for each.")
    if not (np.diff(columns.at).astype(np.int64) > 0).all():
        raise NotScorable("Columns are not in the order of time, or one comes twice.")
    if written_at is not None:
        _check_stamps(columns.at, written_at)
    return FromColumns(columns)


def _check_stamps(at: Times, written_at: Times) -> None:
    if len(written_at) != len(at):
        raise NotScorable("Each column needs the time when it was written.")
    late = np.flatnonzero(written_at > at + STEP)
    if len(late):
        first = late[0]
        raise LooksAhead(
            f"The zones for {at[first]} were written at {written_at[first]}: "
            f"{len(late)} of {len(at)} snapshots are too late to be forecasts. Leave them out."
        )
