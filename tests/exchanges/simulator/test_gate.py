"""Gate on loopback: a socket a currency, tickers ahead of orders, contract lists, history."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from exchanges.simulator import Simulator
from exchanges.simulator.market import Market
from exchanges.simulator.venues import choose

from .conftest import Clock, Talk, get, talk

USDT = "/v4/ws/usdt"
ORDERS, TICKERS = "futures.public_liquidates", "futures.tickers"
REST = "/api/v4/futures/usdt"


async def subscribe(gate: Talk, channel: str, *names: str) -> Any:
    return await gate.ask(channel=channel, event="subscribe", payload=list(names or ("!all",)))


@pytest.fixture
async def simulator(clock: Clock) -> AsyncIterator[Simulator]:
    async with Simulator(seed=1, rate=0, exchanges=["gate"], clock=clock) as running:
        yield running


@pytest.fixture
async def gate(simulator: Simulator) -> AsyncIterator[Talk]:
    """A socket subscribed to the orders of all USDT contracts."""
    async with talk(simulator, "gate", USDT) as gate:
        assert (await subscribe(gate, ORDERS))["result"] == {"status": "success"}
        yield gate


async def test_an_answer_repeats_channel_and_payload(simulator: Simulator, clock: Clock) -> None:
    async with talk(simulator, "gate", USDT) as gate:
        answer = await subscribe(gate, ORDERS)
    assert (answer["channel"], answer["event"], answer["payload"]) == (
        ORDERS,
        "subscribe",
        ["!all"],
    )
    assert answer["time_ms"] == int(clock.now * 1000) and "error" not in answer


@pytest.mark.parametrize(
    ("channel", "names", "reason"),
    [
        ("futures.none", ("!all",), "Unknown channel futures.none"),
        (ORDERS, ("BTC_USD",), "unknown contract BTC_USD"),
        (TICKERS, ("NONE_USDT",), "unknown contract NONE_USDT"),
    ],
)
async def test_what_is_not_there_is_refused(
    simulator: Simulator, channel: str, names: tuple[str, ...], reason: str
) -> None:
    async with talk(simulator, "gate", USDT) as gate:
        answer = await subscribe(gate, channel, *names)
    assert (answer["error"]["message"], answer["result"]) == (reason, {"status": "fail"})


@pytest.mark.parametrize("text", ["hello", "[]", '{"channel":"futures.tickers"}'])
async def test_what_is_no_request_is_refused(simulator: Simulator, text: str) -> None:
    async with talk(simulator, "gate", USDT) as gate:
        await gate.socket.send(text)
        assert (await gate.read())["error"]["code"] == 2


async def test_a_ping_is_answered(gate: Talk) -> None:
    assert (await gate.ask(channel="futures.ping"))["channel"] == "futures.pong"


async def test_a_push_has_a_signed_order_and_milliseconds(
    simulator: Simulator, gate: Talk, clock: Clock
) -> None:
    await simulator.send("gate", "BTC_USDT", "long", price=82_000, size=25)
    frame = await gate.read()
    now = int(clock.now * 1000)
    assert (frame["channel"], frame["event"], frame["time_ms"]) == (ORDERS, "update", now)
    assert frame["result"] == [
        {"price": "82000.0", "size": "-25", "time": now, "contract": "BTC_USDT"}
    ]


async def test_an_own_topic_shows_only_its_contract(simulator: Simulator) -> None:
    async with talk(simulator, "gate", USDT) as gate:
        await subscribe(gate, ORDERS, "ETH_USDT")
        await simulator.send("gate", "BTC_USDT", "long", price=82_000, size=1)
        await simulator.send("gate", "ETH_USDT", "long", price=2_900, size=1)
        assert (await gate.read())["result"][0]["contract"] == "ETH_USDT"


async def test_tickers_begin_with_all_marks(simulator: Simulator) -> None:
    async with talk(simulator, "gate", "/v4/ws/btc") as gate:
        await subscribe(gate, TICKERS)
        rows = (await gate.read())["result"]
    assert [row["contract"] for row in rows] == ["BTC_USD"]
    assert float(rows[0]["mark_price"]) > 0


@pytest.mark.parametrize("side", ["long", "short"])
async def test_the_mark_comes_before_the_order_and_lies_inside_of_it(
    simulator: Simulator, gate: Talk, side: Any
) -> None:
    await subscribe(gate, TICKERS)
    await gate.read()
    await simulator.send("gate", "SOL_USDT", side, price=300, size=1)
    ticker, push = await gate.waiting(2)
    mark = float(ticker["result"][0]["mark_price"])
    assert (push["channel"], mark > 300) == (ORDERS, side == "long")


async def test_a_second_of_a_contract_comes_in_one_push(
    simulator: Simulator, gate: Talk, clock: Clock
) -> None:
    market = Market(choose(["gate"]), seed=1, rate=0, start=clock.now)
    drawn = [r for r in market.burst("gate", 60, clock.now) if r.contract.kind == "usdt"]
    contracts = {row.instrument for row in drawn}
    assert len(contracts) < len(drawn)
    await simulator.burst("gate", 60, at_once=False)
    clock.now += 1
    frames = await gate.waiting(len(contracts))
    assert await gate.is_quiet()
    assert all(len({row["contract"] for row in frame["result"]}) == 1 for frame in frames)
    assert sum(len(frame["result"]) for frame in frames) == len(drawn)


async def test_contract_lists_tell_multiplier_and_mark(simulator: Simulator) -> None:
    _, linear = await get(simulator.url("gate") + REST + "/contracts")
    [inverse] = (await get(simulator.url("gate") + "/api/v4/futures/btc/contracts"))[1]
    rows = {row["name"]: row for row in linear}
    assert rows["BTC_USDT"]["quanto_multiplier"] == "0.0001"
    assert float(rows["BTC_USDT"]["mark_price"]) > 0
    assert (inverse["type"], inverse["quanto_multiplier"]) == ("inverse", "0")


async def test_history_has_the_positions_sign_and_the_orders_size(
    simulator: Simulator, gate: Talk, clock: Clock
) -> None:
    await simulator.send("gate", "BTC_USDT", "long", price=82_000, size=25)
    await simulator.send("gate", "ETH_USDT", "short", price=2_900, size=4)
    short, long = (await get(simulator.url("gate") + REST + "/liq_orders"))[1]
    assert (long["size"], abs(long["order_size"]), long["order_price"]) == (50, 25, "82000.0")
    assert float(long["fill_price"]) > 82_000 and float(short["fill_price"]) < 2_900
    assert (short["size"], short["time"]) == (-8, int(clock.now))


async def test_history_of_a_contract_keeps_to_the_seconds_asked_for(
    simulator: Simulator, gate: Talk, clock: Clock
) -> None:
    start = int(clock.now)
    for seconds in range(3):
        clock.now = start + seconds
        await simulator.send("gate", "BTC_USDT", "long", price=82_000, size=1)
    url = simulator.url("gate") + REST + "/liq_orders"
    _, rows = await get(f"{url}?contract=BTC_USDT&from={start}&to={start + 1}")
    assert [row["time"] - start for row in rows] == [1, 0]
    _, rows = await get(f"{url}?from={start}&to={start}&limit=2")
    assert [row["time"] - start for row in rows] == [2, 1]
    assert (await get(f"{url}?from=x"))[1]["label"] == "INVALID_PARAM_VALUE"
