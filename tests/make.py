"""Values for tests: a liquidation is made of what the test cares about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from exchanges.events import Candle, Liquidation
from exchanges.store import Writer

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

_DEFAULTS: dict[str, Any] = {
    "event_id": "binance:BTCUSDT:SELL:1:1.0:80000.0",
    "exchange": "binance",
    "instrument_id": "BTCUSDT",
    "symbol": "BTCUSDT",
    "side": "long",
    "price": 80_000.0,
    "price_kind": "fill",
    "quantity": 1.0,
    "value_usd": 80_000.0,
    "liquidation_type": "forced",
    "completeness": "sampled",
    "confidence": 1.0,
    "exchange_time": NOON,
    "received_time": NOON,
    "raw_side": "SELL",
    "raw_size": 1.0,
    "raw_unit": "base",
    "raw": "{}",
}


def a_liquidation(**told: Any) -> Liquidation:
    """Return a liquidation of one BTC at noon, but for what is told."""
    return Liquidation(**(_DEFAULTS | told))


def some_liquidations(count: int, **told: Any) -> list[Liquidation]:
    """Return so many liquidations with ids of their own."""
    return [a_liquidation(event_id=f"binance:{n}", **told) for n in range(count)]


def a_candle(**told: Any) -> Candle:
    """Return Binance's candle of BTC that opened at noon, but for what is told."""
    prices: dict[str, Any] = {
        "open": 80_000.0,
        "high": 80_200.0,
        "low": 79_900.0,
        "close": 80_100.0,
        "volume": 12.5,
    }
    own: dict[str, Any] = {"exchange": "binance", "symbol": "BTCUSDT", "opened_at": NOON}
    return Candle(**(own | prices | told))


def tidy(writer: Writer) -> None:
    """Do a whole round of maintenance."""
    for step in writer.maintenance_steps(datetime.now(UTC), keep_days=0):
        writer.maintain(step)


class SteppingClock:
    """Moves on by what is slept."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
