"""Deribit on loopback: JSON-RPC answers, heartbeats on request, ordinary trades beside."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from exchanges.simulator import Simulator

from .conftest import Clock, get, talk

SOCKET = "/ws/api/v2"
BTC = "trades.future.BTC.100ms"


@pytest.fixture
async def simulator(clock: Clock) -> AsyncIterator[Simulator]:
    async with Simulator(seed=1, rate=0, exchanges=["deribit"], clock=clock) as running:
        yield running


async def test_the_answer_lists_the_channels_it_accepted(simulator: Simulator) -> None:
    async with talk(simulator, "deribit", SOCKET) as deribit:
        channels = [BTC, "trades.future.BTC.raw", "book.BTC-PERPETUAL.100ms", 7]
        answer = await deribit.ask(id=1, method="public/subscribe", params={"channels": channels})
    assert answer == {"jsonrpc": "2.0", "id": 1, "result": [BTC]}


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"method": "public/subscribe", "params": {"channels": BTC}}, -32602),
        ({"method": "public/subscribe", "params": []}, -32602),
        ({"method": "public/set_heartbeat", "params": {"interval": 5}}, -32602),
        ({"method": "public/dance"}, -32601),
        ({"method": 7}, -32600),
    ],
)
async def test_what_is_no_request_is_an_error(
    simulator: Simulator, request_: dict[str, object], code: int
) -> None:
    async with talk(simulator, "deribit", SOCKET) as deribit:
        assert (await deribit.ask(id=9, **request_))["error"]["code"] == code


async def test_liquidations_are_flagged_trades_among_others(simulator: Simulator) -> None:
    async with talk(simulator, "deribit", SOCKET) as deribit:
        await deribit.ask(id=1, method="public/subscribe", params={"channels": [BTC]})
        row = await simulator.send("deribit", "BTC-PERPETUAL", "long", price=80_000, size=40)
        params = (await deribit.read())["params"]
    ordinary, forced = params["data"]
    assert params["channel"] == BTC and "liquidation" not in ordinary
    assert (forced["amount"], forced["contracts"]) == (400.0, 40.0)
    assert forced["direction"] == ("sell" if forced["liquidation"] == "T" else "buy")
    assert simulator.totals()["deribit"] == {"events": 1, "value_usd": row.value_usd}


async def test_both_roles_occur_and_their_directions_are_opposite(simulator: Simulator) -> None:
    seen = set()
    async with talk(simulator, "deribit", SOCKET) as deribit:
        await deribit.ask(id=1, method="public/subscribe", params={"channels": [BTC]})
        for _ in range(8):
            await simulator.send("deribit", "BTC-PERPETUAL", "short", price=80_000, size=1)
            forced = (await deribit.read())["params"]["data"][1]
            seen.add((forced["liquidation"], forced["direction"]))
    assert seen == {("T", "buy"), ("M", "sell")}


async def test_a_test_request_comes_when_wanted_and_must_be_answered(
    simulator: Simulator, clock: Clock
) -> None:
    async with talk(simulator, "deribit", SOCKET) as deribit:
        clock.now += 60
        assert await deribit.is_quiet()
        beat = {"interval": 30}
        answer = await deribit.ask(id=2, method="public/set_heartbeat", params=beat)
        assert answer["result"] == "ok"
        clock.now += 30
        assert (await deribit.read())["params"] == {"type": "test_request"}
        assert "version" in (await deribit.ask(id=3, method="public/test"))["result"]
        clock.now += 30
        assert (await deribit.read())["params"] == {"type": "test_request"}
        clock.now += 30
        assert await deribit.is_cut()


async def test_trades_of_a_currency_come_page_by_page(simulator: Simulator, clock: Clock) -> None:
    async with talk(simulator, "deribit", SOCKET) as deribit:
        await deribit.ask(id=1, method="public/subscribe", params={"channels": [BTC]})
        for _ in range(3):
            clock.now += 1
            await simulator.send("deribit", "BTC-PERPETUAL", "short", price=80_000, size=1)
    url = f"{simulator.url('deribit')}/api/v2/public/get_last_trades_by_currency_and_time"
    _, some = await get(f"{url}?currency=BTC&kind=future&sorting=asc&count=2")
    _, none = await get(f"{url}?currency=ETH&kind=future&sorting=asc&count=2")
    assert some["result"]["has_more"] and len(some["result"]["trades"]) == 2
    assert none["result"] == {"trades": [], "has_more": False}
