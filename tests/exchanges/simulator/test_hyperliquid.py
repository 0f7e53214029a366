"""Hyperliquid on loopback: followed users, snapshots, refusals, and what `/info` tells."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from exchanges.simulator import Simulator
from exchanges.simulator.venues.hyperliquid import HLP, LIQUIDATORS, STRATEGIES, VAULTS

from .conftest import Clock, Talk, post, talk


@pytest.fixture
async def simulator(clock: Clock) -> AsyncIterator[Simulator]:
    async with Simulator(seed=1, rate=0, exchanges=["hyperliquid"], clock=clock) as running:
        yield running


async def follow(socket: Talk, user: str) -> Any:
    return await socket.ask(method="subscribe", subscription={"type": "userFills", "user": user})


async def info(simulator: Simulator, **query: Any) -> Any:
    status, body = await post(simulator.url("hyperliquid") + "/info", query)
    assert status == 200
    return body


async def test_a_vault_sees_the_other_side_of_what_is_liquidated(simulator: Simulator) -> None:
    async with talk(simulator, "hyperliquid", "/ws") as socket:
        for user in VAULTS:
            assert (await follow(socket, user))["channel"] == "subscriptionResponse"
            assert (await socket.read())["data"] == {"isSnapshot": True, "user": user, "fills": []}
        fills = {}
        for coin in ("BTC", "ETH", "SOL", "DOGE", "kPEPE", "LINK"):
            await simulator.send("hyperliquid", coin, "long", price=10, size=2)
            data = (await socket.read())["data"]
            fills[data["user"]] = data["fills"][0]
    assert {fill["side"] for fill in fills.values()} == {"B"}
    for user, fill in fills.items():
        is_backstop = user in LIQUIDATORS
        assert fill["liquidation"]["method"] == ("backstop" if is_backstop else "market")
        assert fill["crossed"] is is_backstop
    assert set(fills) & set(LIQUIDATORS) and set(fills) & set(STRATEGIES)


async def test_following_sends_what_was_sent_before(simulator: Simulator) -> None:
    async with talk(simulator, "hyperliquid", "/ws") as first:
        [user] = simulator._host("hyperliquid").venue.topics(_contract(simulator, "BTC"))
        await follow(first, user)
        await first.read()
        await simulator.send("hyperliquid", "BTC", "short", price=82000, size=0.5)
        sent = (await first.read())["data"]["fills"]
        async with talk(simulator, "hyperliquid", "/ws") as second:
            await follow(second, user)
            snapshot = (await second.read())["data"]
    assert (snapshot["isSnapshot"], snapshot["fills"]) == (True, sent)
    told = await info(simulator, type="userFillsByTime", user=user, startTime=sent[0]["time"])
    later = await info(simulator, type="userFillsByTime", user=user, startTime=sent[0]["time"] + 1)
    assert (told, later) == (sent, [])


def _contract(simulator: Simulator, coin: str) -> Any:
    return simulator._host("hyperliquid").venue.contracts[coin]


async def test_no_more_than_ten_users_can_be_followed(simulator: Simulator) -> None:
    async with talk(simulator, "hyperliquid", "/ws") as socket:
        for number in range(10):
            await follow(socket, f"0x{number:040x}")
            await socket.read()
        assert "more than 10" in (await follow(socket, f"0x{99:040x}"))["data"]
        assert "Already subscribed" in (await follow(socket, f"0x{1:040x}"))["data"]


@pytest.mark.parametrize(
    "request_",
    [
        {"method": "subscribe", "subscription": {"type": "liquidations"}},
        {"method": "subscribe", "subscription": {"type": "userFills", "user": "me"}},
        {"method": "subscribe"},
        {"hello": 1},
    ],
)
async def test_what_is_no_request_is_refused(simulator: Simulator, request_: Any) -> None:
    async with talk(simulator, "hyperliquid", "/ws") as socket:
        answer = await socket.ask(**request_)
        assert answer["channel"] == "error" and "Error parsing JSON" in answer["data"]
        assert await socket.ask(method="ping") == {"channel": "pong"}


async def test_an_unknown_coin_ends_the_connection(simulator: Simulator) -> None:
    async with talk(simulator, "hyperliquid", "/ws") as socket:
        subscription = {"type": "trades", "coin": "BTC"}
        assert (await socket.ask(method="subscribe", subscription=subscription))["data"]
        await socket.socket.send('{"method":"subscribe","subscription":{"type":"trades"}}')
        assert await socket.is_cut()


async def test_a_silent_client_is_cut_after_a_minute(simulator: Simulator, clock: Clock) -> None:
    async with talk(simulator, "hyperliquid", "/ws") as socket:
        await follow(socket, VAULTS[0])
        clock.now += 60
        assert await socket.is_cut()


async def test_info_tells_contracts_dexes_and_vaults(simulator: Simulator) -> None:
    meta = await info(simulator, type="meta")
    assert {"BTC", "kPEPE"} <= {row["name"] for row in meta["universe"]}
    assert await info(simulator, type="perpDexs") == [None]
    vault = await info(simulator, type="vaultDetails", vaultAddress=HLP)
    assert vault["relationship"]["data"]["childAddresses"] == list(VAULTS)
