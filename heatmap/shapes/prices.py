"""What prices did."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict


class Kline(TypedDict):
    """One candle; `timestamp` is when it opened, `volume` is in base units."""

    timestamp: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float


class Klines(TypedDict):
    """Candles of one venue, oldest first; of an interval of which nothing is stored there is none.

    They are made of 5-minute ones: `missing` counts those of the range that have closed and are
    not stored. `exchange` is null where nothing is.
    """

    symbol: str
    interval: str
    exchange: str | None
    start: datetime
    end: datetime
    count: int
    missing: int
    data: list[Kline]
