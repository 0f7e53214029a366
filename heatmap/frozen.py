"""Frozen columns as they lie in the store, read through Arrow into numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
from django.conf import settings
from numpy.typing import NDArray

from exchanges import store
from heatmap.queries import sql
from heatmap.zones.engine import FREEZE_SECONDS
from heatmap.zones.grid import BINS, SIDES
from heatmap.zones.series import Floats, Times

OLDEST_SECONDS = 2 * FREEZE_SECONDS
"""A column that froze longer before the moment it is asked for is not shown there."""
NONE = -1
"""In place of the index of a column."""

Ints = NDArray[np.int64]
Cells = NDArray[np.float32]


@dataclass(frozen=True)
class Frozen:
    """C columns of one symbol on several exchanges, by exchange and time; fields (C,)."""

    exchange: NDArray[np.str_]
    frozen_at: Times
    """datetime64[s], UTC."""
    first_bin: Ints
    quantity: Cells
    """(C, 2, BINS), base units."""
    price: Floats
    coverage: Floats
    kernel: NDArray[np.str_]

    def exchanges(self) -> list[str]:
        """Return the exchanges that have a column."""
        return sorted(set(self.exchange.tolist()))

    def newest_at(self, exchange: str, moments: Times) -> Ints:
        """Return which column of an exchange holds at each moment, NONE where none does; (T,).

        It is the last that froze by then, unless that is too old.
        """
        own = np.flatnonzero(self.exchange == exchange)
        times = self.frozen_at[own]
        last = np.searchsorted(times, moments, side="right") - 1
        if not len(own):
            return np.full(len(moments), NONE)
        ages = (moments - times[np.maximum(last, 0)]).astype("timedelta64[s]").astype(np.int64)
        return np.where((last >= 0) & (ages < OLDEST_SECONDS), own[np.maximum(last, 0)], NONE)


def frozen_columns(symbol: str, exchanges: Sequence[str], moments: Times, step: int = 1) -> Frozen:
    """Return the columns that hold at the moments (rising, `step` seconds apart, on full steps).

    One moment of its own has the step 1. Columns with a number that is none, or negative, are
    left out. Raises StoreUnavailable.
    """
    first, last = _moment(moments[0]), _moment(moments[-1])
    asked = {
        "symbol": symbol,
        "exchanges": list(exchanges),
        "start": first - timedelta(seconds=OLDEST_SECONDS),
        "end": last,
        "step": step,
        "oldest": OLDEST_SECONDS,
    }
    return _columns(store.table(settings.LIQSITE_LAKE, sql("frozen_columns"), asked))


def _columns(rows: pa.Table) -> Frozen:
    """Put the two sides of each column, which are rows one after the other, together."""
    exchange = _texts(rows, "exchange")
    at = rows["frozen_at"].to_numpy().astype("datetime64[s]")
    is_first = np.ones(len(at), dtype=bool)
    is_first[1:] = (exchange[1:] != exchange[:-1]) | (at[1:] != at[:-1])
    first = np.flatnonzero(is_first)
    column = np.cumsum(is_first) - 1
    side = (_texts(rows, "side") == SIDES[1]).astype(np.int64)
    begins = rows["first_bin"].to_numpy()
    window = np.minimum.reduceat(begins, first) if len(first) else begins
    quantity, is_good = _quantities(rows["quantity"], column, side, begins - window[column])
    price, coverage = (rows[name].to_numpy()[first] for name in ("price", "coverage"))
    is_good &= np.isfinite(price) & (price > 0) & np.isfinite(coverage)
    return Frozen(
        exchange[first][is_good],
        at[first][is_good],
        window[is_good],
        quantity if is_good.all() else quantity[is_good],
        price[is_good],
        coverage[is_good],
        _texts(rows, "kernel")[first][is_good],
    )


def _quantities(
    lists: pa.ChunkedArray, column: Ints, side: Ints, offset: Ints
) -> tuple[Cells, NDArray[np.bool_]]:
    """Return the lists of R rows laid into their windows, and which columns are wholly sound."""
    count = int(column[-1]) + 1 if len(column) else 0
    cells = np.zeros((count, 2, BINS), dtype=np.float32)
    is_good = np.ones(count, dtype=bool)
    whole = pa.chunked_array(lists.chunks, lists.type).combine_chunks()
    lengths = whole.value_lengths().to_numpy(zero_copy_only=False).astype(np.int64)
    values = whole.flatten().to_numpy(zero_copy_only=False)
    fits = offset + lengths <= BINS
    is_good[column[~fits]] = False
    values = values[np.repeat(fits, lengths)] if not fits.all() else values
    place = np.arange(BINS)
    first, last = offset[fits, None], (offset + lengths)[fits, None]
    laid = np.zeros((int(fits.sum()), BINS), dtype=np.float32)
    laid[(place >= first) & (place < last)] = values
    cells[column[fits], side[fits]] = laid
    with np.errstate(invalid="ignore"):
        is_sound = np.isfinite(cells) & (cells >= 0)
    return cells, is_good & is_sound.all(axis=(1, 2))


def _texts(rows: pa.Table, name: str) -> NDArray[np.str_]:
    return np.asarray(rows[name].to_numpy()).astype(np.str_)


def _moment(time: np.datetime64) -> datetime:
    return datetime.fromtimestamp(int(time.astype("datetime64[s]").astype(np.int64)), UTC)
