"""What prices did, in candles of any interval."""

from __future__ import annotations

import math
from datetime import datetime

from heatmap.bins import INTERVALS, bin_start
from heatmap.queries import klines as stored_klines
from heatmap.rows import KlineRow
from heatmap.shapes.prices import Kline, Klines

PART_SECONDS = INTERVALS["5m"]


def klines(symbol: str, interval: str, indexes: range, now: datetime) -> Klines:
    """Return the candles of these time bins, of the venue that has most of them."""
    step = INTERVALS[interval]
    start, end = bin_start(indexes.start, step), bin_start(indexes.stop, step)
    found = stored_klines(symbol, start, end, step)
    return {
        "symbol": symbol,
        "interval": interval,
        "exchange": found[0].exchange if found else None,
        "start": start,
        "end": end,
        "count": len(found),
        "missing": max(_closed(start, min(end, now)) - sum(row.parts for row in found), 0),
        "data": [_kline(row, step) for row in found],
    }


def _closed(start: datetime, end: datetime) -> int:
    """Return how many 5-minute candles fit between."""
    return max(math.floor((end - start).total_seconds() / PART_SECONDS), 0)


def _kline(row: KlineRow, step: int) -> Kline:
    return {
        "timestamp": bin_start(row.time_index, step),
        "open": row.open,
        "high": row.high,
        "low": row.low,
        "close": row.close,
        "volume": row.volume,
    }
