"""What was told can be had again: by `/control/sent`, and from the venues' own histories."""

from __future__ import annotations

import json
import math
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import websockets
from aiohttp import ClientSession

from exchanges.adapters import adapters
from exchanges.events import Liquidation as Understood
from exchanges.history import fetch_historical
from exchanges.instruments import Instrument, Instruments
from exchanges.rest import discover, load_instruments
from exchanges.simulator import Contract, Liquidation, Simulator, SimulatorError
from exchanges.simulator.sent import FLUSH_ROWS, Sent
from exchanges.simulator.simulator import environment
from exchanges.simulator.venues.bybit import LINEAR, Bybit

from .conftest import Clock, eventually, get, post, talk_bybit

BTC = Contract("BTCUSDT", "BTC")
WITH_HISTORY = sorted(name for name, adapter in adapters().items() if adapter.history_source)


def a_row(time_ms: int = 1_000, price: float = 5.0) -> Liquidation:
    return Liquidation("bybit", BTC, "long", price, 2.0, time_ms)


def a_memory(size: int = 100_000) -> Sent:
    return Sent("bybit", {"BTCUSDT": BTC}, size)


async def lines(simulator: Simulator, query: str) -> list[dict[str, Any]]:
    url = f"http://127.0.0.1:{simulator.port}/control/sent?{query}"
    async with ClientSession() as http, http.get(url) as answer:
        assert answer.content_type == "application/x-ndjson"
        return [json.loads(line) for line in (await answer.text()).splitlines()]


def told(sent: Sent, since_ms: int = 0) -> list[tuple[float, bool]]:
    return [
        (one.row.price, one.is_written) for part in sent.told_since(since_ms, 7) for one in part
    ]


def test_equal_rows_are_told_each_with_a_number_of_its_own() -> None:
    sent = a_memory()
    sent.add([a_row() for _ in range(3 * FLUSH_ROWS)], 1_000)
    rows = sent.rows(["BTCUSDT"])
    assert len({one.number for one in rows}) == 3 * FLUSH_ROWS
    assert [one.number for one in rows] == sorted(one.number for one in rows)


def test_what_was_written_is_known_before_and_after_it_was_saved() -> None:
    sent = a_memory()
    places = [sent.add([a_row(price=float(n + 1))], 1_000 + n) for n in range(4)]
    sent.wrote(places[1])
    assert told(sent) == [(1.0, False), (2.0, True), (3.0, False), (4.0, False)]
    more = sent.add([a_row(price=5.0)], 1_004)
    for late in (places[3], more):
        sent.wrote(late)
    assert told(sent, 1_002) == [(3.0, False), (4.0, True), (5.0, True)]


def test_a_range_of_rows_partly_saved_is_marked_whole() -> None:
    sent = a_memory()
    places = sent.add([a_row() for _ in range(5)], 1_000)
    assert [written for _, written in told(sent)] == [False] * 5
    sent.wrote(places)
    assert [written for _, written in told(sent)] == [True] * 5


def test_rows_are_found_by_time_and_the_oldest_are_forgotten() -> None:
    sent = a_memory(size=50)
    for n in range(200):
        sent.add([a_row(time_ms=n)], n)
    assert [one.row.time_ms for one in sent.rows(["BTCUSDT"], 100, 190)] == list(range(150, 191))
    newest = sent.rows(["BTCUSDT"], order="newest", limit=3)
    assert [one.row.time_ms for one in newest] == [199, 198, 197]
    assert [one.row.time_ms for one in sent.newest(["BTCUSDT"], 3)] == [197, 198, 199]
    assert sent.rows(["ETHUSDT"]) == []
    after = sent.rows(["BTCUSDT"], after=newest[1].number)
    assert [one.row.time_ms for one in after] == [199]


async def test_control_shows_each_liquidation_and_whether_a_socket_took_it(
    simulator: Simulator, clock: Clock
) -> None:
    await simulator.send("bybit", "BTCUSDT", "short", price=80_000, size=0.5)
    clock.now += 1
    async with talk_bybit(simulator, "BTCUSDT") as bybit:
        await simulator.send("bybit", "BTCUSDT", "long", price=80_000, size=0.25)
        await bybit.read()
    unheard, heard = await lines(simulator, "exchange=bybit")
    assert (unheard["side"], unheard["is_written"]) == ("short", False)
    assert heard == {
        "exchange": "bybit",
        "instrument": "BTCUSDT",
        "side": "long",
        "price": 80_000.0,
        "size": 0.25,
        "time_ms": int(clock.now * 1000),
        "value_usd": 20_000.0,
        "told_ms": int(clock.now * 1000),
        "is_written": True,
    }
    assert await lines(simulator, f"since={int(clock.now * 1000)}") == [heard]
    assert await lines(simulator, "exchange=binance") == []


@pytest.mark.parametrize("query", ["exchange=nobody", "since=yesterday", "since=-1", "since=²"])
async def test_control_refuses_what_it_does_not_have(simulator: Simulator, query: str) -> None:
    status, answer = await get(f"http://127.0.0.1:{simulator.port}/control/sent?{query}")
    assert status == 400 and answer["detail"]


async def test_what_is_written_adds_up_to_the_totals(simulator: Simulator) -> None:
    async with talk_bybit(simulator, "BTCUSDT", "ETHUSDT"):
        await simulator.burst("bybit", 3_000)
        await eventually(lambda: simulator.totals()["bybit"]["events"] > 1_000)
        await simulator._hosts["bybit"].flushed()
        written = [one for part in simulator.sent("bybit") for one in part if one["is_written"]]
    total = simulator.totals()["bybit"]
    assert total["events"] == len(written) < 3_000
    assert total["value_usd"] == pytest.approx(sum(one["value_usd"] for one in written))


async def test_a_burst_has_one_time_and_as_many_twins_as_asked_for(simulator: Simulator) -> None:
    await simulator.burst("bybit", 3_000, identical=0.33)
    rows = [one for part in simulator.sent("bybit") for one in part]
    assert len(rows) == 3_000 and len({row["time_ms"] for row in rows}) == 1
    equal = Counter((row["instrument"], row["price"], row["size"]) for row in rows)
    assert equal.most_common(1)[0][1] >= 990


async def test_a_burst_of_twins_is_sent_in_one_frame_a_contract(simulator: Simulator) -> None:
    linear = [c.instrument for c in Bybit.listed if c.kind == LINEAR]
    async with talk_bybit(simulator, *linear) as bybit:
        await simulator.burst("bybit", 500, identical=1.0)
        assert len((await bybit.read())["data"]) == 500


async def test_the_adapter_tells_all_rows_of_a_large_burst_apart(simulator: Simulator) -> None:
    linear = [c.instrument for c in Bybit.listed if c.kind == LINEAR]
    url = simulator.ws_url("bybit") + "/v5/public/linear"
    async with websockets.connect(url, compression=None) as socket:
        topics = [f"allLiquidation.{name}" for name in linear]
        await socket.send(json.dumps({"op": "subscribe", "args": topics}))
        await socket.recv()
        await simulator.burst("bybit", 25_000, identical=0.33)
        told = [one for part in simulator.sent("bybit") for one in part]
        wanted = [one for one in told if one["instrument"] in linear]
        known = Instruments([Instrument(c.instrument, c.asset, c.quote) for c in Bybit.listed])
        found: list[Understood] = []
        while len(found) < len(wanted):
            frame = str(await socket.recv()).encode()
            assert len(frame) < 1 << 20
            events = adapters()["bybit"].parse(frame, known, None)
            found += [event for event in events if isinstance(event, Understood)]
    assert len({event.event_id for event in found}) == len(wanted) > 24_000
    dollars = math.fsum(event.value_usd or 0.0 for event in found)
    assert dollars == pytest.approx(math.fsum(one["value_usd"] for one in wanted), abs=0.005)


async def test_frames_of_a_contract_have_rising_times(simulator: Simulator) -> None:
    async with talk_bybit(simulator, "BTCUSDT") as bybit:
        for _ in range(3):
            await simulator.send("bybit", "BTCUSDT", "long", price=80_000, size=1)
        times = [frame["ts"] for frame in await bybit.waiting(3)]
    assert times == [times[0], times[0] + 1, times[0] + 2]


async def test_twins_are_refused_where_there_can_be_none(simulator: Simulator) -> None:
    url = f"http://127.0.0.1:{simulator.port}/control/burst"
    for body in ({"exchange": "binance", "identical": 0.3}, {"exchange": "bybit", "identical": 2}):
        status, answer = await post(url, {"count": 10} | body)
        assert status == 400 and "identical" in answer["detail"]
    with pytest.raises(SimulatorError, match="leave identical out"):
        await simulator.burst("binance", 10, identical=0.5)


async def no_wait(seconds: float) -> None:
    return


@pytest.mark.parametrize("exchange", WITH_HISTORY)
async def test_history_has_what_happened_while_nobody_listened(
    exchange: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clock = Clock()
    async with Simulator(rate=0, exchanges=[exchange], clock=clock) as simulator:
        for line in environment("127.0.0.1", simulator.port, [exchange]):
            monkeypatch.setenv(*line.split("=", 1))
        for _ in range(40):
            clock.now += 7
            await simulator.burst(exchange, 5)
        sent = [one for part in simulator.sent(exchange) for one in part]
        found = await history(exchange, datetime.fromtimestamp(clock.now, UTC))
    # Dated HTX contracts have no history, and Gate's tells fills, where pushes tell orders.
    listed = [one for one in sent if exchange != "htx" or "-" in one["instrument"]]
    assert len(found) == len(listed) == len({one.event_id for one in found})
    assert not any(one["is_written"] for one in sent)
    if exchange != "gate":
        assert sum(one.value_usd or 0.0 for one in found) == pytest.approx(
            sum(one["value_usd"] for one in listed)
        )


async def history(exchange: str, now: datetime) -> list[Understood]:
    adapter = adapters()[exchange]
    instruments, _ = await load_instruments(adapter)
    options = dict(await discover(adapter))
    since, until = now - timedelta(minutes=30), now + timedelta(seconds=1)
    pages = fetch_historical(adapter, instruments, options, since, until, sleep=no_wait)
    return [row async for page in pages for row in page]
