"""A connection that its venue ends after a day is relieved before that, without a gap."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from exchanges import feed
from exchanges.adapters.binance import BinanceAdapter
from exchanges.clock import utc_now
from exchanges.connection import Connection
from exchanges.events import StoredEvent
from exchanges.simulator.simulator import Simulator
from exchanges.venues import Venues
from tests.exchanges.conftest import until


class Watched:
    """Venues with all their states and what they handed on."""

    def __init__(self) -> None:
        self.taken: list[StoredEvent] = []
        self.states: list[str] = []
        self.venues = Venues(["binance"], accept=self.accept, clock=utc_now, on_change=self.note)

    async def accept(self, events: Sequence[StoredEvent]) -> None:
        self.taken += events

    def note(self) -> None:
        self.states.append(self.venues.health()["binance"].state)


@pytest.fixture(autouse=True)
def _short_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BinanceAdapter, "connection_lifetime_seconds", 0.2)
    monkeypatch.setattr(feed, "RELIEF_SECONDS", 0.1)
    monkeypatch.setattr(feed, "RELIEF_PAUSE_SECONDS", 0.01)


async def test_the_new_socket_is_subscribed_before_the_old_one_ends(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
):
    watched, close = Watched(), Connection.close
    clients, listening = simulator._hosts["binance"].clients, list[int]()

    async def close_and_note(connection: Connection, **told: bool) -> None:
        listening.append(sum(client.is_listening for client in clients))
        await close(connection, **told)

    monkeypatch.setattr(Connection, "close", close_and_note)
    await watched.venues.connect_all()
    await until(lambda: len(listening) == 2)
    assert listening == [2, 2]
    await simulator.send("binance", "BTCUSDT", "long", price=80_000, size=0.5)
    await until(lambda: watched.taken)
    assert set(watched.states) <= {"connecting", "subscribed", "live"}
    await watched.venues.disconnect_all()
    await until(lambda: not clients)


async def test_what_both_deliver_has_one_id(simulator: Simulator, monkeypatch: pytest.MonkeyPatch):
    closing = asyncio.Event()
    close = Connection.close

    async def close_late(connection: Connection, **told: bool) -> None:
        await closing.wait()
        await close(connection, **told)

    monkeypatch.setattr(Connection, "close", close_late)
    watched = Watched()
    await watched.venues.connect_all()
    await until(lambda: sum(c.is_listening for c in simulator._hosts["binance"].clients) == 2)
    await simulator.send("binance", "BTCUSDT", "long", price=80_000, size=0.5)
    await until(lambda: len(watched.taken) == 2)
    assert len({event.event_id for event in watched.taken}) == 1  # type: ignore[union-attr]
    closing.set()
    await watched.venues.disconnect_all()


async def test_a_relief_that_cannot_be_opened_leaves_the_old_one_reading(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
):
    watched = Watched()
    await watched.venues.connect_all()

    async def refused(connection: Connection) -> None:
        raise OSError("no way there")

    monkeypatch.setattr(Connection, "open", refused)
    await until(lambda: "no second connection" in watched.venues.health()["binance"].last_error)
    await simulator.send("binance", "BTCUSDT", "long", price=80_000, size=0.5)
    await until(lambda: watched.taken)
    assert watched.venues.health()["binance"].state == "live"
    await watched.venues.disconnect_all()
