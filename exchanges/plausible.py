"""What a liquidation or a candle cannot be, however well its frame fits."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from exchanges.events import Candle, Liquidation
from exchanges.instruments import Instruments

LATEST = timedelta(hours=1)
FARTHEST_FROM_MARK = 0.5
CANDLE_SECONDS = 300


def doubt(event: Liquidation, instruments: Instruments, received_time: datetime) -> str:
    """Return why this cannot be true, in words; empty when nothing speaks against it.

    A price is compared with the venue's own mark price where that is known; an entry price
    tells of another time.
    """
    ahead = event.exchange_time - received_time
    if ahead > LATEST:
        return f"its time is {ahead.total_seconds() / 60:.0f} minutes ahead of ours"
    mark = instruments.marks.get(event.instrument_id)
    if mark and event.price_kind != "entry" and abs(event.price / mark - 1) > FARTHEST_FROM_MARK:
        off = abs(event.price / mark - 1)
        return f"its price {event.price} is {off:.0%} off the venue's mark price {mark}"
    return ""


def why_no_candle(candle: Candle, until: datetime) -> str:
    """Return why this cannot be a candle opened before `until`, in words; empty when it can."""
    prices = (candle.open, candle.high, candle.low, candle.close)
    if candle.opened_at.timestamp() % CANDLE_SECONDS:
        return "does not open on a full five minutes"
    if candle.opened_at >= until:
        return "is not closed yet"
    if not all(math.isfinite(price) and price > 0 for price in prices):
        return f"has a price that is none: {prices}"
    if not (math.isfinite(candle.volume) and candle.volume >= 0):
        return f"has a volume that is none: {candle.volume}"
    if candle.high < max(prices) or candle.low > min(prices):
        return f"has prices above its high or below its low: {prices}"
    return ""
