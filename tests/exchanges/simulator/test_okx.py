"""OKX on loopback: events for each topic, the text ping, contract lists, paged history."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from exchanges.simulator import Simulator

from .conftest import Clock, Talk, get, talk

PATH = "/ws/v5/public"
SWAPS = {"channel": "liquidation-orders", "instType": "SWAP"}
FUTURES = {"channel": "liquidation-orders", "instType": "FUTURES"}
ORDERS = "/api/v5/public/liquidation-orders?state=filled&instType=SWAP"


@pytest.fixture
async def simulator(clock: Clock) -> AsyncIterator[Simulator]:
    async with Simulator(seed=1, rate=0, exchanges=["okx"], clock=clock) as running:
        yield running


@pytest.fixture
async def okx(simulator: Simulator) -> AsyncIterator[Talk]:
    """A socket subscribed to swaps."""
    async with talk(simulator, "okx", PATH) as okx:
        assert (await okx.ask(op="subscribe", args=[SWAPS]))["event"] == "subscribe"
        yield okx


async def test_each_topic_is_acknowledged_by_an_event(simulator: Simulator) -> None:
    async with talk(simulator, "okx", PATH) as okx:
        first = await okx.ask(op="subscribe", args=[SWAPS, FUTURES])
        second = await okx.read()
    assert first.pop("connId") == second.pop("connId")
    assert [first, second] == [{"event": "subscribe", "arg": arg} for arg in (SWAPS, FUTURES)]


@pytest.mark.parametrize(
    "arg", [{"channel": "liquidation-orders", "instType": "SPOT"}, {"channel": "x"}, 7]
)
async def test_a_topic_that_is_none_is_an_error(simulator: Simulator, arg: Any) -> None:
    async with talk(simulator, "okx", PATH) as okx:
        answer = await okx.ask(op="subscribe", args=[arg])
    assert (answer["event"], answer["code"]) == ("error", "60018")


@pytest.mark.parametrize("text", ["hello", "[]", '{"op":"dance"}', '{"op":"subscribe"}'])
async def test_what_is_no_request_is_an_error(simulator: Simulator, text: str) -> None:
    async with talk(simulator, "okx", PATH) as okx:
        await okx.socket.send(text)
        assert (await okx.read())["code"] == "60012"


async def test_text_pings_keep_a_socket_open(okx: Talk, clock: Clock) -> None:
    clock.now += 29
    await okx.socket.send("ping")
    assert await okx.text() == "pong"
    clock.now += 29
    assert await okx.is_quiet()
    clock.now += 1
    assert await okx.is_cut()


async def test_a_push_gives_both_sides_and_contracts(
    simulator: Simulator, okx: Talk, clock: Clock
) -> None:
    await simulator.send("okx", "BTC-USDT-SWAP", "long", price=82_000, size=1.5)
    frame = await okx.read()
    assert frame["arg"] == SWAPS
    [item] = frame["data"]
    assert (item["instId"], item["instFamily"]) == ("BTC-USDT-SWAP", "BTC-USDT")
    [detail] = item["details"]
    assert (detail["side"], detail["posSide"]) == ("sell", "long")
    assert (detail["bkPx"], detail["sz"]) == ("82000.0", "1.50")
    assert detail["ts"] == str(int(clock.now * 1000))
    assert simulator.totals()["okx"]["value_usd"] == 1.5 * 0.01 * 82_000


async def test_futures_come_to_those_who_asked_for_them(simulator: Simulator, okx: Talk) -> None:
    await simulator.send("okx", "BTC-USD-261225", "short", price=83_000, size=7)
    assert await okx.is_quiet()
    await okx.ask(op="subscribe", args=[FUTURES])
    await simulator.send("okx", "BTC-USD-261225", "short", price=83_000, size=7)
    [detail] = (await okx.read())["data"][0]["details"]
    assert (detail["side"], detail["posSide"]) == ("buy", "short")


async def test_contract_lists_tell_sizes(simulator: Simulator) -> None:
    url = simulator.url("okx") + "/api/v5/public/instruments?instType="
    rows = {row["instId"]: row for row in (await get(url + "SWAP"))[1]["data"]}
    assert (rows["BTC-USDT-SWAP"]["ctVal"], rows["BTC-USDT-SWAP"]["ctValCcy"]) == ("0.01", "BTC")
    assert (rows["BTC-USD-SWAP"]["ctVal"], rows["BTC-USD-SWAP"]["ctValCcy"]) == ("100", "USD")
    assert not any(name.endswith("261225") for name in rows)
    assert (await get(url + "SPOT"))[1]["code"] == "51000"


async def test_history_pages_back_through_what_was_sent(
    simulator: Simulator, okx: Talk, clock: Clock
) -> None:
    now = int(clock.now * 1000)
    for ago in (3, 2, 1):
        await simulator.send(
            "okx", "BTC-USDT-SWAP", "long", price=82_000 + ago, size=1, time_ms=now - ago
        )
    url = simulator.url("okx") + ORDERS + "&instFamily=BTC-USDT"

    async def times(more: str) -> list[int]:
        data = (await get(url + more))[1]["data"]
        return [now - int(d["ts"]) for item in data for d in item["details"]]

    assert await times("") == [1, 2, 3]
    assert await times("&limit=2") == [1, 2]
    assert await times(f"&after={now - 2}") == [3]
    assert await times(f"&before={now - 2}") == [1]


@pytest.mark.parametrize("query", ["", "&instFamily=BTC-USDT&after=x"])
async def test_a_bad_history_request_is_refused_inside_a_200(
    simulator: Simulator, query: str
) -> None:
    status, body = await get(simulator.url("okx") + ORDERS + query)
    assert (status, body["code"]) == (200, "51000")
