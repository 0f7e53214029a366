"""Bitfinex on loopback: channel numbers, heartbeats, a liquidation told twice, its history."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from exchanges.simulator import Simulator

from .conftest import Clock, Talk, get, talk


@pytest.fixture
async def simulator(clock: Clock) -> AsyncIterator[Simulator]:
    async with Simulator(seed=1, rate=0, exchanges=["bitfinex"], clock=clock) as running:
        yield running


async def subscribe(bitfinex: Talk) -> int:
    """Return the number of the channel."""
    assert (await bitfinex.read())["event"] == "info"
    answer = await bitfinex.ask(event="subscribe", channel="status", key="liq:global")
    assert (answer["event"], answer["key"]) == ("subscribed", "liq:global")
    return int(answer["chanId"])


async def test_each_socket_gets_rows_under_its_own_channel(simulator: Simulator) -> None:
    async with (
        talk(simulator, "bitfinex", "/ws/2") as one,
        talk(simulator, "bitfinex", "/ws/2") as two,
    ):
        channels = [await subscribe(one), await subscribe(two)]
        await simulator.send("bitfinex", "tBTCF0:USTF0", "short", price=80_000, size=0.5)
        frames = [await one.read(), await two.read()]
    assert channels[0] != channels[1]
    assert [frame[0] for frame in frames] == channels
    assert frames[0][1] == frames[1][1]
    whole, piece = frames[0][1]
    assert (whole[5], whole[8], whole[11]) == (-0.5, 0, 80_000.0)
    assert whole[6] != whole[11] and (piece[1], piece[8]) == (whole[1], 1)
    assert simulator.totals()["bitfinex"] == {"events": 1, "value_usd": 40_000.0}


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"event": "subscribe", "channel": "status", "key": "liq:none"}, 10300),
        ({"event": "subscribe", "channel": "book", "key": "liq:global"}, 10300),
        ({"event": "dance"}, 10000),
    ],
)
async def test_what_is_no_channel_is_refused(
    simulator: Simulator, request_: dict[str, str], code: int
) -> None:
    async with talk(simulator, "bitfinex", "/ws/2") as bitfinex:
        await bitfinex.read()
        answer = await bitfinex.ask(**request_)
        assert (answer["event"], answer["code"]) == ("error", code)


async def test_a_second_subscription_is_refused(simulator: Simulator) -> None:
    async with talk(simulator, "bitfinex", "/ws/2") as bitfinex:
        await subscribe(bitfinex)
        answer = await bitfinex.ask(event="subscribe", channel="status", key="liq:global")
        assert (answer["event"], answer["code"]) == ("error", 10301)


async def test_a_quiet_channel_has_a_heartbeat_and_a_ping_its_answer(
    simulator: Simulator, clock: Clock
) -> None:
    async with talk(simulator, "bitfinex", "/ws/2") as bitfinex:
        channel = await subscribe(bitfinex)
        clock.now += 14
        assert await bitfinex.is_quiet()
        clock.now += 1
        assert await bitfinex.read() == [channel, "hb"]
        pong = await bitfinex.ask(event="ping", cid=7)
        assert (pong["event"], pong["cid"]) == ("pong", 7)


async def test_history_has_both_rows_in_the_order_asked_for(
    simulator: Simulator, clock: Clock
) -> None:
    async with talk(simulator, "bitfinex", "/ws/2") as bitfinex:
        await subscribe(bitfinex)
        for _ in range(2):
            clock.now += 1
            await simulator.send("bitfinex", "tBTCF0:USTF0", "long", price=80_000, size=0.5)
    clock.now += 1
    url = f"{simulator.url('bitfinex')}/v2/liquidations/hist"
    _, rising = await get(f"{url}?sort=1")
    _, falling = await get(f"{url}?limit=1")
    times = [row[0][2] for row in rising]
    assert len(times) == 4 and times == sorted(times)
    assert falling == rising[-1:]
