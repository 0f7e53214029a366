"""`/control` over HTTP: what it does, and what it says of bad input."""

from __future__ import annotations

from typing import Any

import pytest

from exchanges.simulator import Simulator

from .conftest import eventually, get, post, talk_bybit


def control(simulator: Simulator, what: str) -> str:
    return f"http://127.0.0.1:{simulator.port}/control/{what}"


async def test_a_fault_can_be_set_seen_and_cleared(simulator: Simulator) -> None:
    url = control(simulator, "faults")
    in_force = {"faults": [{"exchange": "bybit", "fault": "silent", "seconds_left": 10.0}]}
    assert await post(url, {"exchange": "bybit", "fault": "silent"}) == (200, in_force)
    assert await get(url) == (200, in_force)
    assert await post(url, {"exchange": "*", "fault": "none"}) == (200, {"faults": []})


async def test_null_seconds_last_until_cleared(simulator: Simulator) -> None:
    body = {"exchange": "bybit", "fault": "403", "seconds": None}
    _, answer = await post(control(simulator, "faults"), body)
    assert answer["faults"][0]["seconds_left"] is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"exchange": "nobody", "fault": "drop"},
        {"exchange": 7, "fault": "drop"},
        {"exchange": "bybit", "fault": "melt"},
        {"exchange": "bybit", "fault": ["drop"]},
        {"exchange": "bybit", "fault": "drop", "seconds": -1},
        {"exchange": "bybit", "fault": "drop", "seconds": "ten"},
        {"exchange": "bybit", "fault": "drop", "seconds": True},
        {"exchange": "bybit", "fault": "drop", "seconds": 1e300},
        [],
        b"not json",
        b"[" * 100_000,
        b"\xff",
    ],
)
async def test_a_bad_fault_is_answered_with_one_sentence(simulator: Simulator, body: Any) -> None:
    status, answer = await post(control(simulator, "faults"), body)
    assert status == 400
    assert answer.keys() == {"detail"} and len(answer["detail"]) > 10
    assert simulator.faults() == []


async def test_totals_say_what_was_sent(simulator: Simulator) -> None:
    async with talk_bybit(simulator, "BTCUSDT") as bybit:
        await simulator.send("bybit", "BTCUSDT", "long", price=80_000, size=0.5)
        await bybit.read()
    assert await get(control(simulator, "totals")) == (
        200,
        {
            "binance": {"events": 0, "value_usd": 0.0},
            "bybit": {"events": 1, "value_usd": 40_000.0},
        },
    )


async def test_a_burst_goes_out_at_once(simulator: Simulator) -> None:
    symbols = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT", "DOGEUSDT", "BNBUSDT", "1000PEPEUSDT"]
    async with talk_bybit(simulator, *symbols):
        body = {"exchange": "bybit", "count": 2000, "at_once": True}
        status, answer = await post(control(simulator, "burst"), body)
        assert (status, answer) == (200, {"exchange": "bybit", "count": 2000})
        await eventually(lambda: simulator.totals()["bybit"]["events"] > 1500)


@pytest.mark.parametrize(
    "body",
    [
        {"exchange": "bybit"},
        {"exchange": "bybit", "count": 0},
        {"exchange": "bybit", "count": 10**9},
        {"exchange": "bybit", "count": True},
        {"exchange": "bybit", "count": 5, "at_once": "yes"},
        {"exchange": "nobody", "count": 5},
        {"exchange": "*", "count": 5},
    ],
)
async def test_a_bad_burst_is_refused(simulator: Simulator, body: Any) -> None:
    status, answer = await post(control(simulator, "burst"), body)
    assert status == 400 and answer["detail"]


async def test_a_venue_without_recordings_cannot_replay(simulator: Simulator) -> None:
    status, answer = await post(control(simulator, "replay"), {"exchange": "bybit"})
    assert (status, "nothing to replay" in answer["detail"]) == (400, True)


async def test_other_addresses_and_methods_are_refused_in_the_same_form(
    simulator: Simulator,
) -> None:
    assert (await get(control(simulator, "nothing")))[0] == 404
    status, answer = await post(control(simulator, "totals"), {})
    assert (status, answer.keys()) == (405, {"detail"})
