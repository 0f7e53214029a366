"""Candles of five minutes: ranges cut into pages, rows as venues write them made candles."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime

import msgspec

from exchanges.adapters.base import utc_from_ms
from exchanges.events import Candle

STEP_MS = 300_000


class Row(msgspec.Struct, array_like=True, gc=False):
    """How a row of every venue begins; what follows differs."""

    opened_ms: int
    open: float
    high: float
    low: float
    close: float

    def candle(self, exchange: str, symbol: str, volume: float) -> Candle:
        """Return the candle of so many base units. Raises MalformedFrame for a time that is none.

        Whether its prices can be true is for those who keep it to judge.
        """
        opened_at = utc_from_ms(self.opened_ms)
        return Candle(
            exchange, symbol, opened_at, self.open, self.high, self.low, self.close, volume
        )


def pages(since: datetime, until: datetime, size: int) -> Iterator[tuple[int, int]]:
    """Yield [first, end) in epoch ms, of at most `size` candles each, the newest first."""
    first, end = math.ceil(since.timestamp() * 1000), math.ceil(until.timestamp() * 1000)
    while end > first:
        start = max(first, end - size * STEP_MS)
        yield start, end
        end = start
