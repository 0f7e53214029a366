"""What the store holds of a market, as the model is fed with it."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow as pa

from heatmap.zone_queries import KernelRow, market
from heatmap.zones.clean import RawCandles, RawMarks, clean
from heatmap.zones.interest import RawOpenInterest
from heatmap.zones.kernel import REACH, Kernel, Method
from heatmap.zones.series import Floats, Series, Times


def stored_series(
    exchange: str, symbol: str, start: datetime, end: datetime
) -> tuple[Series | None, str]:
    """Return the series of what is stored of [start, end), or why there is none."""
    candles, marks, interest = (
        market(name, exchange, symbol, start, end)
        for name in ("candles", "mark_candles", "open_interest")
    )
    if not candles.num_rows:
        return None, "None of its candles are stored."
    if not interest.num_rows:
        return None, "None of its open interest is stored."
    raw = RawOpenInterest(_times(interest, "at"), _floats(interest, "quantity"))
    series = clean(exchange, symbol, _candles(candles), raw, _marks(marks)).series
    return series, "" if series else "What is stored of it is not good enough."


def _candles(rows: pa.Table) -> RawCandles:
    unknown = np.full(rows.num_rows, np.nan)
    open_, high, low, close, volume = (
        _floats(rows, name) for name in ("open", "high", "low", "close", "volume")
    )
    return RawCandles(_times(rows, "opened_at"), open_, high, low, close, volume, unknown)


def _marks(rows: pa.Table) -> RawMarks | None:
    if not rows.num_rows:
        return None
    return RawMarks(_times(rows, "opened_at"), _floats(rows, "high"), _floats(rows, "low"))


def _times(rows: pa.Table, name: str) -> Times:
    return np.asarray(rows[name].to_numpy().astype("datetime64[s]"))


def _floats(rows: pa.Table, name: str) -> Floats:
    return np.asarray(rows[name].to_numpy(), dtype=np.float64)


def kernel_of(row: KernelRow) -> Kernel:
    """Return a stored kernel; its weights were rounded to 32 bits."""
    weights = np.zeros((2, REACH))
    for side, stored in zip(weights, (row.long_weights, row.short_weights), strict=True):
        side[: len(stored)] = stored
        side /= max(1.0, side.sum())
    fitted = [None if t is None else numpy_time(t) for t in (row.fitted_since, row.fitted_until)]
    return Kernel(weights, _method(row.method), *fitted)


def _method(word: str) -> Method:
    return "flat" if word == "flat" else "measured" if word == "measured" else "fitted"


def numpy_time(time: datetime) -> np.datetime64:
    """Return a time as the model has it."""
    return np.datetime64(int(time.timestamp()), "s")
