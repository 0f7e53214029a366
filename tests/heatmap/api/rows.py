"""Rows that the API's tests store, and the times around them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from exchanges.events import Liquidation
from exchanges.models import Gap, Watch, WorkerLease
from tests.make import a_liquidation


def ago(**span: float) -> datetime:
    """Return the moment so long before now."""
    return datetime.now(UTC) - timedelta(**span)


def a_row(
    number: int, exchange: str, side: str, price: float, value: float | None, **told: Any
) -> Liquidation:
    """Return a liquidation of the last 50 minutes with an id of its own."""
    own = {
        "event_id": f"{exchange}:{number}",
        "exchange": exchange,
        "side": side,
        "price": price,
        "value_usd": value,
        "exchange_time": ago(minutes=number % 50 + 1),
    }
    return a_liquidation(**(own | told))


def some_rows() -> list[Liquidation]:
    """Return rows of two venues, and one each that a filter should leave out."""
    return [
        a_row(1, "binance", "long", 80_000, 100.0),
        a_row(2, "binance", "short", 80_500, 50.0),
        a_row(3, "bybit", "long", 80_010, 25.0),
        a_row(4, "bybit", "long", 80_010, None),
        a_liquidation(event_id="binance:old", exchange_time=ago(hours=30)),
        a_liquidation(event_id="binance:eth", symbol="ETHUSDT", exchange_time=ago(minutes=1)),
        a_liquidation(event_id="binance:adl", liquidation_type="adl", exchange_time=ago(minutes=1)),
    ]


def watch(exchange: str, **span: float) -> None:
    """Have the worker run, and have watched a venue, for so long."""
    now = datetime.now(UTC)
    Watch.objects.create(exchange=exchange, started_at=ago(**span))
    WorkerLease.objects.update_or_create(
        name="worker",
        defaults={
            "holder": "here",
            "started_at": ago(**span),
            "renewed_at": now + timedelta(minutes=5),
        },
    )


def a_gap(exchange: str, start: datetime, end: datetime | None, **told: Any) -> Gap:
    """Store a gap of a venue."""
    defaults: dict[str, Any] = {"reason": "reconnecting: dropped"}
    return Gap.objects.create(
        exchange=exchange, started_at=start, ended_at=end, **(defaults | told)
    )
