"""A venue with two connections: one may break and nothing is missed or counted twice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from exchanges import backoff
from exchanges.clock import utc_now
from exchanges.events import StoredEvent
from exchanges.simulator.simulator import Simulator
from exchanges.venues import Venues
from tests.exchanges.conftest import until


@pytest.mark.parametrize("exchange", ["binance", "bybit"])
async def test_one_of_two_connections_may_break(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, exchange: str
):
    taken: list[StoredEvent] = []
    states: set[str] = set()

    async def accept(events: Sequence[StoredEvent]) -> None:
        taken.extend(events)

    def note() -> None:
        states.add(venues.health()[exchange].state)

    venues = Venues([exchange], accept=accept, clock=utc_now, on_change=note, redundant=[exchange])
    await venues.connect_all()
    clients = simulator._hosts[exchange].clients
    subscriptions = 1 if exchange == "binance" else 2
    await until(lambda: sum(client.is_listening for client in clients) == 2 * subscriptions)
    await simulator.send(exchange, "BTCUSDT", "long", price=80_000, size=0.5)
    await until(lambda: len(taken) == 2)
    assert len({event.event_id for event in taken}) == 1  # type: ignore[union-attr]

    states.clear()
    monkeypatch.setattr(backoff, "FIRST_WAITS", (60.0, 60.0, 60.0))
    broken = next(c for c in clients if c.is_listening and _hears_of(c, "BTCUSDT"))
    broken.cut(at_once=True)
    await until(lambda: broken not in clients)
    await asyncio.sleep(0.02)
    await simulator.send(exchange, "BTCUSDT", "short", price=80_000, size=0.25)
    await until(lambda: len(taken) == 3)
    assert states <= {"live"}
    await venues.disconnect_all()


def _hears_of(client: object, symbol: str) -> bool:
    return any(symbol in topic or "!forceOrder" in topic for topic in client.topics)  # type: ignore[attr-defined]
