"""kill -9 of the worker, again and again, while a thousand liquidations a second come in."""

from __future__ import annotations

import math
import random
import re
import time
from collections import Counter
from functools import partial
from typing import Any, NamedTuple

from exchanges.adapters import adapters
from tests.chaos.rig import Gap, Rig, rigged, wait_until

# Clocks, batching and what the simulator still holds in its windows.
EDGE_SECONDS = 3.0
Key = tuple[str, str, int, int]
# Gate's history tells the fill where its socket told the order's price, and whole seconds.
GATE = "gate"
# HTX has no history of contracts that expire, which bear their date.
_EXPIRES = re.compile(r"\d{6}$")


class Result(NamedTuple):
    """What was found in the end."""

    journaled: int
    lost: int
    difference: float


def run(rounds: int, rate: int = 1_000, seed: int = 7) -> Result:
    """Kill so many times; return what of the journal the store does not have. Raises
    AssertionError for what must not be."""
    rng = random.Random(seed)
    with rigged(f"--rate {rate} --steady --no-throttle --seed {seed}") as rig:
        begun = time.time()
        for number in range(rounds):
            stored = rig.count()
            rig.start_worker()
            wait_until(partial(_stores_more, rig, stored), 60, "nothing is stored")
            time.sleep(rng.uniform(0.1, 3.0))
            rig.kill_worker()
            print(f"kill {number + 1}/{rounds}: {rig.count()} stored", end="\r", flush=True)
        print()
        _settle(rig)
        ended = time.time() - EDGE_SECONDS
        took = rig.stop_worker()
        print(f"asked to stop, it ended after {took:.1f} s")
        assert took < 10
        print(rig.manage("store", "verify").strip())
        _compare_with_sent(rig, begun + EDGE_SECONDS, ended)
        return _compare_with_journal(rig)


def _stores_more(rig: Rig, than: int) -> bool:
    return rig.count() > than


def _settle(rig: Rig) -> None:
    """Let a worker run until every gap that can be repaired is."""
    rig.start_worker()
    with_history = {name for name, adapter in adapters().items() if adapter.history_source}

    def is_repaired() -> bool:
        gaps = [gap for gap in rig.gaps() if gap.exchange in with_history]
        return all(gap.end is not None and gap.repaired_rows is not None for gap in gaps)

    wait_until(is_repaired, 600, "not every gap was repaired")
    time.sleep(2 * EDGE_SECONDS)


def _compare_with_journal(rig: Rig) -> Result:
    """Everything that reached the journal is in the store, once, to the cent."""
    journal = rig.journal()
    stored = rig.rows("event_id, value_usd")
    values = {event_id: value or 0.0 for event_id, value in stored}
    assert len(values) == len(stored), "an event is stored twice"
    lost = journal.keys() - values.keys()
    difference = sum(abs(value - values.get(name, 0.0)) for name, value in journal.items())
    return Result(len(journal), len(lost), difference)


def _compare_with_sent(rig: Rig, since: float, until: float) -> None:
    """What a venue told and the store does not have lies in a gap of the ledger."""
    for name, adapter in adapters().items():
        gaps = [gap for gap in rig.gaps() if gap.exchange == name]
        told, missing = not_stored(rig, name, since, until)
        outside = [row for row in missing if not _covers(gaps, row["told_ms"] / 1000)]
        dollars = sum(row["value_usd"] for row in missing)
        print(f"{name}: {told} sent, {len(missing)} (${dollars:,.2f}) not stored", end=", ")
        print(f"{len(outside)} outside its gaps")
        assert not outside, f"{name} lost events outside its gaps: {outside[:3]}"
        if adapter.history_source:
            lasting = [row for row in missing if not _EXPIRES.search(row["instrument"])]
            assert not lasting, f"{name} has a history, and still events are missing"


def not_stored(
    rig: Rig, exchange: str, since: float, until: float
) -> tuple[int, list[dict[str, Any]]]:
    """Return how much a venue told in this time, and what of it the store does not have."""
    stored, told, missing = Counter(_stored(rig, exchange)), Counter[Key](), []
    for row in rig.sent(exchange):
        if since <= row["told_ms"] / 1000 < until:
            told_of = (row[word] for word in ("instrument", "side", "time_ms", "size", "value_usd"))
            key = _key(exchange, *told_of)
            told[key] += 1
            if stored[key] < told[key]:
                missing.append(row)
    return told.total(), missing


def _stored(rig: Rig, exchange: str) -> list[Key]:
    columns = "instrument_id, side, epoch_ms(exchange_time), raw_size, coalesce(value_usd, 0)"
    rows = rig.rows(columns, f"WHERE exchange = '{exchange}'")
    return [_key(exchange, *row) for row in rows]


def _key(
    exchange: str, instrument: str, side: str, time_ms: int, size: float, value_usd: float
) -> Key:
    if exchange == GATE:
        return instrument, side, time_ms // 1000, _step(size)
    return instrument, side, time_ms, _step(value_usd)


def _step(amount: float) -> int:
    """Return a coarse amount on whose edges no decimal number lies: the last bits may differ."""
    return round(amount / (math.pi / 240))


def _covers(gaps: list[Gap], at: float) -> bool:
    return any(g.start - EDGE_SECONDS <= at <= (g.end or at) + EDGE_SECONDS for g in gaps)
