"""Candles of the simulated venues: one path, each venue's own form, and what adapters read."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from exchanges.adapters import adapters
from exchanges.events import Candle
from exchanges.history import fetch_candles
from exchanges.instruments import Instrument
from exchanges.plausible import why_no_candle
from exchanges.rest import load_instruments
from exchanges.simulator import Simulator
from exchanges.simulator.chart import STEP, Chart
from exchanges.simulator.market import Market
from exchanges.simulator.venues import choose
from tests.exchanges.simulator.conftest import Clock, get

START = 1_795_000_000
GRID = START - START % STEP
CONTRACTS = {
    "binance": ("BTCUSDT", "BTCUSD_PERP"),
    "bybit": ("BTCUSDT", "BTCUSD"),
    "okx": ("BTC-USDT-SWAP", "BTC-USD-SWAP"),
}


@pytest.fixture
async def venues(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Simulator]:
    """The venues that tell candles, which the adapters are pointed at."""
    async with Simulator(seed=3, rate=0, exchanges=list(CONTRACTS), clock=clock) as running:
        for name in CONTRACTS:
            monkeypatch.setenv(f"LIQSITE_{name.upper()}_REST_URL", running.url(name))
        yield running


async def candles(exchange: str, name: str, hours: int, now: float) -> list[Candle]:
    """Return what the adapter reads of the last hours, oldest first."""
    adapter = adapters()[exchange]
    instruments, trouble = await load_instruments(adapter)
    assert not trouble
    until = datetime.fromtimestamp(now - now % STEP, UTC)
    instrument: Instrument = instruments[name]

    async def at_once(_: float) -> None:
        return

    pages = fetch_candles(adapter, instrument, until - timedelta(hours=hours), until, at_once)
    return sorted([c async for page in pages for c in page], key=lambda candle: candle.opened_at)


@pytest.mark.parametrize("exchange", CONTRACTS)
async def test_an_adapter_reads_a_whole_week_of_each_kind(
    venues: Simulator, clock: Clock, exchange: str
) -> None:
    until = datetime.fromtimestamp(clock.now - clock.now % STEP, UTC)
    for name in CONTRACTS[exchange]:
        found = await candles(exchange, name, 7 * 24, clock.now)
        assert len(found) == 7 * 288
        assert not [reason for one in found if (reason := why_no_candle(one, until))]
        assert len({one.opened_at for one in found}) == len(found)
        for before, after in zip(found, found[1:], strict=False):
            assert math.isclose(before.close, after.open, rel_tol=1e-9)
        assert 1 < found[0].volume < 10_000


async def test_the_venues_tell_the_same_path(venues: Simulator, clock: Clock) -> None:
    paths = [
        [round(one.close) for one in await candles(exchange, names[0], 2, clock.now)]
        for exchange, names in CONTRACTS.items()
    ]
    assert len(set(paths[0])) > 3
    for path in paths[1:]:
        assert all(abs(a - b) <= 1 for a, b in zip(path, paths[0], strict=True))


def test_a_chart_is_the_same_for_the_same_seed_and_start_and_follows_the_path() -> None:
    def walked(seed: int) -> list[tuple[float, ...]]:
        [venue] = choose(["binance"])
        market = Market([venue], seed=seed, rate=1.0, start=START)
        for second in range(1, 700):
            list(market.until(START + second))
        bars = venue.chart.bars("BTC", START - 86_400, START + 700, START + 700)
        return [(b.opened, b.open, b.high, b.low, b.close, b.value_usd) for b in bars]

    assert walked(1) == walked(1) != walked(2)
    bars = walked(1)
    assert [bar[0] for bar in bars[1:]] == [bar[0] + STEP for bar in bars[:-1]]
    for before, after in zip(bars, bars[1:], strict=False):
        assert math.isclose(before[4], after[1], rel_tol=1e-9)
        assert after[3] <= min(after[1], after[4]) <= max(after[1], after[4]) <= after[2]
    assert len({bar[4] for bar in bars[-3:]}) == 3


def test_a_path_that_slept_goes_on_where_it_was() -> None:
    chart = Chart(seed=1, start=GRID)
    chart.note("ETH", GRID + 10, 3_000.0)
    chart.note("ETH", GRID + 3 * STEP, 3_100.0)
    bars = list(chart.bars("ETH", GRID, GRID + 4 * STEP, GRID + 3 * STEP + 1))
    assert [bar.close for bar in bars] == [3_000.0, 3_100.0, 3_100.0, 3_100.0]
    assert bars[3].open == 3_000.0
    assert [bar.is_closed for bar in bars] == [True, True, True, False]


async def test_pages_are_cut_and_ordered_as_each_venue_does(
    venues: Simulator, clock: Clock
) -> None:
    now_ms = int(clock.now * 1000)
    newest = now_ms - now_ms % (STEP * 1000)
    day = newest - 86_400_000
    binance = f"{venues.url('binance')}/fapi/v1/klines?symbol=BTCUSDT&interval=5m"
    rows = (await get(f"{binance}&limit=3"))[1]
    assert [row[0] for row in rows] == [newest - 600_000, newest - 300_000, newest]
    rows = (await get(f"{binance}&limit=2&startTime={day}&endTime={newest}"))[1]
    assert [row[0] for row in rows] == [day, day + 300_000]
    bybit = f"{venues.url('bybit')}/v5/market/kline?category=linear&symbol=BTCUSDT&interval=5"
    rows = (await get(f"{bybit}&limit=2&start={day}"))[1]["result"]["list"]
    assert [int(row[0]) for row in rows] == [newest, newest - 300_000]
    okx = f"{venues.url('okx')}/api/v5/market"
    asked = "instId=BTC-USDT-SWAP&bar=5m&limit=2"
    rows = (await get(f"{okx}/candles?{asked}"))[1]["data"]
    assert [(int(row[0]), row[-1]) for row in rows] == [(newest, "0"), (newest - 300_000, "1")]
    old = newest - 1500 * 300_000
    assert (await get(f"{okx}/candles?{asked}&after={old}"))[1]["data"] == []
    assert len((await get(f"{okx}/history-candles?{asked}&after={old}"))[1]["data"]) == 2


async def test_what_is_not_listed_is_refused(venues: Simulator) -> None:
    url = f"{venues.url('binance')}/fapi/v1/klines?symbol=NONE&interval=5m"
    assert (await get(url))[1]["code"] == -1121
    url = f"{venues.url('bybit')}/v5/market/kline?category=inverse&symbol=BTCUSDT&interval=5"
    assert (await get(url))[1]["retCode"] == 10001
    url = f"{venues.url('okx')}/api/v5/market/candles?instId=BTC-USDT-SWAP&bar=7m"
    assert (await get(url))[1]["code"] == "51000"
