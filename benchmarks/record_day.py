"""The record day replayed: 1.6 million liquidations, two thousand a second at the peak, 25,000 in
one instant; afterwards the store has each of them, and the same dollars to the cent.

At SPEED=60 it takes 24 minutes, and a second of the peak brings the 120,000 of a minute.
"""

from __future__ import annotations

import math
import os
import re
import tempfile
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec

from benchmarks.figures import IS_QUICK, milliseconds
from benchmarks.firehose import Part
from benchmarks.receivers import Hose, Worker, firehose, worker

SPEED = float(os.environ.get("SPEED", 8_640 if IS_QUICK else 60))
PART = 0.02 if IS_QUICK else 1.0
"""Of the day's events so many are sent."""

EVENTS, INSTANT, PEAK_MINUTE = 1_600_000, 25_000, 120_000
STORM_MINUTES, STORM_MINUTE = 12, 6_000
MINUTES, PEAK_AT = 1_440, 1_290
LOOK_SECONDS = 2.0
STORE_SECONDS = 300.0

_TOTAL = "SELECT count(*), sum(CAST(value_usd AS DECIMAL(18, 4))) FROM liquidations"
_NEWEST = "SELECT max(exchange_time) FROM liquidations"


def measure() -> Iterator[tuple[str, str]]:
    """Yield (what, figure). Raises RuntimeError when the store has another total."""
    parts = day()
    with tempfile.TemporaryDirectory() as folder, firehose() as hose, worker(hose) as ours:
        file = Path(folder) / "day.json"
        file.write_bytes(msgspec.json.encode(parts))
        begun, used = time.monotonic(), ours.processor_seconds()
        hose.play(file)
        waiting, ages = _watch(hose, ours)
        seconds = time.monotonic() - begun
        yield "sent", f"{hose.sent()['events']:,} liquidations in {seconds:.0f} s ({SPEED:g}x)"
        yield (
            "busiest second of the day",
            f"{PEAK_MINUTE * PART / 60:,.0f}, and {INSTANT * PART:,.0f} in an instant",
        )
        yield "most that waited for the store", f"{max(waiting):,} rows"
        yield "event to row, of the newest row every two seconds", milliseconds(ages, 50, 99)
        used = ours.processor_seconds() - used
        yield "processor of the worker", f"{used / seconds:.0%} of a core"
        yield "memory of the worker at most", f"{_peak_megabytes(ours):.0f} MB"
        yield from _compared(hose, ours)


def day() -> list[Part]:
    """Return the day minute by minute, swinging with the hour, with its storm before the peak."""
    storm = range(PEAK_AT - STORM_MINUTES, PEAK_AT)
    rest = EVENTS - INSTANT - PEAK_MINUTE - STORM_MINUTES * STORM_MINUTE
    calm = [m for m in range(MINUTES) if m not in storm and m != PEAK_AT]
    weights = {m: 1 + 0.5 * math.sin(2 * math.pi * m / MINUTES) for m in calm}
    each = rest / sum(weights.values())
    counts = {m: round(weight * each) for m, weight in weights.items()}
    counts |= dict.fromkeys(storm, STORM_MINUTE) | {PEAK_AT: PEAK_MINUTE}
    counts[0] += EVENTS - INSTANT - sum(counts.values())
    minutes = [_minute(counts[m]) for m in range(MINUTES)]
    return [*minutes[:PEAK_AT], Part(round(INSTANT * PART), is_instant=True), *minutes[PEAK_AT:]]


def _minute(events: int) -> Part:
    count = round(events * PART)
    return Part(count, count / (60 / SPEED))


def _watch(hose: Hose, ours: Worker) -> tuple[list[int], list[float]]:
    """Look at the store until all that was sent is in it; return how many rows waited, and how
    old the newest row was, each time."""
    waiting, ages, deadline = [0], [], math.inf
    while time.monotonic() < deadline:
        time.sleep(min(LOOK_SECONDS, 86_400 / SPEED / 20))
        told, rows = hose.sent(), ours.count()
        waiting.append(told["events"] - rows)
        if rows and not told["ended"]:
            ages.append(time.time() - ours.query(_NEWEST)[0][0].timestamp())
        if told["ended"]:
            deadline = min(deadline, time.monotonic() + STORE_SECONDS)
            if rows == told["events"]:
                break
    return waiting, ages


def _compared(hose: Hose, ours: Worker) -> Iterator[tuple[str, str]]:
    told, [(rows, usd)] = hose.sent(), ours.query(_TOTAL)
    if (rows, usd) != (told["events"], Decimal(told["usd"])):
        raise RuntimeError(f"{told['events']} of {told['usd']} USD sent, {rows} of {usd} stored")
    yield "stored", f"{rows:,} rows of {usd:,.4f} USD, as sent"


def _peak_megabytes(ours: Worker) -> float:
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{ours.pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0
