"""Market data of the simulated venues: one market, each venue's own form, what adapters read."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from exchanges.adapters import adapters
from exchanges.adapters.market.base import Told, perpetuals
from exchanges.events import Candle, MarkCandle, OpenInterest
from exchanges.gathering.series import SERIES, Series
from exchanges.gathering.sieve import Sieve, moment
from exchanges.history import told
from exchanges.instruments import Instrument, Instruments
from exchanges.pace import Pace
from exchanges.plausible import why_no_tiers
from exchanges.rest import load_instruments
from exchanges.simulator import Simulator
from exchanges.simulator.chart import STEP, Chart
from exchanges.simulator.market import Market
from exchanges.simulator.venues import choose
from exchanges.simulator.venues.base import Venue
from exchanges.store.market import SeriesRow
from tests.exchanges.simulator.conftest import Clock, get

START = 1_795_000_000
GRID = START - START % STEP
# A linear contract, and an inverse one where there is any.
CONTRACTS = {
    "binance": ("BTCUSDT", "BTCUSD_PERP"),
    "bitget": ("BTCUSDT", "BTCPERP"),
    "bybit": ("BTCUSDT", "BTCUSD"),
    "deribit": ("BTC_USDC-PERPETUAL", "BTC-PERPETUAL"),
    "dydx": ("BTC-USD",),
    "gate": ("BTC_USDT", "BTC_USD"),
    "hyperliquid": ("BTC", "kPEPE"),
    "okx": ("BTC-USDT-SWAP", "BTC-USD-SWAP"),
}
EVERY = [
    pytest.param(name, series, id=f"{name}: {series.words}")
    for name in CONTRACTS
    for series in SERIES
    if series.source(adapters()[name].market)
]
READ = [name for name in CONTRACTS if adapters()[name].market.reading_source]
TIERED = [name for name in CONTRACTS if adapters()[name].market.tier_source]

T = TypeVar("T")


def test_every_venue_that_has_market_data_is_simulated() -> None:
    assert {n for n, a in adapters().items() if a.market.candle_source} == set(CONTRACTS)


@pytest.fixture
async def venues(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Simulator]:
    """The venues that have market data, which the adapters are pointed at."""
    async with Simulator(seed=3, rate=0, exchanges=list(CONTRACTS), clock=clock) as running:
        for name in CONTRACTS:
            monkeypatch.setenv(f"LIQSITE_{name.upper()}_REST_URL", running.url(name))
        yield running


async def at_once(_: float) -> None:
    return


async def all_of(exchange: str, asked: Told[T]) -> list[T]:
    rows = told("market data", asked, adapters()[exchange], Pace(0.0, at_once))
    return [row async for some in rows for row in some]


async def contracts(exchange: str) -> Instruments:
    instruments, trouble = await load_instruments(adapters()[exchange])
    assert not trouble
    return instruments


async def rows(
    exchange: str, series: Series, contract: Instrument, days: float, now: float
) -> list[SeriesRow]:
    """Return what the adapter reads of the last days, oldest first, if it can be true."""
    market = adapters()[exchange].market
    until = datetime.fromtimestamp(now - now % STEP, UTC)
    since = until - timedelta(days=days)
    found = await all_of(exchange, series.ask(market, contract, since, until))
    sieve = Sieve(exchange)
    kept = sieve.series(series.words, found, since, until)
    assert not sieve.refused
    return kept[::-1]


def as_simulated(exchange: str, now: float) -> Venue:
    """Return a venue of the market that the simulator makes of the same seed."""
    venues = choose(list(CONTRACTS))
    Market(venues, seed=3, rate=0, start=now)
    return next(venue for venue in venues if venue.name == exchange)


@pytest.mark.parametrize(("exchange", "series"), EVERY)
async def test_an_adapter_reads_whole_days_of_each_kind(
    venues: Simulator, clock: Clock, exchange: str, series: Series
) -> None:
    listed = await contracts(exchange)
    until = datetime.fromtimestamp(clock.now - clock.now % STEP, UTC)
    for name in CONTRACTS[exchange]:
        found = await rows(exchange, series, listed[name], 4, clock.now)
        times = [moment(row) for row in found]
        assert times == [until - timedelta(seconds=STEP * n) for n in range(4 * 288, 0, -1)]
        assert {(row.exchange, row.symbol) for row in found} == {(exchange, listed[name].symbol)}


@pytest.mark.parametrize("exchange", CONTRACTS)
async def test_volume_and_open_interest_are_in_base_units_and_of_one_side(
    venues: Simulator, clock: Clock, exchange: str
) -> None:
    listed, venue = await contracts(exchange), as_simulated(exchange, clock.now)
    chart = venue.chart
    for name in CONTRACTS[exchange]:
        contract = venue.contracts[name]
        for series in SERIES:
            if not series.source(adapters()[exchange].market):
                continue
            for row in await rows(exchange, series, listed[name], 0.5, clock.now):
                at = moment(row).timestamp()
                [bar] = chart.bars(contract.asset, at, at + 1, clock.now)
                if isinstance(row, Candle):
                    base = bar.value_usd * venue.parts[name] / bar.close
                    assert math.isclose(row.volume, base, rel_tol=0.02)
                elif isinstance(row, OpenInterest):
                    whole = chart.open_interest(contract.asset, at)
                    base = whole * venue.parts[name]
                    assert math.isclose(row.quantity, base, rel_tol=0.005)
                elif isinstance(row, MarkCandle):
                    assert bar.low * 0.999 <= row.low <= row.high <= bar.high * 1.001


@pytest.mark.parametrize("exchange", READ)
async def test_what_is_open_now_is_what_the_past_says_of_now(
    venues: Simulator, clock: Clock, exchange: str
) -> None:
    listed, venue = await contracts(exchange), as_simulated(exchange, clock.now)
    chart = venue.chart
    readings = await all_of(exchange, adapters()[exchange].market.readings(listed))
    by_name = {one.instrument_id: one for one in readings}
    swaps = {one.instrument_id for one in perpetuals(listed).values()}
    assert set(by_name) >= swaps
    for name in CONTRACTS[exchange]:
        contract = venue.contracts[name]
        whole = chart.open_interest(contract.asset, clock.now)
        base = whole * venue.parts[name]
        assert math.isclose(by_name[name].quantity, base, rel_tol=0.005)
        path = next(chart.bars(contract.asset, GRID, GRID + 1, clock.now)).open
        assert math.isclose(by_name[name].price, path, rel_tol=0.01)


@pytest.mark.parametrize("exchange", TIERED)
async def test_tiers_are_a_ladder_without_gaps(
    venues: Simulator, exchange: str, tmp_path: object
) -> None:
    listed = await contracts(exchange)
    own = [listed[name] for name in CONTRACTS[exchange]]
    tiers = await all_of(exchange, adapters()[exchange].market.leverage_tiers(own, {}))
    if exchange == "binance":
        assert tiers == []  # signed
        return
    for contract in own:
        ladder = [tier for tier in tiers if tier.symbol == contract.symbol]
        assert ladder and not why_no_tiers(ladder)
        assert ladder[0].max_leverage >= ladder[-1].max_leverage


async def test_hyperliquid_has_no_more_than_its_newest_5000_candles(
    venues: Simulator, clock: Clock
) -> None:
    listed = await contracts("hyperliquid")
    found = await rows("hyperliquid", SERIES[0], listed["BTC"], 30, clock.now)
    assert 4_998 <= len(found) <= 5_000


async def test_okx_statistics_end_after_five_days_and_so_does_the_asking(
    venues: Simulator, clock: Clock
) -> None:
    listed = await contracts("okx")
    found = await rows("okx", SERIES[2], listed["BTC-USDT-SWAP"], 30, clock.now)
    assert 1_438 <= len(found) <= 1_441


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
    url = f"{venues.url('bitget')}/api/v3/market/candles?category=USDT-FUTURES&symbol=NONE"
    assert (await get(url))[1]["code"] == "40034"
    url = f"{venues.url('gate')}/api/v4/futures/usdt/candlesticks?contract=NONE"
    assert (await get(url))[1]["label"] == "CONTRACT_NOT_FOUND"
