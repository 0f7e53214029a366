"""Lighter on loopback: greeting, replay, pings both ways, refusals, the market list."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from exchanges.simulator import Simulator

from .conftest import Clock, Talk, get, talk


@pytest.fixture
async def simulator(clock: Clock) -> AsyncIterator[Simulator]:
    async with Simulator(seed=1, rate=0, exchanges=["lighter"], clock=clock) as running:
        yield running


@asynccontextmanager
async def connected(simulator: Simulator) -> AsyncIterator[Talk]:
    async with talk(simulator, "lighter", "/stream?readonly=true") as socket:
        assert (await socket.read())["type"] == "connected"
        yield socket


async def test_subscribing_sends_the_newest_trades_again(simulator: Simulator) -> None:
    async with connected(simulator) as first, connected(simulator) as second:
        answer = await first.ask(type="subscribe", channel="trade/1")
        assert (answer["type"], answer["channel"]) == ("subscribed/trade", "trade:1")
        assert answer["liquidation_trades"] == []
        await simulator.send("lighter", "1", "short", price=82000.5, size=0.01664)
        push = await first.read()
        again = await second.ask(type="subscribe", channel="trade/1")
    [row] = push["liquidation_trades"]
    assert (push["type"], row["is_maker_ask"], row["size"]) == ("update/trade", True, "0.01664")
    assert float(row["usd_amount"]) == pytest.approx(82000.5 * 0.01664)
    assert again["liquidation_trades"] == [row]


@pytest.mark.parametrize("channel", ["trade/999", "trade/x", "ticker/1", ""])
async def test_a_channel_that_is_none_is_refused(simulator: Simulator, channel: str) -> None:
    async with connected(simulator) as socket:
        answer = await socket.ask(type="subscribe", channel=channel)
        assert answer["error"]["code"] == 30005
        assert (await socket.ask(type="ping"))["type"] == "pong"


async def test_a_channel_can_be_subscribed_once(simulator: Simulator) -> None:
    async with connected(simulator) as socket:
        await socket.ask(type="subscribe", channel="trade/0")
        answer = await socket.ask(type="subscribe", channel="trade/0")
        assert answer["error"]["code"] == 30003
        assert (await socket.ask(type="dance"))["error"]["code"] == 30004


async def test_the_venue_asks_whether_one_lives_and_cuts_who_says_nothing(
    simulator: Simulator, clock: Clock
) -> None:
    async with connected(simulator) as socket:
        clock.now += 60
        assert await socket.read() == {"type": "ping"}
        await socket.socket.send('{"type":"pong"}')
        assert await socket.is_quiet()
        clock.now += 120
        assert await socket.is_cut()


async def test_markets_are_listed_by_number(simulator: Simulator) -> None:
    _, body = await get(simulator.url("lighter") + "/api/v1/orderBookDetails")
    listed = {row["market_id"]: row["symbol"] for row in body["order_book_details"]}
    assert (listed[0], listed[1]) == ("ETH", "BTC")
    assert body["spot_order_book_details"] == []
