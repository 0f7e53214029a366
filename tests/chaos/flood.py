"""25,000 in one instant, then 2,000 a second over five venues for minutes."""

from __future__ import annotations

import time
from typing import NamedTuple

from tests.chaos.kill import EDGE_SECONDS, not_stored
from tests.chaos.rig import Rig, rigged, wait_until

VENUES = ("binance", "bybit", "okx", "bitget", "gate")
INSTANT = 25_000
SLOWEST_P99 = 1.0
MOST_GROWTH_MIB = 60.0


class Result(NamedTuple):
    """What was sent, and what of it is not stored."""

    sent: int
    lost: int
    difference: float


def instant(exchange: str = "bybit", identical: float = 0.33) -> Result:
    """One timestamp, a third of the rows the same in symbol, price and size."""
    with rigged(f"--rate 0 --no-throttle --exchanges {exchange}") as rig:
        rig.start_worker("--exchanges", exchange)
        wait_until(lambda: rig.states().get(exchange, ("", ""))[0] == "subscribed", 60)
        rig.control("burst", exchange=exchange, count=INSTANT, identical=identical)
        wait_until(lambda: rig.count() >= INSTANT, 120, f"{rig.count()} of {INSTANT} are stored")
        result = _compare(rig, [exchange], 0.0, time.time() + 60)
        times = rig.rows("count(DISTINCT exchange_time)")[0][0]
        same = INSTANT - rig.rows("count(DISTINCT (instrument_id, side, price, raw_size))")[0][0]
        print(f"{INSTANT} at {times} instant, {same} of them like another one: {result}")
        rig.stop_worker()
        return result


def sustained(seconds: float, rate: int = 2_000) -> Result:
    """Many venues for a long time: nothing lost, soon to be seen, memory flat."""
    names = ",".join(VENUES)
    with rigged(f"--rate {rate} --steady --no-throttle --exchanges {names}") as rig:
        rig.start_worker("--exchanges", names)
        wait_until(lambda: len(rig.rows("DISTINCT exchange")) == len(VENUES), 60)
        time.sleep(10)
        begun, memory = time.time(), [rig.memory_mib()]
        delays: list[float] = []
        while time.time() < begun + seconds:
            delays += _delays(rig)
            memory.append(rig.memory_mib())
        ended = time.time() - EDGE_SECONDS
        rig.stop_worker()
        _tell(delays, memory, rig.count() / (time.time() - begun + 10))
        return _compare(rig, list(VENUES), begun + EDGE_SECONDS, ended)


def _delays(rig: Rig) -> list[float]:
    """Return how long ago the newest received rows that can be queried now were received."""
    time.sleep(0.05)
    before = rig.rows("max(received_time)")[0][0]
    wait_until(lambda: rig.rows("max(received_time)")[0][0] > before, 30)
    now = time.time()
    fresh = rig.rows("received_time", f"WHERE received_time > '{before.isoformat()}'")
    return [now - received.timestamp() for (received,) in fresh]


def _tell(delays: list[float], memory: list[float], rate: float) -> None:
    delays.sort()
    p50, p99 = delays[len(delays) // 2], delays[len(delays) * 99 // 100]
    print(f"{rate:.0f} rows/s stored; received to queryable p50 {p50:.3f} s, p99 {p99:.3f} s")
    third = len(memory) // 3
    print(f"memory MiB: {memory[0]:.0f} at first, {memory[third]:.0f}, {memory[-1]:.0f} at last")
    assert p99 < SLOWEST_P99, "too slow"
    assert memory[-1] - memory[third] < MOST_GROWTH_MIB, "memory grows"


def _compare(rig: Rig, exchanges: list[str], since: float, until: float) -> Result:
    """Compare what was told in this time with what is stored, row by row."""
    sent = lost = 0
    difference = 0.0
    for name in exchanges:
        told, missing = not_stored(rig, name, since, until)
        sent, lost = sent + told, lost + len(missing)
        difference += sum(row["value_usd"] for row in missing)
    return Result(sent, lost, difference)
