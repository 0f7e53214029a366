"""The worker keeps candles complete: newest first, from the first venue that answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from exchanges import candles as job
from exchanges.candles import Candles
from exchanges.errors import StoreUnavailable
from exchanges.events import Candle
from exchanges.instruments import Instrument
from exchanges.plausible import why_no_candle
from exchanges.store import Writer, query
from tests.exchanges.venue_of_candles import CandleServer, a_venue, serving
from tests.make import NOON, a_candle, a_liquidation

STEP = timedelta(minutes=5)
START = NOON - timedelta(days=7)
EXCHANGES = ("binance", "bybit", "okx")


def series(exchange: str, symbol: str, since: datetime, until: datetime) -> list[Candle]:
    count = int((until - since) / STEP)
    return [
        a_candle(exchange=exchange, symbol=symbol, opened_at=since + n * STEP) for n in range(count)
    ]


@pytest_asyncio.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CandleServer]:
    """Venues that have two symbols of the last seven days."""
    symbols = ("BTCUSDT", "ETHUSDT")
    told = [c for e in EXCHANGES for s in symbols for c in series(e, s, START, NOON)]
    async with serving(CandleServer(told)) as server:
        for name in EXCHANGES:
            monkeypatch.setenv(f"LIQSITE_{name.upper()}_REST_URL", f"{server.url}/{name}")
        monkeypatch.setattr("exchanges.history.TRIES", 1)
        yield server


class Bench:
    """A job with its clock, and the lake that it fills."""

    def __init__(self, writer: Writer, symbols: Sequence[str] = ("BTCUSDT",)) -> None:
        self.now = NOON + timedelta(seconds=11)
        self.writer = writer
        self.waits: list[float] = []
        self.venues = [a_venue(name, "BTCUSDT", "ETHUSDT") for name in reversed(EXCHANGES)]
        self.job = Candles(
            self.venues, writer, self.in_thread, lambda: self.now, symbols, self.sleep
        )

    async def in_thread(self, action: Callable[[], Any]) -> Any:
        return action()

    async def sleep(self, seconds: float) -> None:
        self.waits += [seconds] * (seconds > 0)
        await asyncio.sleep(0)

    async def look_for_all(self) -> int:
        """Look until nothing more is to come; return how often that was."""
        for number in range(1, 30):
            if not await self.job.look():
                return number
        raise AssertionError("it never ends")

    def stored(self, folder: Path) -> dict[tuple[str, str], int]:
        rows = "SELECT exchange, symbol, count(*) FROM candles GROUP BY ALL"
        return {(e, s): n for e, s, n in query(folder / "lake", rows, {})}


async def test_a_month_comes_newest_first_and_then_only_what_is_new(
    server: CandleServer, lake: Writer, tmp_path: Path
):
    bench = Bench(lake, ["BTCUSDT", "ETHUSDT"])
    assert await bench.job.look()
    first = [(exchange, symbol, until) for exchange, symbol, _, until in server.asked]
    assert first == [("binance", "BTCUSDT", NOON), ("binance", "ETHUSDT", NOON)]
    await bench.look_for_all()
    assert min(since for *_, since, _ in server.asked) == NOON - job.REACH
    assert all(until - since <= job.PIECE for *_, since, until in server.asked)
    assert bench.stored(tmp_path) == {("binance", "BTCUSDT"): 2016, ("binance", "ETHUSDT"): 2016}
    server.asked.clear()
    server.candles += series("binance", "BTCUSDT", NOON, NOON + 3 * STEP)
    bench.now += STEP
    assert not await bench.job.look()
    assert server.asked == [("binance", s, NOON, NOON + STEP) for s in ("BTCUSDT", "ETHUSDT")]
    assert bench.stored(tmp_path)["binance", "BTCUSDT"] == 2017


async def test_a_worker_that_was_away_goes_on_where_it_was_and_fills_the_hole(
    server: CandleServer, lake: Writer, tmp_path: Path
):
    hole = NOON - timedelta(days=2), NOON - timedelta(days=1)
    lake.append_candles([c for c in server.candles if not hole[0] <= c.opened_at < hole[1]])
    bench = Bench(lake)
    await bench.look_for_all()
    assert bench.stored(tmp_path)["binance", "BTCUSDT"] == 2016
    asked = [(since, until) for *_, since, until in server.asked if until > START]
    assert asked[-1][1] <= hole[1] and min(since for since, _ in asked) <= hole[0]


async def test_the_next_venue_is_asked_when_the_first_one_fails_and_the_first_one_rests(
    server: CandleServer, lake: Writer, tmp_path: Path
):
    server.broken = {"binance": 451}
    bench = Bench(lake)
    await bench.look_for_all()
    assert bench.stored(tmp_path) == {("bybit", "BTCUSDT"): 2016}
    assert [asked[0] for asked in server.asked].count("binance") == 1
    server.broken.clear()
    bench.now += job.REST
    await bench.look_for_all()
    assert bench.stored(tmp_path)["binance", "BTCUSDT"] == 2016


async def test_what_fails_for_one_symbol_stops_no_other(
    server: CandleServer, lake: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    server.bugs = {"BTCUSDT"}
    bench = Bench(lake, ["BTCUSDT", "NOTLISTED", "ETHUSDT"])
    await bench.look_for_all()
    assert bench.stored(tmp_path) == {("binance", "ETHUSDT"): 2016}
    broken = bench.venues[-1].adapter
    monkeypatch.setattr(type(broken), "candles", lambda *_: 1 / 0)
    bench.now += job.REST
    assert not await bench.job.look()


async def test_a_venue_that_fails_thrice_in_a_row_is_left_alone_with_every_symbol(
    server: CandleServer, lake: Writer
):
    server.broken = dict.fromkeys(EXCHANGES, 500)
    symbols = [f"COIN{n}USDT" for n in range(9)]
    bench = Bench(lake, symbols)
    for venue in bench.venues:
        venue.instruments |= {s: Instrument(s, s[:-4], "USDT") for s in symbols}
    assert not await bench.job.look()
    assert len(server.asked) == 3 * job.FAILURES


async def test_bad_candles_are_refused_and_counted_and_the_others_stored(
    server: CandleServer, lake: Writer, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    bad = [
        a_candle(opened_at=NOON - STEP, high=1.0),
        a_candle(opened_at=NOON - 2 * STEP, low=-1.0),
        a_candle(opened_at=NOON - 3 * STEP + timedelta(seconds=1)),
    ]
    server.candles = [*bad, a_candle(opened_at=NOON - 4 * STEP)]
    bench = Bench(lake)
    with caplog.at_level(logging.WARNING):
        await bench.look_for_all()
    assert bench.job.refused == {"binance": 3}
    assert "3 candles of BTCUSDT refused" in caplog.text
    assert bench.stored(tmp_path) == {("binance", "BTCUSDT"): 1}


@given(
    prices=st.lists(st.floats(), min_size=4, max_size=4),
    volume=st.floats(),
    seconds=st.integers(-900, 900),
)
def test_a_candle_that_is_let_through_can_be_true(prices: list[float], volume: float, seconds: int):
    opened_at = NOON + timedelta(seconds=seconds)
    names = dict(zip(("open", "high", "low", "close"), prices, strict=True))
    candle = a_candle(opened_at=opened_at, volume=volume, **names)
    if not why_no_candle(candle, NOON):
        assert 0 < candle.low <= candle.open <= candle.high < float("inf")
        assert candle.low <= candle.close <= candle.high
        assert 0 <= volume < float("inf")
        assert opened_at < NOON and seconds % 300 == 0


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"high": 79_000.0}, "above its high"),
        ({"low": 80_050.0}, "below its low"),
        ({"open": float("nan")}, "a price that is none"),
        ({"close": float("inf"), "high": float("inf")}, "a price that is none"),
        ({"volume": -1.0}, "a volume that is none"),
        ({"volume": float("nan")}, "a volume that is none"),
        ({"opened_at": NOON + STEP}, "not closed yet"),
        ({"opened_at": NOON - timedelta(seconds=3)}, "full five minutes"),
        ({}, ""),
    ],
)
def test_why_a_candle_is_refused(told: dict[str, Any], reason: str):
    said = why_no_candle(a_candle(**told), NOON + STEP)
    assert reason in said and bool(reason) == bool(said)


async def test_without_names_the_busiest_symbols_are_tracked_and_chosen_anew_each_hour(
    server: CandleServer, lake: Writer, tmp_path: Path
):
    bench = Bench(lake, symbols=())
    for venue in bench.venues:
        venue.instruments["SOLUSDT"] = Instrument("SOLUSDT", "SOL", "USDT")
    await bench.look_for_all()
    assert {asked[1] for asked in server.asked} == {"BTCUSDT", "ETHUSDT"}
    lake.append([a_liquidation(symbol="SOLUSDT", exchange_time=NOON)])
    bench.now += timedelta(minutes=30)
    await bench.look_for_all()
    assert "SOLUSDT" not in {asked[1] for asked in server.asked}
    bench.now += job.REFRESHED
    await bench.look_for_all()
    assert "SOLUSDT" in {asked[1] for asked in server.asked}


async def test_of_a_symbols_contracts_the_perpetual_is_asked_for(
    server: CandleServer, lake: Writer
):
    bench = Bench(lake)
    dated = Instrument("BTCUSDT_261225", "BTC", "USDT")
    bench.venues[-1].instruments["BTCUSDT_261225"] = dated
    await bench.job.look()
    assert {asked[1] for asked in server.asked} == {"BTCUSDT"}


async def test_it_runs_for_ever_each_time_a_moment_after_a_candle_has_closed(
    server: CandleServer, lake: Writer, monkeypatch: pytest.MonkeyPatch
):
    bench = Bench(lake)
    bench.now = NOON + timedelta(minutes=2)
    looks: Iterator[bool | Exception] = iter(
        [True, StoreUnavailable("away"), ValueError("a bug"), False]
    )

    async def look() -> bool:
        told = next(looks, None)
        if told is None:
            raise asyncio.CancelledError
        if isinstance(told, Exception):
            raise told
        return told

    monkeypatch.setattr(bench.job, "look", look)
    with pytest.raises(asyncio.CancelledError):
        await bench.job.run()
    assert bench.waits == [190.0, 190.0, 190.0]


async def test_without_a_venue_that_has_candles_there_is_nothing_to_do(lake: Writer):
    bench = Bench(lake)
    idle = Candles([], lake, bench.in_thread, lambda: NOON)
    await asyncio.wait_for(idle.run(), 1)
