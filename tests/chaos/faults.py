"""Every fault of the simulator, in random order, for minutes."""

from __future__ import annotations

import random
import re
import time
from collections import Counter, defaultdict
from typing import NamedTuple

from tests.chaos.rig import Rig, rigged

FAULTS = (
    "drop", "stall", "silent", "mute", "garbage", "half", "nonsense", "duplicate", "reorder",
    "clock_ahead", "clock_behind", "403", "429", "close", "slow",
)  # fmt: skip
# What ends every connection, or lets none begin.
OUTAGES = {"drop", "403", "429", "close"}
NOTICED_SECONDS = 10.0
# 1, 2 and 4 seconds, then 4 to 8, 8 to 16 ...: more than this in a minute is a storm.
MOST_TRIES_A_MINUTE = 8
_TRY = re.compile(
    r"^\S+ (\d\d:\d\d):\d\d,\d+ WARNING +exchanges\.feed: (\w+): .*; try \d+ in", re.M
)


class Outage(NamedTuple):
    """A time in which a venue was seen to be down."""

    exchange: str
    at: float
    state: str


def run(seconds: float, seed: int = 7) -> str:
    """Break venues at random; return a sentence on what was seen. Raises AssertionError."""
    rng, injected, seen = random.Random(seed), Counter[str](), list[Outage]()
    with rigged(f"--rate 200 --seed {seed}") as rig:
        rig.start_worker()
        time.sleep(15)
        venues = sorted(rig.states())
        end = time.time() + seconds
        while time.time() < end:
            venue, fault = rng.choice(venues), rng.choice(FAULTS)
            rig.control("faults", exchange=venue, fault=fault, seconds=rng.uniform(2, 12))
            injected[fault] += 1
            _watch(rig, rng.uniform(0.5, 3), seen)
        rig.control("faults", exchange="*", fault="none")
        _watch(rig, 75, seen)
        states = rig.states()
        rig.stop_worker()
        _check(rig, seen, states)
        rejected = rig.rejected()
    told = ", ".join(f"{fault} {count}" for fault, count in sorted(injected.items()))
    return (
        f"{injected.total()} faults ({told}); {len(seen)} sightings of an outage, all in the "
        f"ledger; {rejected} frames kept as rejected"
    )


def _watch(rig: Rig, seconds: float, seen: list[Outage]) -> None:
    until = time.time() + seconds
    while time.time() < until:
        now = time.time()
        for exchange, (state, reason) in rig.states().items():
            if state not in ("live", "subscribed"):
                assert reason or state == "connecting", f"{exchange} is {state} without a reason"
                seen.append(Outage(exchange, now, state))
        time.sleep(0.5)


def _check(rig: Rig, seen: list[Outage], states: dict[str, tuple[str, str]]) -> None:
    log = rig.log()
    assert "Traceback" not in log, "an exception was not handled; see the log"
    gaps = defaultdict(list)
    for gap in rig.gaps():
        gaps[gap.exchange].append(gap)
    for one in seen:
        near = [gap for gap in gaps[one.exchange] if gap.start <= one.at + NOTICED_SECONDS]
        assert any((gap.end or one.at) >= one.at - 1 for gap in near), f"not in the ledger: {one}"
    down = {name: told for name, told in states.items() if told[0] not in ("live", "subscribed")}
    assert not down, f"still down a minute after the last fault: {down}"
    tries = Counter(_TRY.findall(log))
    minute, most = tries.most_common(1)[0]
    sockets = 4
    print(f"most tries in a minute: {most} ({minute[1]} at {minute[0]})")
    assert most <= MOST_TRIES_A_MINUTE * sockets, "a storm of connections"
