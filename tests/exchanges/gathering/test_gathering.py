"""The worker keeps market data complete: newest first, of every venue that has it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from exchanges.adapters.market.base import Reading
from exchanges.errors import StoreUnavailable
from exchanges.events import Candle, LeverageTier, MarkCandle, OpenInterest
from exchanges.gathering import Gathering, gatherer, job
from exchanges.instruments import Instrument
from exchanges.store import Writer, query
from exchanges.store.market import newest_tiers
from tests.exchanges.gathering.conftest import START, STEP, Bench, series
from tests.exchanges.gathering.venues import MarketServer
from tests.make import NOON, a_candle, a_liquidation

WEEK, FIVE_DAYS = 2016, 1440


async def test_a_month_comes_newest_first_and_then_only_what_is_new(
    server: MarketServer, lake: Writer, tmp_path: Path
):
    bench = Bench(lake, ["BTCUSDT", "ETHUSDT"])
    assert await bench.look()
    first = [(what, symbol, until) for _, what, symbol, _, until in server.asked]
    symbols = ("BTCUSDT", "ETHUSDT")
    kinds = ("Candle", "MarkCandle", "OpenInterest")
    assert first == [(kind, symbol, NOON) for symbol in symbols for kind in kinds]
    await bench.look_for_all()
    assert bench.stored(tmp_path, Candle) == {("binance", s): WEEK for s in symbols}
    assert bench.stored(tmp_path, MarkCandle) == {("binance", s): WEEK for s in symbols}
    server.asked.clear()
    server.rows += series("binance", "BTCUSDT", NOON, NOON + 3 * STEP)
    bench.now += STEP
    assert not await bench.look()
    assert set(server.asked) == {
        ("binance", kind, s, NOON, NOON + STEP) for kind in kinds for s in symbols
    }
    assert bench.stored(tmp_path, Candle)["binance", "BTCUSDT"] == WEEK + 1


async def test_nothing_is_asked_from_before_a_venue_tells_anything(
    server: MarketServer, lake: Writer, tmp_path: Path
):
    bench = Bench(lake)
    await bench.look_for_all()
    open_since = min(since for _, what, _, since, _ in server.asked if what == "OpenInterest")
    assert open_since > NOON - timedelta(days=5)
    assert FIVE_DAYS - 2 <= bench.stored(tmp_path, OpenInterest)["binance", "BTCUSDT"] <= FIVE_DAYS
    # Of candles there are seven days: one empty piece says so, and the month is not asked for.
    candles = [since for _, what, _, since, _ in server.asked if what == "Candle"]
    assert START - 2 * timedelta(days=3) < min(candles) < START
    assert "candles" in bench.gatherer.summary()


async def test_every_venue_is_asked_for_what_it_lists(
    server: MarketServer, lake: Writer, tmp_path: Path
):
    bench = Bench(lake, ["BTCUSDT", "ETHUSDT", "SOLUSDT"], count=2)
    del bench.venues[1].instruments["ETHUSDT"]
    await bench.look_for_all()
    found = bench.stored(tmp_path, Candle)
    assert set(found) == {
        ("binance", "BTCUSDT"), ("binance", "ETHUSDT"), ("bybit", "BTCUSDT"),
    }  # fmt: skip


async def test_a_worker_that_was_away_goes_on_where_it_was_and_fills_the_hole(
    server: MarketServer, lake: Writer, tmp_path: Path
):
    hole = NOON - timedelta(days=2), NOON - timedelta(days=1)
    own = [r for r in server.rows if isinstance(r, Candle) and r.exchange == "binance"]
    lake.append_series([c for c in own if not hole[0] <= c.opened_at < hole[1]])
    bench = Bench(lake)
    await bench.look_for_all()
    assert bench.stored(tmp_path, Candle)["binance", "BTCUSDT"] == WEEK
    asked = [(s, u) for _, what, _, s, u in server.asked if what == "Candle" and u > START]
    assert max(until for _, until in asked) == hole[1]
    assert min(since for since, _ in asked) <= hole[0]


async def test_a_venue_that_fails_stops_no_other_and_rests(
    server: MarketServer, lake: Writer, tmp_path: Path
):
    server.broken = {"binance": 451}
    bench = Bench(lake, ["BTCUSDT", "ETHUSDT"], count=2)
    await bench.look_for_all()
    assert {e for e, _ in bench.stored(tmp_path, Candle)} == {"bybit"}
    failures = [asked for asked in server.asked if asked[0] == "binance"]
    assert len(failures) <= gatherer.FAILURES
    server.broken.clear()
    bench.now += gatherer.REST
    await bench.look_for_all()
    assert bench.stored(tmp_path, Candle)["binance", "BTCUSDT"] == WEEK


async def test_what_fails_for_one_symbol_stops_no_other(
    server: MarketServer, lake: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    server.bugs = {"BTCUSDT"}
    bench = Bench(lake, ["BTCUSDT", "NOTLISTED", "ETHUSDT"])
    await bench.look_for_all()
    assert bench.stored(tmp_path, Candle) == {("binance", "ETHUSDT"): WEEK}
    broken = bench.venues[0].adapter.market
    monkeypatch.setattr(type(broken), "candles", lambda *_: 1 / 0)
    bench.now += gatherer.REST
    assert not await bench.look()


async def test_what_cannot_be_true_is_refused_and_counted_and_the_rest_stored(
    server: MarketServer, lake: Writer, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    server.rows = [
        a_candle(opened_at=NOON - STEP, high=1.0),
        a_candle(opened_at=NOON - 2 * STEP, low=-1.0),
        a_candle(opened_at=NOON - 3 * STEP + timedelta(seconds=1)),
        a_candle(opened_at=NOON - 4 * STEP),
        MarkCandle("binance", "BTCUSDT", NOON - STEP, 1.0, 2.0),
        OpenInterest("binance", "BTCUSDT", NOON - STEP, 1_000.0),
        OpenInterest("binance", "BTCUSDT", NOON - 2 * STEP, -1.0),
        OpenInterest("binance", "BTCUSDT", NOON - 3 * STEP, 1_000_000.0),
    ]
    bench = Bench(lake)
    with caplog.at_level(logging.WARNING):
        await bench.look_for_all()
    assert bench.gatherer.refused == {"candles": 3, "mark candles": 1, "open interest": 2}
    assert bench.gatherer.venue.health.snapshot().refused_market_count == 6
    assert "another unit" not in caplog.text.splitlines()[0]
    assert "3 candles refused" in caplog.text
    assert bench.stored(tmp_path, Candle) == {("binance", "BTCUSDT"): 1}
    assert bench.stored(tmp_path, OpenInterest) == {("binance", "BTCUSDT"): 1}


async def test_open_interest_is_read_for_the_five_minutes_that_just_ended(
    server: MarketServer, lake: Writer, tmp_path: Path
):
    server.readings = {"binance": [Reading("BTCUSDT", 700.0, 80_000.0)]}
    bench = Bench(lake)
    await bench.read()
    rows = "SELECT * FROM open_interest"
    assert query(tmp_path / "lake", rows, {}) == [("binance", "BTCUSDT", NOON, 700.0)]
    # Too late to be what was open then; and another unit.
    bench.now = NOON + STEP + timedelta(seconds=90)
    await bench.read()
    bench.now = NOON + 2 * STEP
    server.readings = {"binance": [Reading("BTCUSDT", 70_000.0, 80_000.0)]}
    await bench.read()
    assert len(query(tmp_path / "lake", rows, {})) == 1
    assert bench.gatherer.refused == {"open interest": 1}


async def test_the_symbols_of_which_most_is_open_on_all_venues_are_tracked(
    server: MarketServer, lake: Writer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(job, "MOST_SYMBOLS", 3)
    server.readings = {
        "binance": [Reading("SOLUSDT", 10.0, 100.0), Reading("XRPUSDT", 600.0, 2.0)],
        "bybit": [Reading("SOLUSDT", 5.0, 100.0)],
    }
    bench = Bench(lake, symbols=(), count=2)
    for venue in bench.venues:
        for name in ("SOLUSDT", "XRPUSDT"):
            venue.instruments[name] = Instrument(name, name[:-4], "USDT")
    for one in bench.job.gatherers:
        await one.read(())
    assert await bench.job.symbols() == ("BTCUSDT", "ETHUSDT", "SOLUSDT")
    server.readings["bybit"] = []
    for one in bench.job.gatherers:
        await one.read(())
    bench.now += job.REFRESHED - STEP
    assert await bench.job.symbols() == ("BTCUSDT", "ETHUSDT", "SOLUSDT")
    bench.now += STEP
    assert await bench.job.symbols() == ("BTCUSDT", "ETHUSDT", "XRPUSDT")


async def test_where_no_venue_tells_what_is_open_the_most_liquidated_are_tracked(
    server: MarketServer, lake: Writer
):
    lake.append([a_liquidation(symbol="SOLUSDT", exchange_time=NOON)])
    bench = Bench(lake, symbols=())
    assert await bench.job.symbols() == ("BTCUSDT", "ETHUSDT", "SOLUSDT")


async def test_tiers_are_stored_when_they_change_and_asked_for_once_a_day(
    server: MarketServer, lake: Writer
):
    def tier(symbol: str, rate: float, floor: float = 0.0) -> LeverageTier:
        return LeverageTier("binance", symbol, floor, 1e6, "usd", rate, 100.0, None)

    server.tiers = [tier("BTCUSDT", 0.004), tier("ETHUSDT", 0.004, floor=5.0)]
    bench = Bench(lake, ["BTCUSDT", "ETHUSDT"])
    await bench.look()
    assert newest_tiers(lake.lake, "binance", bench.now) == {"BTCUSDT": (tier("BTCUSDT", 0.004),)}
    assert bench.gatherer.refused["leverage tiers"] == 1
    server.tiers = [tier("BTCUSDT", 0.005)]
    await bench.look()
    bench.now += timedelta(hours=23)
    assert newest_tiers(lake.lake, "binance", bench.now)["BTCUSDT"][0].maintenance_rate == 0.004
    bench.now += timedelta(hours=2)
    await bench.look()
    bench.now += timedelta(days=2)
    await bench.look()
    [(moments,)] = query(lake.lake, "SELECT count(DISTINCT told_at) FROM leverage_tiers", {})
    assert moments == 2
    assert newest_tiers(lake.lake, "binance", bench.now)["BTCUSDT"][0].maintenance_rate == 0.005


async def test_of_a_symbols_contracts_the_perpetual_is_asked_for(
    server: MarketServer, lake: Writer
):
    bench = Bench(lake)
    dated = Instrument("BTCUSDT_261225", "BTC", "USDT")
    bench.venues[0].instruments["BTCUSDT_261225"] = dated
    await bench.look()
    assert {asked[2] for asked in server.asked} == {"BTCUSDT"}


async def test_progress_is_said_and_what_is_missing_at_the_end(
    server: MarketServer, lake: Writer, caplog: pytest.LogCaptureFixture
):
    bench = Bench(lake)
    with caplog.at_level(logging.INFO, logger="exchanges.gathering"):
        await bench.look_for_all()
    assert "rows of market data gathered" in caplog.text
    assert "missing, because the venue does not tell: " in caplog.messages[-1]


async def test_it_runs_for_ever_each_time_a_moment_after_a_candle_has_closed(
    server: MarketServer, lake: Writer, monkeypatch: pytest.MonkeyPatch
):
    bench = Bench(lake)
    bench.now = NOON + timedelta(minutes=2)
    looks: Iterator[bool | Exception] = iter(
        [True, StoreUnavailable("away"), ValueError("a bug"), False]
    )

    async def look(_: object) -> bool:
        told = next(looks, None)
        if told is None:
            raise asyncio.CancelledError
        if isinstance(told, Exception):
            raise told
        return told

    async def never(_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(bench.job, "look", look)
    monkeypatch.setattr(bench.job, "_read_for_ever", never)
    running = asyncio.create_task(bench.job.run())
    async with asyncio.timeout(5):
        while len([wait for wait in bench.waits if wait > 1]) < 3:
            await asyncio.sleep(0)
    running.cancel()
    assert [wait for wait in bench.waits if wait > 1] == [190.0, 190.0, 190.0]


async def test_without_a_venue_that_has_any_there_is_nothing_to_do(lake: Writer):
    bench = Bench(lake)
    idle = Gathering([], lake, bench.in_thread, lambda: NOON)
    await asyncio.wait_for(idle.run(), 1)
