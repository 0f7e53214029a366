"""Further faults: shuffled, halved, misdated, impossible and huge frames; refusals with a wait."""

from __future__ import annotations

import json
import math

import pytest
import websockets
from aiohttp import ClientSession

from exchanges.simulator import Simulator
from exchanges.simulator import client as client_module
from exchanges.simulator.market import Market
from exchanges.simulator.nonsense import KINDS, nonsense
from exchanges.simulator.venues import choose, venue_types

from .conftest import LINEAR, Clock, eventually, talk, talk_bybit

NOW = 1_795_000_000.0
MIB = 1 << 20


async def send_one(simulator: Simulator, size: float = 1.0) -> None:
    await simulator.send("bybit", "BTCUSDT", "long", price=82_000, size=size)


def events(simulator: Simulator) -> float:
    return simulator.totals()["bybit"]["events"]


async def test_reordered_frames_all_arrive_in_another_order(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "REORDER_SECONDS", 0.05)
    async with talk_bybit(simulator, "BTCUSDT") as bybit:
        await simulator.fault("bybit", "reorder", None)
        for number in range(1, 31):
            await send_one(simulator, number)
            await simulator.send_frame("bybit", json.dumps({"number": number}))
        rest = [frame for frame in await bybit.waiting(60) if "data" in frame]
        assert sorted(float(f["data"][0]["v"]) for f in rest) == list(range(1, 31))
        assert events(simulator) == 30


async def test_frames_that_wait_leave_shuffled(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "REORDER_SECONDS", 0.05)
    async with talk_bybit(simulator, "BTCUSDT") as bybit:
        await simulator.fault("bybit", "reorder", None)
        host = simulator._hosts["bybit"]
        for number in range(40):
            host.pass_on(json.dumps({"number": number}), None)
        numbers = [frame["number"] for frame in await bybit.waiting(40)]
    assert sorted(numbers) == list(range(40)) and numbers != list(range(40))


async def test_half_frames_are_not_counted_as_sent(simulator: Simulator) -> None:
    async with talk_bybit(simulator, "BTCUSDT") as bybit:
        await simulator.fault("bybit", "half", None)
        await send_one(simulator)
        with pytest.raises(ValueError):
            json.loads(await bybit.text())
        await simulator.fault("bybit", "none")
        await send_one(simulator)
        assert (await bybit.read())["data"]
    assert events(simulator) == 1
    assert [entry["is_written"] for part in simulator.sent("bybit") for entry in part] == [
        False,
        True,
    ]


@pytest.mark.parametrize(("fault", "shift"), [("clock_ahead", 300_000), ("clock_behind", -300_000)])
async def test_a_clock_that_is_off_misdates_events_and_frames(
    simulator: Simulator, clock: Clock, fault: str, shift: int
) -> None:
    now_ms = int(clock.now * 1000)
    async with talk_bybit(simulator, "BTCUSDT") as bybit:
        await simulator.fault("bybit", fault, None)
        await send_one(simulator)
        frame = await bybit.read()
    assert (frame["ts"], frame["data"][0]["T"]) == (now_ms + shift, now_ms + shift)
    [[entry]] = simulator.sent("bybit")
    assert (entry["time_ms"], entry["told_ms"]) == (now_ms + shift, now_ms)


@pytest.mark.parametrize(("fault", "status"), [("429", 429), ("ban", 418)])
async def test_a_refusal_says_when_to_come_back(
    simulator: Simulator, clock: Clock, fault: str, status: int
) -> None:
    async with talk_bybit(simulator, "BTCUSDT") as bybit:
        await simulator.fault("bybit", fault, 20)
        assert await bybit.is_cut()
    clock.now += 7.5
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with talk_bybit(simulator, "BTCUSDT"):
            pass
    assert refused.value.response.status_code == status
    assert refused.value.response.headers["Retry-After"] == "13"
    async with ClientSession() as http:
        answer = await http.get(simulator.url("bybit") + "/v5/market/time")
        assert (answer.status, answer.headers["Retry-After"]) == (status, "13")


async def test_a_venue_that_accepts_and_closes(simulator: Simulator) -> None:
    async with talk_bybit(simulator, "BTCUSDT") as bybit:
        await simulator.fault("bybit", "close", None)
        assert await bybit.is_cut()
    async with talk(simulator, "bybit", LINEAR) as again:
        assert await again.is_cut()
        assert again.socket.close_code == 1000
    await simulator.fault("bybit", "none")
    async with talk_bybit(simulator, "BTCUSDT"):
        pass


async def test_huge_frames_are_more_than_a_careful_client_takes(simulator: Simulator) -> None:
    url = simulator.ws_url("bybit") + LINEAR
    async with websockets.connect(url, max_size=8 * MIB, compression=None) as socket:
        await socket.send('{"op":"subscribe","args":["allLiquidation.BTCUSDT"]}')
        await socket.recv()
        await simulator.fault("bybit", "huge")
        frames = [str(await socket.recv()) for _ in range(4)]
    assert max(map(len, frames)) > MIB
    assert any(frame.startswith("[" * 1000) for frame in frames)
    assert any(len(json.loads(frame).get("data", ())) > 300_000 for frame in frames[2:])
    assert simulator.faults() == []


async def test_nonsense_comes_beside_the_real_frames(simulator: Simulator) -> None:
    async with talk_bybit(simulator, "BTCUSDT") as bybit:
        await simulator.fault("bybit", "nonsense", None)
        rows = []
        for number in range(1, len(KINDS) + 1):
            await send_one(simulator, number)
            rows += [(await bybit.read())["data"][0] for _ in range(2)]
    real = rows[::2]
    assert [float(row["v"]) for row in real] == list(range(1, len(KINDS) + 1))
    assert all(altered != row for row, altered in zip(real, rows[1::2], strict=True))
    assert {row["S"] for row in rows[1::2]} == {"Buy", "sideways"}
    assert any(math.isnan(float(row["p"])) for row in rows[1::2])
    assert events(simulator) == len(KINDS)


@pytest.mark.parametrize("name", venue_types())
@pytest.mark.parametrize("kind", KINDS)
def test_every_venue_can_send_nonsense(name: str, kind: str) -> None:
    venue = choose([name])[0]
    for row in Market([venue], seed=3, rate=0, start=NOW).burst(name, 20, NOW):
        frame = venue.frame(venue.topics(row.contract)[0], "", [row], int(NOW * 1000) + 5)
        altered = nonsense(frame, row, kind)
        is_signed = name in ("bitfinex", "gate", "lighter")
        if is_signed and kind in ("side unknown", "size negative"):
            assert altered is None
        else:
            assert altered is not None and json.loads(altered) != json.loads(frame)


async def test_a_fault_ends_and_frames_keep_their_order_again(simulator: Simulator) -> None:
    async with talk_bybit(simulator, "BTCUSDT") as bybit:
        for number in range(50):
            simulator._hosts["bybit"].pass_on(json.dumps({"number": number}), None)
        assert [frame["number"] for frame in await bybit.waiting(50)] == list(range(50))
    await eventually(lambda: simulator.sockets("bybit") == 0)
