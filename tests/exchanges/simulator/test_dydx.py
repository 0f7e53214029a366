"""dYdX on loopback: greeting, snapshots, batches, refusals, limits, the tape over REST."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from exchanges.simulator import Simulator
from exchanges.simulator.venues import dydx

from .conftest import Clock, Talk, get, talk


@pytest.fixture
async def simulator(clock: Clock) -> AsyncIterator[Simulator]:
    async with Simulator(seed=1, rate=0, exchanges=["dydx"], clock=clock) as running:
        yield running


@asynccontextmanager
async def connected(simulator: Simulator) -> AsyncIterator[Talk]:
    async with talk(simulator, "dydx", "/v4/ws") as socket:
        assert (await socket.read())["type"] == "connected"
        yield socket


async def subscribe(socket: Talk, market: str, **fields: Any) -> Any:
    return await socket.ask(type="subscribe", channel="v4_trades", id=market, **fields)


async def test_subscribing_sends_the_newest_trades(simulator: Simulator) -> None:
    async with connected(simulator) as first, connected(simulator) as second:
        answer = await subscribe(first, "BTC-USD")
        assert (answer["type"], answer["contents"]) == ("subscribed", {"trades": []})
        await simulator.send("dydx", "BTC-USD", "long", price=82000, size=0.25)
        [trade] = (await first.read())["contents"]["trades"]
        trades = (await subscribe(second, "BTC-USD"))["contents"]["trades"]
    assert (trade["side"], trade["type"], trade["size"]) == ("SELL", "LIQUIDATED", "0.2500")
    assert [t["type"] for t in trades] == ["LIMIT", "LIQUIDATED"]
    assert trades[1] == trade


async def test_batches_come_as_a_list(simulator: Simulator) -> None:
    async with connected(simulator) as socket:
        await subscribe(socket, "ETH-USD", batched=True)
        await simulator.send("dydx", "ETH-USD", "short", price=2900, size=1)
        push = await socket.read()
    assert push["type"] == "channel_batch_data"
    assert push["contents"][0]["trades"][0]["side"] == "BUY"


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        ({"type": "subscribe", "channel": "v4_trades", "id": "X-USD"}, "Invalid subscription id"),
        ({"type": "subscribe", "channel": "v4_candles", "id": "BTC-USD"}, "Invalid channel"),
        ({"type": "dance"}, "Invalid message"),
    ],
)
async def test_refusals_say_why(simulator: Simulator, request_: Any, text: str) -> None:
    async with connected(simulator) as socket:
        answer = await socket.ask(**request_)
    assert answer["type"] == "error" and text in answer["message"]


async def test_a_market_can_be_subscribed_once(simulator: Simulator) -> None:
    async with connected(simulator) as socket:
        await subscribe(socket, "BTC-USD")
        assert "already subscribed" in (await subscribe(socket, "BTC-USD"))["message"]


async def test_a_socket_holds_so_many_markets(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dydx, "MARKETS_PER_SOCKET", 1)
    async with connected(simulator) as socket:
        await subscribe(socket, "BTC-USD")
        assert "limit reached" in (await subscribe(socket, "ETH-USD"))["message"]


async def test_trades_come_newest_first_up_to_a_block_or_a_time(
    simulator: Simulator, clock: Clock
) -> None:
    async with connected(simulator) as socket:
        await subscribe(socket, "BTC-USD")
        for price in (80000, 81000, 82000):
            clock.now += 10
            await simulator.send("dydx", "BTC-USD", "long", price=price, size=1)
    url = simulator.url("dydx") + "/v4/trades/perpetualMarket/BTC-USD"
    _, all_of_them = await get(url)
    forced = [t for t in all_of_them["trades"] if t["type"] == "LIQUIDATED"]
    assert [trade["price"] for trade in forced] == ["82000", "81000", "80000"]
    second = forced[1]
    for query in (
        f"createdBeforeOrAtHeight={second['createdAtHeight']}",
        f"createdBeforeOrAt={second['createdAt']}",
    ):
        _, body = await get(f"{url}?limit=2&{query}")
        assert [trade["price"] for trade in body["trades"]] == ["81000", "81000"]


async def test_markets_time_and_height(simulator: Simulator, clock: Clock) -> None:
    _, markets = await get(simulator.url("dydx") + "/v4/perpetualMarkets")
    assert markets["markets"]["BTC-USD"]["status"] == "ACTIVE"
    _, time = await get(simulator.url("dydx") + "/v4/time")
    assert time["epoch"] == clock.now
    _, height = await get(simulator.url("dydx") + "/v4/height")
    assert height["height"] == str(int(clock.now))
