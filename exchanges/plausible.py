"""What a liquidation or market data cannot be, however well the frame fits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from exchanges.events import Candle, LeverageTier, Liquidation, MarkCandle, OpenInterest
from exchanges.instruments import Instruments

LATEST = timedelta(hours=1)
FARTHEST_FROM_MARK = 0.5
CANDLE_SECONDS = 300
MOST_TIMES = 20.0
"""Open interest that is so many times the last one, or a part of it, is in another unit."""


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
    if reason := _why_no_opening(candle.opened_at, until):
        return reason
    if not all(math.isfinite(price) and price > 0 for price in prices):
        return f"has a price that is none: {prices}"
    if not (math.isfinite(candle.volume) and candle.volume >= 0):
        return f"has a volume that is none: {candle.volume}"
    if candle.high < max(prices) or candle.low > min(prices):
        return f"has prices above its high or below its low: {prices}"
    return ""


def why_no_mark_candle(candle: MarkCandle, until: datetime) -> str:
    """Return why this cannot be a candle of mark prices opened before `until`, in words; empty
    when it can."""
    if reason := _why_no_opening(candle.opened_at, until):
        return reason
    prices = (candle.high, candle.low)
    if not all(math.isfinite(price) and price > 0 for price in prices):
        return f"has a price that is none: {prices}"
    return "has a low above its high" if candle.low > candle.high else ""


def why_no_open_interest(told: OpenInterest, last: OpenInterest | None) -> str:
    """Return why this cannot be open interest, in words; empty when it can.

    `last` is one of the same contract not long before or after, if there is one.
    """
    if told.at.timestamp() % CANDLE_SECONDS:
        return "is not of a full five minutes"
    if not (math.isfinite(told.quantity) and told.quantity >= 0):
        return f"has a quantity that is none: {told.quantity}"
    if last is None or not (last.quantity and told.quantity):
        return ""
    times = max(told.quantity / last.quantity, last.quantity / told.quantity)
    if times > MOST_TIMES:
        return f"jumps from {last.quantity:g} to {told.quantity:g}: another unit"
    return ""


def why_no_tiers(tiers: Sequence[LeverageTier]) -> str:
    """Return why these cannot be the tiers of one contract, lowest first, in words; empty when
    they can."""
    end: float | None = 0.0
    for tier in tiers:
        if tier.floor != end:
            return f"have a tier from {tier.floor:g} after one up to {end}"
        if not 0 < tier.maintenance_rate < 1:
            return f"have a maintenance rate of {tier.maintenance_rate}"
        if not 1 <= tier.max_leverage < math.inf:
            return f"have a leverage of {tier.max_leverage}"
        if tier.cap is not None and not tier.floor < tier.cap < math.inf:
            return f"have a tier from {tier.floor:g} to {tier.cap:g}"
        end = tier.cap
    return ""


def _why_no_opening(opened_at: datetime, until: datetime) -> str:
    if opened_at.timestamp() % CANDLE_SECONDS:
        return "does not open on a full five minutes"
    return "is not closed yet" if opened_at >= until else ""
