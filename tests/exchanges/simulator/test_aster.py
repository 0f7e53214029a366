"""Aster on loopback: Binance's form on un-routed addresses, without `st`."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from exchanges.simulator import Simulator

from .conftest import Clock, get, talk

ALL = "!forceOrder@arr"


@pytest.fixture
async def simulator(clock: Clock) -> AsyncIterator[Simulator]:
    async with Simulator(seed=1, rate=0, exchanges=["aster"], clock=clock) as running:
        yield running


async def test_a_raw_stream_is_not_wrapped_and_names_no_market(
    simulator: Simulator, clock: Clock
) -> None:
    async with talk(simulator, "aster", f"/ws/{ALL}") as aster:
        await simulator.send("aster", "BTCUSDT", "long", price=82_000, size=0.5)
        event = await aster.read()
    order = event["o"]
    assert (event["e"], order["S"], order["ap"], order["z"]) == (
        "forceOrder",
        "SELL",
        "82000.0",
        "0.500",
    )
    assert float(order["p"]) < 82_000 and order["T"] == int(clock.now * 1000)
    assert "st" not in event and "st" not in order


async def test_a_combined_stream_is_wrapped(simulator: Simulator) -> None:
    async with talk(simulator, "aster", f"/stream?streams={ALL}") as aster:
        await simulator.send("aster", "BTCUSD1", "short", price=82_000, size=0.5)
        frame = await aster.read()
    assert (frame["stream"], frame["data"]["o"]["S"]) == (ALL, "BUY")


async def test_requests_are_answered_by_their_id(simulator: Simulator) -> None:
    async with talk(simulator, "aster", f"/ws/{ALL}") as aster:
        assert await aster.ask(method="LIST_SUBSCRIPTIONS", id=7) == {"result": [ALL], "id": 7}
        answer = await aster.ask(method="UNSUBSCRIBE", params=[ALL], id=8)
        assert answer == {"result": None, "id": 8}
        assert await aster.ask(method="LIST_SUBSCRIPTIONS", id=9) == {"result": [], "id": 9}


@pytest.mark.parametrize(
    "text", ["hello", "[]", '{"method":"DANCE","id":1}', '{"method":"SUBSCRIBE","params":[]}']
)
async def test_what_is_no_request_is_an_error(simulator: Simulator, text: str) -> None:
    async with talk(simulator, "aster", "/ws") as aster:
        await aster.socket.send(text)
        assert (await aster.read())["code"] in (2, 3)


async def test_the_contract_list_answers_in_v3(simulator: Simulator, clock: Clock) -> None:
    url = simulator.url("aster") + "/fapi/v3/"
    rows = {row["symbol"]: row for row in (await get(url + "exchangeInfo"))[1]["symbols"]}
    assert rows["BTCUSD1"]["quoteAsset"] == "USD1" and "contractSize" not in rows["BTCUSDT"]
    assert (await get(url + "time"))[1] == {"serverTime": int(clock.now * 1000)}
