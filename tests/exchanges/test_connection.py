"""What arrives together on a socket is kept together, in its order, and before it is answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from exchanges.adapters.binance import CONTROL, STREAM, BinanceAdapter
from exchanges.clock import utc_now
from exchanges.connection import Connection
from exchanges.events import Liquidation, Rejected, StoredEvent
from exchanges.health import HealthTracker
from exchanges.instruments import Instruments
from exchanges.intake import Intake
from exchanges.venue import silence_of
from tests.exchanges.conftest import until


class Kept:
    """What was handed on, call by call; while it is closed the hand-over waits."""

    def __init__(self) -> None:
        self.calls: list[Sequence[StoredEvent]] = []
        self.is_open = asyncio.Event()
        self.is_open.set()

    async def accept(self, events: Sequence[StoredEvent]) -> None:
        await self.is_open.wait()
        self.calls.append(list(events))

    @property
    def prices(self) -> list[float]:
        return [one.price for call in self.calls for one in call if isinstance(one, Liquidation)]


@asynccontextmanager
async def connected(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Connection, ServerConnection, HealthTracker]]:
    """Give a connection to a venue that has acknowledged and says what the test has it say."""
    venues: list[ServerConnection] = []

    async def acknowledge(venue: ServerConnection) -> None:
        await venue.recv()
        await venue.send(json.dumps({"id": 1, "result": [STREAM, CONTROL]}))
        venues.append(venue)
        await venue.wait_closed()

    adapter, instruments = BinanceAdapter(), Instruments()
    health = HealthTracker("binance", silence_of(adapter, None), utc_now, lambda: None)
    intake = Intake(adapter, instruments, health=health, accept=kept.accept, clock=utc_now)
    [subscription] = adapter.subscriptions(instruments, {})
    async with serve(acknowledge, "127.0.0.1", 0) as server:
        [port] = [socket.getsockname()[1] for socket in server.sockets]
        monkeypatch.setenv("LIQSITE_BINANCE_WS_URL", f"ws://127.0.0.1:{port}")
        connection = Connection(
            adapter,
            subscription,
            instruments,
            intake=intake,
            health=health,
            clock=utc_now,
            on_delivery=lambda: None,
        )
        await connection.open()
        await until(lambda: venues)
        yield connection, venues[0], health
        await connection.close()


def order(price: float) -> str:
    told = {"s": "BTCUSDT", "S": "SELL", "p": price, "ap": price, "q": 1, "z": 1}
    told["T"] = int(utc_now().timestamp() * 1000)
    return json.dumps({"data": {"e": "forceOrder", "o": told, "st": 1}})


def mark(price: float) -> str:
    return json.dumps({"data": [{"s": "BTCUSDT", "p": str(price)}]})


async def test_frames_that_came_meanwhile_are_kept_at_once_and_in_their_order(
    monkeypatch: pytest.MonkeyPatch,
):
    kept = Kept()
    async with connected(kept, monkeypatch) as (_, venue, health):
        kept.is_open.clear()
        for price in range(1, 301):
            await venue.send(order(price))
        await until(lambda: health.frames > 1)
        kept.is_open.set()
        await until(lambda: len(kept.prices) == 300)
    assert kept.prices == list(range(1, 301))
    assert len(kept.calls) < 30
    assert health.snapshot().message_count == 300


async def test_a_mark_price_counts_for_what_comes_after_it_and_not_before(
    monkeypatch: pytest.MonkeyPatch,
):
    kept = Kept()
    async with connected(kept, monkeypatch) as (_, venue, _):
        kept.is_open.clear()
        for frame in (order(1), order(10), mark(100), order(11), order(99)):
            await venue.send(frame)
        kept.is_open.set()
        await until(lambda: sum(map(len, kept.calls)) == 4)
    assert kept.prices == [1, 10, 99]
    [doubted] = [one for call in kept.calls for one in call if isinstance(one, Rejected)]
    assert "off the venue's mark price" in doubted.reason


async def test_a_bad_frame_among_good_ones_costs_only_itself(monkeypatch: pytest.MonkeyPatch):
    kept = Kept()
    async with connected(kept, monkeypatch) as (_, venue, health):
        for frame in (order(1), '{"data": {"e": "forceOrder"', order(2)):
            await venue.send(frame)
        await until(lambda: sum(map(len, kept.calls)) == 3)
    assert kept.prices == [1, 2]
    assert health.snapshot().error_count == 1


async def test_what_came_before_the_end_of_a_connection_is_kept(monkeypatch: pytest.MonkeyPatch):
    kept = Kept()
    async with connected(kept, monkeypatch) as (connection, venue, _):
        kept.is_open.clear()
        for price in range(1, 11):
            await venue.send(order(price))
        await venue.close()
        kept.is_open.set()
        with pytest.raises(ConnectionClosed):
            await connection.ended()
    assert kept.prices == list(range(1, 11))


async def test_of_a_flood_only_so_many_frames_are_taken_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("exchanges.connection.FRAMES_TOGETHER", 10)
    kept = Kept()
    async with connected(kept, monkeypatch) as (_, venue, _):
        for price in range(1, 201):
            await venue.send(order(price))
        await until(lambda: len(kept.prices) == 200)
    assert max(map(len, kept.calls)) <= 10
    assert kept.prices == list(range(1, 201))
