"""An adapter against its simulated venue: the live feed, and the history over REST."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from exchanges.adapters import adapters
from exchanges.adapters.base import Request
from exchanges.aggregator import ExchangeAggregator
from exchanges.events import Liquidation
from exchanges.rest import fetch, load_instruments
from exchanges.simulator import Simulator


@asynccontextmanager
async def connected(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Simulator, ExchangeAggregator]]:
    """One simulated venue, and an aggregator subscribed to it."""
    async with Simulator(rate=0, seed=5, exchanges=[name]) as simulator:
        monkeypatch.setenv(f"LIQSITE_{name.upper()}_WS_URL", simulator.ws_url(name))
        monkeypatch.setenv(f"LIQSITE_{name.upper()}_REST_URL", simulator.url(name))
        aggregator = ExchangeAggregator([name])
        await aggregator.connect_all()
        yield simulator, aggregator
        await aggregator.disconnect_all()


async def received(aggregator: ExchangeAggregator, count: int) -> list[Liquidation]:
    """Return the next `count` liquidations; fail when they do not come."""
    rows: list[Liquidation] = []
    async with asyncio.timeout(10):
        async for row in aggregator.stream_aggregated():
            rows.append(row)
            if len(rows) == count:
                break
    return rows


async def history(name: str, symbol: str | None = None) -> list[Liquidation]:
    """Return what the venue's REST tells of the last two minutes."""
    adapter, now = adapters()[name], datetime.now(UTC)
    since, until = now - timedelta(minutes=2), now + timedelta(seconds=1)
    instruments, _ = await load_instruments(adapter)
    steps = adapter.history(instruments, {}, since, until, symbol)
    rows: list[Liquidation] = []
    async with aiohttp.ClientSession() as session:
        answer = b""
        while True:
            try:
                step = steps.send(answer) if answer else next(steps)
            except StopIteration:
                return rows
            if isinstance(step, Request):
                answer = await fetch(session, name, step)
            else:
                rows += step
                answer = b""


async def assert_equal_totals(name: str, monkeypatch: pytest.MonkeyPatch, count: int = 40) -> None:
    """Send rows of all the venue's contracts: the feed gives the same dollars and is live."""
    async with connected(name, monkeypatch) as (simulator, aggregator):
        assert aggregator.health()[name].state == "subscribed"
        await simulator.burst(name, count)
        rows = await received(aggregator, count)
        health, totals = aggregator.health()[name], simulator.totals()[name]
    assert (health.state, health.error_count) == ("live", 0)
    assert totals["events"] == len(rows)
    assert sum(row.value_usd or 0.0 for row in rows) == pytest.approx(totals["value_usd"])
    assert {row.side for row in rows} == {"long", "short"}
