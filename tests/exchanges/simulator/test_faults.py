"""Each fault, on real sockets: what still works and what no longer does."""

from __future__ import annotations

import asyncio
import json

import pytest
import websockets

from exchanges.simulator import Simulator, SimulatorError
from exchanges.simulator import client as client_module

from .conftest import ALL_LIQUIDATIONS, Clock, Talk, eventually, get, talk, talk_bybit


async def send_one(simulator: Simulator, size: float = 1.0) -> None:
    await simulator.send("bybit", "BTCUSDT", "long", price=82000, size=size)


def events(simulator: Simulator) -> float:
    return simulator.totals()["bybit"]["events"]


async def test_drop_cuts_and_lets_in_again(simulator: Simulator) -> None:
    async with talk_bybit(simulator, "BTCUSDT") as bybit:
        await simulator.fault("bybit", "drop")
        assert await bybit.is_cut()
        assert bybit.socket.close_code == 1006
    async with talk_bybit(simulator, "BTCUSDT") as again:
        await send_one(simulator)
        assert (await again.read())["data"]
    assert simulator.faults() == []


async def test_what_was_sent_before_a_drop_still_arrives(simulator: Simulator) -> None:
    async with talk_bybit(simulator, "BTCUSDT") as bybit:
        for _ in range(20):
            await send_one(simulator)
        await simulator.fault("bybit", "drop")
        assert len(await bybit.waiting(20)) == events(simulator) == 20


async def test_a_stalled_venue_says_nothing_and_keeps_the_connection(simulator: Simulator) -> None:
    async with talk_bybit(simulator, "BTCUSDT") as bybit:
        await simulator.fault("bybit", "stall", None)
        await send_one(simulator)
        await bybit.socket.send('{"op":"ping"}')
        pong = asyncio.ensure_future(await bybit.socket.ping())
        assert await bybit.is_quiet()
        assert not pong.done() and events(simulator) == 0
        pong.cancel()


async def test_a_stalled_venue_opens_connections_and_then_hangs(simulator: Simulator) -> None:
    await simulator.fault("bybit", "stall", None)
    async with talk(simulator, "bybit", "/v5/public/linear") as bybit:
        await bybit.socket.send('{"op":"subscribe","args":["allLiquidation.BTCUSDT"]}')
        assert await bybit.is_quiet()


async def test_a_stalled_venue_answers_requests_when_it_is_well_again(
    simulator: Simulator,
) -> None:
    await simulator.fault("bybit", "stall", None)
    asked = asyncio.create_task(get(simulator.url("bybit") + "/v5/market/time"))
    await asyncio.sleep(0.05)
    assert not asked.done()
    await simulator.fault("bybit", "none")
    assert (await asked)[0] == 200


async def test_a_silent_venue_acknowledges_and_delivers_nothing(simulator: Simulator) -> None:
    await simulator.fault("bybit", "silent", None)
    async with talk_bybit(simulator, "BTCUSDT") as bybit:
        await send_one(simulator)
        assert (await bybit.ask(op="ping"))["ret_msg"] == "pong"
        await (await bybit.socket.ping())
        assert events(simulator) == 0


async def frames_until(bybit: Talk, size: str) -> list[str]:
    """Return the frames up to the real one of this size."""
    frames = [await bybit.text()]
    while f'"v":"{size}"' not in frames[-1] or not is_json(frames[-1]):
        frames.append(await bybit.text())
    return frames


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


async def test_garbage_comes_beside_the_real_frames(simulator: Simulator) -> None:
    async with talk_bybit(simulator, "BTCUSDT") as bybit:
        await simulator.fault("bybit", "garbage", None)
        frames: list[str] = []
        for number in range(1, 7):
            await send_one(simulator, number)
            frames += await frames_until(bybit, f"{number}.000")
    assert sum('"v":"' in f and is_json(f) and '"many"' not in f for f in frames) == 6
    assert any(not is_json(frame) for frame in frames)
    assert any('"many"' in frame for frame in frames)
    assert "[]" in frames and "null" in frames
    assert events(simulator) == 6


async def test_a_duplicate_is_sent_twice_and_counted_once(simulator: Simulator) -> None:
    async with talk_bybit(simulator, "BTCUSDT") as bybit:
        await simulator.fault("bybit", "duplicate", None)
        await send_one(simulator)
        assert await bybit.text() == await bybit.text()
        assert await bybit.is_quiet()
        assert events(simulator) == 1


async def test_403_refuses_handshakes_and_requests(simulator: Simulator) -> None:
    async with talk_bybit(simulator, "BTCUSDT") as bybit:
        await simulator.fault("bybit", "403", None)
        assert await bybit.is_cut()
    with pytest.raises(websockets.InvalidStatus, match="403"):
        async with talk_bybit(simulator, "BTCUSDT"):
            pass
    with pytest.raises(ValueError):
        await get(simulator.url("bybit") + "/v5/market/time")
    assert (await get(simulator.url("binance") + "/fapi/v1/ping"))[0] == 200


async def test_a_slow_venue_delays_every_frame(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "SLOW_SECONDS", 0.3)
    async with talk_bybit(simulator, "BTCUSDT") as bybit:
        await simulator.fault("bybit", "slow", None)
        await bybit.socket.send('{"op":"ping"}')
        assert await bybit.is_quiet()
        assert (await bybit.read())["ret_msg"] == "pong"


async def test_a_fault_ends_by_itself(simulator: Simulator, clock: Clock) -> None:
    async with talk_bybit(simulator, "BTCUSDT") as bybit:
        await simulator.fault("bybit", "silent", 5)
        clock.now += 4
        assert simulator.faults() == [{"exchange": "bybit", "fault": "silent", "seconds_left": 1.0}]
        clock.now += 1
        assert simulator.faults() == []
        await send_one(simulator)
        assert (await bybit.read())["data"]


async def test_a_fault_on_all_venues_and_its_end(simulator: Simulator) -> None:
    async with talk(simulator, "binance", ALL_LIQUIDATIONS) as binance:
        await simulator.fault("*", "drop")
        assert await binance.is_cut()
    await simulator.fault("*", "silent", None)
    assert [fault["exchange"] for fault in simulator.faults()] == ["binance", "bybit"]
    await simulator.fault("binance", "none")
    assert [fault["exchange"] for fault in simulator.faults()] == ["bybit"]


async def test_an_unknown_fault_is_refused(simulator: Simulator) -> None:
    with pytest.raises(SimulatorError, match="must be one of"):
        await simulator.fault("bybit", "melt")


async def test_a_reader_far_behind_is_cut(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "LONGEST_BACKLOG", 10)
    monkeypatch.setattr(client_module, "SLOW_SECONDS", 60.0)
    async with talk_bybit(simulator, "BTCUSDT") as bybit:
        await simulator.fault("bybit", "slow", None)
        for _ in range(11):
            await bybit.socket.send('{"op":"ping"}')
        assert await bybit.is_cut()
    await eventually(lambda: simulator.sockets("bybit") == 0)
