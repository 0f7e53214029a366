"""HTX on loopback: gzip, pings that want their own ts back, product lines, repetitions."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from exchanges.simulator import Simulator

from .conftest import Clock, Talk, get, talk

LINEAR, COIN, DELIVERY = "/linear-swap-notification", "/swap-notification", "/notification"
ALL = {"op": "sub", "cid": "me", "topic": "public.*.liquidation_orders"}


@pytest.fixture
async def simulator(clock: Clock) -> AsyncIterator[Simulator]:
    async with Simulator(seed=1, rate=0, exchanges=["htx"], clock=clock) as running:
        yield running


async def read(htx: Talk) -> Any:
    """Return the JSON of the next frame, which must be gzip."""
    packed = await htx.socket.recv()
    assert isinstance(packed, bytes)
    return json.loads(gzip.decompress(packed))


async def ask(htx: Talk, request: dict[str, Any]) -> Any:
    await htx.socket.send(json.dumps(request))
    return await read(htx)


async def test_a_subscription_is_acknowledged_and_a_repetition_noticed(
    simulator: Simulator,
) -> None:
    async with talk(simulator, "htx", COIN) as htx:
        first = await ask(htx, ALL)
        assert (first["op"], first["topic"], first["err-code"]) == ("sub", ALL["topic"], 0)
        assert isinstance(first["ts"], int)
        again = await ask(htx, ALL)
        assert (again["err-code"], again["err-msg"]) == (2014, "Repeated subscription.")
        assert (await ask(htx, {"op": "sub", "topic": "public.x"}))["err-code"] == 2011
        assert (await ask(htx, {"op": "dance"}))["err-code"] == 2011


async def test_dated_linear_contracts_come_only_to_who_asks_for_all(simulator: Simulator) -> None:
    async with talk(simulator, "htx", LINEAR) as swaps, talk(simulator, "htx", LINEAR) as all_:
        await ask(swaps, ALL)
        await ask(all_, ALL | {"business_type": "all"})
        await simulator.send("htx", "BTC-USDT-261225", "long", price=80_000, size=10)
        assert (await read(all_))["topic"] == "public.BTC-USDT-261225.liquidation_orders"
        assert await swaps.is_quiet()


async def test_each_product_line_has_a_socket_of_its_own(simulator: Simulator) -> None:
    async with talk(simulator, "htx", COIN) as swap, talk(simulator, "htx", DELIVERY) as delivery:
        await ask(swap, ALL)
        await ask(delivery, ALL)
        await simulator.send("htx", "BTC261225", "short", price=80_000, size=3)
        frame = await read(delivery)
        assert frame["topic"] == "public.BTC.liquidation_orders"
        assert frame["data"][0]["direction"] == "buy"
        assert await swap.is_quiet()


async def test_a_ping_has_a_text_for_a_time_and_wants_it_back(
    simulator: Simulator, clock: Clock
) -> None:
    async with talk(simulator, "htx", COIN) as htx:
        for _ in range(12):
            clock.now += 5
            ping = await read(htx)
            assert ping == {"op": "ping", "ts": str(int(clock.now * 1000))}
            await htx.socket.send(json.dumps({"op": "pong", "ts": ping["ts"]}))
            # An answer shows that the pong before it was heard.
            await ask(htx, {"op": "dance"})


async def test_five_pings_not_answered_in_kind_close_the_socket(
    simulator: Simulator, clock: Clock
) -> None:
    async with talk(simulator, "htx", COIN) as htx:
        for _ in range(5):
            clock.now += 5
            ping = await read(htx)
            await htx.socket.send(json.dumps({"op": "pong", "ts": int(ping["ts"])}))
        clock.now += 5
        assert (await read(htx))["op"] == "close"
        assert await htx.is_cut()


async def test_equal_rows_get_different_times(simulator: Simulator, clock: Clock) -> None:
    now = int(clock.now * 1000)
    async with talk(simulator, "htx", LINEAR) as htx:
        await ask(htx, ALL)
        times = []
        for _ in range(3):
            await simulator.send("htx", "BTC-USDT", "long", price=80_000, size=10)
            times += [row["created_at"] for row in (await read(htx))["data"]]
    assert times == [now, now + 1, now + 2]


async def test_history_refuses_long_windows_and_unknown_contracts(simulator: Simulator) -> None:
    url = simulator.url("htx") + "/v5/market/liquidation_orders"
    _, long = await get(f"{url}?contract_code=BTC-USDT&start_time=0&end_time=7200001")
    _, unknown = await get(f"{url}?contract_code=NO-USDT&start_time=0&end_time=1")
    assert long["code"] != 200 and "window" in long["message"]
    assert unknown["code"] != 200 and "contract" in unknown["message"]
