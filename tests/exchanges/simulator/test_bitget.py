"""Bitget on loopback: the v3 topic delivers, the v2 channel only acknowledges."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from exchanges.simulator import Simulator

from .conftest import Clock, get, talk

V3, V2 = "/v3/ws/public", "/v2/ws/public"
USDT = {"instType": "usdt-futures", "topic": "liquidation"}
USDC = {"instType": "usdc-futures", "topic": "liquidation"}


@pytest.fixture
async def simulator(clock: Clock) -> AsyncIterator[Simulator]:
    async with Simulator(seed=1, rate=0, exchanges=["bitget"], clock=clock) as running:
        yield running


async def test_a_push_states_the_position_and_the_amount_in_the_quote_coin(
    simulator: Simulator, clock: Clock
) -> None:
    now = int(clock.now * 1000)
    async with talk(simulator, "bitget", V3) as bitget:
        answer = await bitget.ask(op="subscribe", args=[USDT])
        assert answer.pop("connId") and answer == {"event": "subscribe", "arg": USDT}
        await simulator.send("bitget", "BTCUSDT", "long", price=82_000.12, size=1_500.25)
        frame = await bitget.read()
    [row] = frame["data"]
    assert (frame["action"], frame["arg"], frame["ts"]) == ("update", USDT, now)
    assert row == {
        "symbol": "BTCUSDT",
        "side": "buy",
        "price": "82000.12",
        "amount": "1500.250000",
        "ts": str(now),
    }
    assert simulator.totals()["bitget"] == {"events": 1, "value_usd": 1500.25}


async def test_a_product_line_comes_only_to_those_who_asked_for_it(simulator: Simulator) -> None:
    async with talk(simulator, "bitget", V3) as bitget:
        await bitget.ask(op="subscribe", args=[USDC])
        await simulator.send("bitget", "BTCUSDT", "long", price=82_000, size=10)
        await simulator.send("bitget", "BTCPERP", "short", price=82_000, size=10)
        [row] = (await bitget.read())["data"]
    assert (row["symbol"], row["side"]) == ("BTCPERP", "sell")


async def test_v2_is_acknowledged_and_stays_silent(simulator: Simulator) -> None:
    async with talk(simulator, "bitget", V2) as bitget:
        arg = {"instType": "USDT-FUTURES", "channel": "liquidation", "instId": "BTCUSDT"}
        assert (await bitget.ask(op="subscribe", args=[arg]))["event"] == "subscribe"
        await simulator.send("bitget", "BTCUSDT", "long", price=82_000, size=10)
        assert await bitget.is_quiet()


@pytest.mark.parametrize("arg", [{"instType": "spot", "topic": "liquidation"}, {}, 7])
async def test_a_topic_that_is_none_is_an_error(simulator: Simulator, arg: Any) -> None:
    async with talk(simulator, "bitget", V3) as bitget:
        answer = await bitget.ask(op="subscribe", args=[arg])
    assert (answer["event"], answer["code"], answer["arg"]) == ("error", 30001, arg)


@pytest.mark.parametrize("text", ["hello", "[]", '{"op":"dance"}'])
async def test_what_is_no_request_is_an_error(simulator: Simulator, text: str) -> None:
    async with talk(simulator, "bitget", V3) as bitget:
        await bitget.socket.send(text)
        assert (await bitget.read())["event"] == "error"


async def test_text_pings_keep_a_socket_open(simulator: Simulator, clock: Clock) -> None:
    async with talk(simulator, "bitget", V3) as bitget:
        clock.now += 119
        await bitget.socket.send("ping")
        assert await bitget.text() == "pong"
        clock.now += 120
        assert await bitget.is_cut()


async def test_contract_lists_are_told_by_product_line(simulator: Simulator) -> None:
    url = simulator.url("bitget") + "/api/v3/market/instruments?category="
    rows = {row["symbol"]: row for row in (await get(url + "USDC-FUTURES"))[1]["data"]}
    assert set(rows) == {"BTCPERP", "ETHPERP"}
    assert (rows["BTCPERP"]["baseCoin"], rows["BTCPERP"]["quoteCoin"]) == ("BTC", "USDC")
    assert (await get(url + "SPOT"))[1]["code"] == "40020"
