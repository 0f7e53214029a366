"""The census against simulated venues: what is stored is what the agents really hold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pytest_django.fixtures import Settings

from exchanges.adapters import adapters
from exchanges.census import Census
from exchanges.census import job as module
from exchanges.census.accounts import Accounts
from exchanges.errors import HistoryUnavailable
from exchanges.events import OpenInterest
from exchanges.jobs import Context
from exchanges.rest import load_instruments
from exchanges.simulator import Simulator
from exchanges.simulator.agents import past
from exchanges.simulator.market_rest import hyperliquid_accounts
from exchanges.store import Writer, query
from tests.exchanges.census.conftest import FakeVenue, a_position, a_state, an_address
from tests.make import NOON

SYMBOLS = ("BTCUSDT", "ETHUSDT")
POSITIONS = (
    "SELECT symbol, side, margin_mode, quantity, entry_price, liquidation_price "
    "FROM observed_positions ORDER BY ALL"
)
PASSES = (
    "SELECT symbol, known, asked, failed, price, open_interest, coverage "
    "FROM observed_passes ORDER BY taken_at, symbol"
)


class Listed:
    """The part of a venue that a census needs."""

    def __init__(self, instruments: Any) -> None:
        self.instruments = instruments


class Bench:
    """A census whose clock and sleep are the test's."""

    def __init__(self, writer: Writer, instruments: Any) -> None:
        self.now = NOON
        self.slept: list[float] = []
        self.troubles: list[str] = []
        self.end: Callable[[], None] = lambda: None
        self.context = Context(
            writer=writer,
            in_store_thread=asyncio.to_thread,
            clock=lambda: self.now,
            venues={"hyperliquid": Listed(instruments)},  # type: ignore[dict-item]
            symbols=self._symbols,
            is_complete=lambda exchange: True,
            is_busy=lambda: False,
            sleep=self._sleep,
            tell_trouble=self.troubles.append,
        )

    async def _symbols(self) -> tuple[str, ...]:
        return SYMBOLS

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


Make = Callable[[], Awaitable[Bench]]


@pytest.fixture
def bench(lake: Writer, settings: Settings, tmp_path: Path) -> Make:
    settings.LIQSITE_DATA_DIR = tmp_path
    settings.LIQSITE_HYPERLIQUID_POSITIONS = True

    async def make() -> Bench:
        return Bench(lake, {"BTC": _btc()})

    return make


def _btc() -> Any:
    return adapters()["hyperliquid"].parse_instruments(_META)[0]


_META = b'{"universe":[{"name":"BTC","szDecimals":5,"maxLeverage":40}]}'


@pytest.fixture
async def market(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Simulator]:
    """A Hyperliquid with agents, at a time that stands still, which answers any number."""
    monkeypatch.setattr(past, "DAYS", 2)
    monkeypatch.setattr(past, "SPIN_UP_DAYS", 4)
    monkeypatch.setattr(hyperliquid_accounts, "WEIGHT_PER_MINUTE", 1e9)
    at = NOON.timestamp()
    async with Simulator(seed=5, exchanges=["hyperliquid", "binance"], clock=lambda: at) as running:
        monkeypatch.setenv("LIQSITE_HYPERLIQUID_REST_URL", running.url("hyperliquid"))
        yield running


def truth(market: Simulator) -> set[tuple[str, str, str, float, float]]:
    """Return every agent's symbol, side, margin mode, entry and level."""
    return {
        (
            f"{one['asset']}USDT",
            one["side"],
            "isolated" if one["is_isolated"] else "cross",
            round(one["entry"], 6),
            round(one["liquidation_price"], 6),
        )
        for one in market.positions()
    }


@pytest.mark.django_db(transaction=True)
async def test_observed_levels_are_the_agents_true_levels(
    lake: Writer, bench: Make, market: Simulator, async_client: Any, settings: Settings
):
    instruments, _ = await load_instruments(adapters()["hyperliquid"])
    settings.LIQSITE_HYPERLIQUID_POSITIONS_WEIGHT = 1200.0
    made = await bench()
    made.context.venues["hyperliquid"].instruments = instruments
    await Census(made.context).look()
    found = query(lake.lake, POSITIONS, {})
    true = truth(market)
    assert len(found) > 100 and {row[0] for row in found} == set(SYMBOLS)
    for symbol, side, mode, quantity, entry, level in found:
        assert (symbol, side, mode, round(entry, 6), round(level, 6)) in true
        assert quantity > 0
    answer = await async_client.get("/liquidations/observed", {"at": NOON.isoformat()})
    told = answer.json()
    longs = [row for row in found if row[:2] == ("BTCUSDT", "long")]
    inside = told["totals"]["isolated"]["long"] + told["totals"]["cross"]["long"]
    beyond = told["outside"]["isolated"]["long"] + told["outside"]["cross"]["long"]
    assert inside + beyond == pytest.approx(sum(row[3] * row[5] for row in longs))
    assert told["count"] == len([row for row in found if row[0] == "BTCUSDT"])
    assert told["accounts"]["asked"] == told["accounts"]["known"] == 1000


def holder(user: str) -> Any:
    """Answer with a position for the first two accounts."""
    held = [a_position()] if user in (an_address(0), an_address(1)) else []
    return web.json_response(a_state(*held))


def listed(venue: FakeVenue, count: int) -> None:
    rows = ",".join(f'{{"ethAddress":"{an_address(n)}"}}' for n in range(count))
    venue.leaderboard = f'{{"leaderboardRows":[{rows}]}}'.encode()
    venue.answer = holder


async def test_a_pass_says_how_much_it_saw(lake: Writer, bench: Make, venue: FakeVenue):
    listed(venue, 5)
    before = NOON - timedelta(minutes=4)
    lake.append_series([OpenInterest("hyperliquid", "BTCUSDT", before, 10.0)])
    await Census((await bench()).context).look()
    assert query(lake.lake, PASSES, {}) == [("BTCUSDT", 5, 5, 0, 80_500.0, 10.0, 0.4)]
    [row] = query(lake.lake, "SELECT DISTINCT side, quantity FROM observed_positions", {})
    assert row == ("long", 2.0)


async def test_without_open_interest_the_coverage_is_not_known(
    lake: Writer, bench: Make, venue: FakeVenue
):
    listed(venue, 2)
    lake.append_series([OpenInterest("hyperliquid", "BTCUSDT", NOON - timedelta(hours=2), 10.0)])
    await Census((await bench()).context).look()
    assert query(lake.lake, PASSES, {})[0][-2:] == (None, None)


async def test_more_than_twice_the_open_interest_is_believed_of_nobody(
    lake: Writer, bench: Make, venue: FakeVenue
):
    listed(venue, 3)
    lake.append_series([OpenInterest("hyperliquid", "BTCUSDT", NOON, 0.5)])
    await Census((await bench()).context).look()
    assert query(lake.lake, POSITIONS, {}) == []
    assert query(lake.lake, PASSES, {})[0][2:4] == (3, 2)


async def test_holders_are_asked_again_and_the_others_are_not_until_tomorrow(
    lake: Writer, bench: Make, venue: FakeVenue
):
    listed(venue, 5)
    made = await bench()
    census = Census(made.context)
    await census.look()
    assert len(venue.hits) == 5
    venue.hits.clear()
    made.now += timedelta(minutes=10)
    await census.look()
    assert sorted(venue.hits) == [an_address(0), an_address(1)]
    venue.hits.clear()
    made.now += timedelta(days=1)
    await census.look()
    assert len(venue.hits) == 5
    assert len(query(lake.lake, PASSES, {})) == 3


async def test_a_round_is_spread_over_passes_that_end_in_time(
    lake: Writer, bench: Make, venue: FakeVenue, tmp_path: Path
):
    listed(venue, 50)
    made = await bench()

    def answer(user: str) -> Any:
        made.now += timedelta(minutes=1)
        return holder(user)

    venue.answer = answer
    census = Census(made.context)
    await census.look()
    first = len(venue.hits)
    assert 10 <= first <= 10 + 4
    await census.look()
    assert set(venue.hits[first:]) >= {an_address(0), an_address(1)}
    assert len(set(venue.hits)) == len(venue.hits) - 2
    kept = Accounts(tmp_path / "census" / "hyperliquid.json")
    assert kept.waiting == 50 - len(set(venue.hits))


async def test_a_pass_that_broke_off_stores_nothing_and_is_made_up_for(
    lake: Writer, bench: Make, venue: FakeVenue
):
    listed(venue, 60)
    venue.answer = lambda user: web.Response(status=500)
    census = Census((await bench()).context)
    with pytest.raises(HistoryUnavailable, match="HTTP 500"):
        await census.look()
    assert query(lake.lake, PASSES, {}) == []
    venue.answer = holder
    await census.look()
    assert query(lake.lake, PASSES, {})[0][1:4] == (60, 60, 0)


async def test_without_the_leaderboard_those_known_are_asked(
    lake: Writer, bench: Make, venue: FakeVenue
):
    listed(venue, 4)
    made = await bench()
    census = Census(made.context)
    venue.leaderboard, whole = b"gone", venue.leaderboard
    with pytest.raises(HistoryUnavailable, match="names no account"):
        await census.look()
    venue.leaderboard = whole
    await census.look()
    venue.leaderboard = b"gone"
    venue.hits.clear()
    made.now += timedelta(days=1)
    await census.look()
    assert len(venue.hits) == 4


async def test_the_job_says_what_keeps_it_and_looks_again_ten_minutes_later(
    lake: Writer, bench: Make, venue: FakeVenue
):
    made = await bench()
    census = Census(made.context)
    running = asyncio.create_task(census.run())
    async with asyncio.timeout(5):
        while not any("names no account" in trouble for trouble in made.troubles):
            await asyncio.sleep(0.002)
        listed(venue, 3)
        while "" not in made.troubles:
            await asyncio.sleep(0.002)
    running.cancel()
    assert module.EVERY.total_seconds() in made.slept


async def test_a_worker_without_hyperliquid_says_so(lake: Writer, bench: Make):
    made = await bench()
    made.context.venues.clear()  # type: ignore[attr-defined]
    await Census(made.context).run()
    assert "LIQSITE_EXCHANGES" in made.troubles[0]


@pytest.mark.parametrize("weight", [0.0, -1.0, 1_201.0, float("nan")])
async def test_a_weight_that_cannot_be_is_said(bench: Make, settings: Settings, weight: float):
    settings.LIQSITE_HYPERLIQUID_POSITIONS_WEIGHT = weight
    with pytest.raises(HistoryUnavailable, match="POSITIONS_WEIGHT must be"):
        Census((await bench()).context)
