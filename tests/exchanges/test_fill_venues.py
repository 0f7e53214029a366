"""Venues that tell of liquidations by fills and trades, from real sockets to one stream."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from exchanges import backoff, connection
from exchanges.adapters import adapters, dydx, lighter
from exchanges.adapters.base import Adapter, Request
from exchanges.aggregator import ExchangeAggregator
from exchanges.events import Liquidation
from exchanges.rest import discover, fetch, load_instruments
from exchanges.simulator.simulator import Simulator
from tests.exchanges.conftest import until

VENUES = ["bybit", "dydx", "hyperliquid", "lighter"]


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dydx, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(lighter, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(backoff, "FIRST_WAITS", (0.01, 0.02, 0.04))


@asynccontextmanager
async def simulated(exchange: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Simulator]:
    async with Simulator(rate=0, exchanges=[exchange]) as simulator:
        name = f"LIQSITE_{exchange.upper()}"
        monkeypatch.setenv(f"{name}_WS_URL", simulator.ws_url(exchange))
        monkeypatch.setenv(f"{name}_REST_URL", simulator.url(exchange))
        yield simulator


async def everything(aggregator: ExchangeAggregator) -> list[Liquidation]:
    await aggregator.disconnect_all()
    return [row async for row in aggregator.stream_aggregated()]


def queued(aggregator: ExchangeAggregator) -> int:
    """Return how many events wait for a reader."""
    return aggregator._queue.qsize()


@pytest.mark.parametrize("exchange", VENUES)
async def test_a_venue_goes_live_and_everything_it_sent_arrives_once(
    exchange: str, monkeypatch: pytest.MonkeyPatch
):
    async with simulated(exchange, monkeypatch) as simulator:
        aggregator = ExchangeAggregator([exchange])
        await aggregator.connect_all()
        assert aggregator.health()[exchange].state == "subscribed"
        await simulator.burst(exchange, 500)
        await until(lambda: aggregator.health()[exchange].state == "live")
        await until(lambda: queued(aggregator) == 500)
        sent = simulator.totals()[exchange]
        rows = await everything(aggregator)
    assert len(rows) == len({row.event_id for row in rows}) == sent["events"]
    assert sum(row.value_usd or 0 for row in rows) == pytest.approx(sent["value_usd"])
    assert {row.side for row in rows} == {"long", "short"}
    assert {row.confidence for row in rows} == {1.0}


@pytest.mark.parametrize("exchange", ["dydx", "hyperliquid", "lighter"])
async def test_what_is_sent_again_on_coming_back_counts_once(
    exchange: str, monkeypatch: pytest.MonkeyPatch
):
    async with simulated(exchange, monkeypatch) as simulator:
        aggregator = ExchangeAggregator([exchange])
        await aggregator.connect_all()
        await simulator.burst(exchange, 40)
        await until(lambda: aggregator.health()[exchange].message_count >= 40)
        await simulator.fault(exchange, "drop", 0.05)
        await until(lambda: aggregator.health()[exchange].state == "reconnecting")
        await until(lambda: aggregator.health()[exchange].state == "subscribed")
        assert aggregator.health()[exchange].message_count > 40
        assert len(await everything(aggregator)) == 40


async def history(adapter: Adapter) -> list[Liquidation]:
    """Return what a venue's history tells of the last hour."""
    now = datetime.now(UTC)
    (instruments, _), options = await load_instruments(adapter), await discover(adapter)
    steps = adapter.history(instruments, options, now - timedelta(hours=1), now)
    told: list[Liquidation] = []
    step = next(steps, None)
    async with aiohttp.ClientSession() as session:
        while step is not None:
            if isinstance(step, Request):
                body = await fetch(session, adapter.name, step)
                try:
                    step = steps.send(body)
                except StopIteration:
                    break
            else:
                told += step
                step = next(steps, None)
    return told


@pytest.mark.parametrize("exchange", ["dydx", "hyperliquid"])
async def test_the_history_has_the_ids_of_what_came_live(
    exchange: str, monkeypatch: pytest.MonkeyPatch
):
    async with simulated(exchange, monkeypatch) as simulator:
        aggregator = ExchangeAggregator([exchange])
        await aggregator.connect_all()
        await simulator.burst(exchange, 200)
        await until(lambda: aggregator.health()[exchange].message_count == 200)
        told = await history(adapters()[exchange])
        rows = await everything(aggregator)
    assert {row.event_id for row in told} == {row.event_id for row in rows}
    assert sum(row.value_usd or 0 for row in told) == pytest.approx(
        sum(row.value_usd or 0 for row in rows)
    )


async def test_one_user_refused_leaves_the_others(monkeypatch: pytest.MonkeyPatch):
    async with simulated("hyperliquid", monkeypatch) as simulator:
        monkeypatch.setenv("LIQSITE_HYPERLIQUID_USERS", "not-an-address")
        aggregator = ExchangeAggregator(["hyperliquid"])
        await aggregator.connect_all()
        health = aggregator.health()["hyperliquid"]
        assert health.state == "subscribed"
        assert "subscription refused: Error parsing JSON" in health.last_error
        await simulator.send("hyperliquid", "BTC", "long", price=80_000, size=0.5)
        await until(lambda: aggregator.health()["hyperliquid"].state == "live")
        [row] = await everything(aggregator)
        assert (row.symbol, row.side, row.value_usd) == ("BTCUSDT", "long", 40_000.0)


async def test_a_socket_of_which_all_is_refused_is_not_called_subscribed(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(connection, "ACKNOWLEDGE_SECONDS", 1.0)
    async with simulated("lighter", monkeypatch) as simulator:
        venue = simulator._host("lighter").venue
        aggregator = ExchangeAggregator(["lighter"])
        monkeypatch.setattr(venue, "_subscribe", lambda client, _: client.send(REFUSAL))
        await aggregator.connect_all()
        assert (
            "every subscription refused: Invalid Channel" in aggregator.health()["lighter"].reason
        )
        await aggregator.disconnect_all()


REFUSAL = '{"error":{"code":30005,"message":"Invalid Channel"}}'
