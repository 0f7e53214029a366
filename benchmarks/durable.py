"""From the socket to rows that can be queried, beside cryptofeed on the same stream.

One process sends Binance's own frames, one after the other gets them: our worker as it is run
(journal, store, health), cryptofeed with a callback that counts, cryptofeed with its own backend
for PostgreSQL. First at a pace, to see how old a row is when it can be queried; then as many as
are taken, to see how many are.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, ExitStack
from importlib.metadata import version

from benchmarks.figures import IS_QUICK, milliseconds
from benchmarks.postgres import is_installed, running_postgres
from benchmarks.receivers import Hose, Receiver, feed, firehose, worker

EVENTS = 20_000 if IS_QUICK else 500_000
RATES = (2_000,) if IS_QUICK else (2_000, 20_000)
SECONDS = 1.0 if IS_QUICK else 6.0
LEAD_SECONDS = 0.5
MOST_SECONDS = 30.0 if IS_QUICK else 120.0
POLL_SECONDS = 0.1

Speed = tuple[str, float]


def measure() -> Iterator[tuple[str, str]]:
    """Yield (what, figure) for each receiver, then the ratios."""
    with ExitStack() as stack:
        hose = stack.enter_context(firehose())
        ours = yield from _receiver(hose, worker(hose))
        for name, speed in (yield from _peers(hose, stack)):
            yield f"durable vs {name}", f"{ours[1] / speed:.2f}"


def _peers(hose: Hose, stack: ExitStack) -> Generator[tuple[str, str], None, list[Speed]]:
    """Yield the figures of cryptofeed's ways to take the stream; return their speeds."""
    if version("cryptofeed") < "3":
        yield "cryptofeed", "not measured: its present release needs Python 3.13"
        return []
    peers = [(yield from _receiver(hose, feed(hose)))]
    if is_installed():
        database = stack.enter_context(running_postgres())
        peers.append((yield from _receiver(hose, feed(hose, database))))
    else:
        yield "cryptofeed to PostgreSQL", "not measured: no PostgreSQL on the path"
    return peers


def _receiver(
    hose: Hose, starting: AbstractContextManager[Receiver]
) -> Generator[tuple[str, str], None, Speed]:
    """Yield a receiver's figures; return its name and how many events a second it takes."""
    with starting as receiver:
        for rate in RATES:
            yield f"{receiver.name}, {rate:,}/s sent: event to row", _paced(hose, receiver, rate)
        speed = yield from _flooded(hose, receiver)
    return receiver.name, speed


def _paced(hose: Hose, receiver: Receiver, rate: int) -> str:
    """Return how old rows are when they are found, while so many a second come."""
    wanted = receiver.count() + int(rate * (SECONDS + 2 * LEAD_SECONDS))
    hose.flood(wanted - receiver.count(), rate)
    time.sleep(LEAD_SECONDS)
    ages = receiver.ages(SECONDS)
    _wait(receiver, wanted)
    # One that does not keep up finds no rows, or few and old ones.
    speed = len(ages) * receiver.sampled / SECONDS
    found = f", {speed:,.0f} rows/s found" if speed < rate / 2 else ""
    return milliseconds(ages, 50, 99) + found if len(ages) > 1 else "none found"


def _flooded(hose: Hose, receiver: Receiver) -> Generator[tuple[str, str], None, float]:
    """Yield the figures of a flood; return the events a second that became rows."""
    before, used = receiver.count(), receiver.processor_seconds()
    hose.flood(EVENTS)
    took = _wait(receiver, before + EVENTS)
    rows = receiver.count() - before
    used = receiver.processor_seconds() - used
    sent = hose.sent()
    told = f"{rows:,} of {EVENTS:,} are rows after {took:.1f} s"
    yield f"{receiver.name}, flood: rows", f"{rows / took:,.0f} a second ({told})"
    if sent["ended"]:
        speed = EVENTS / (sent["ended"] - sent["began"])
        yield f"{receiver.name}, flood: taken from the socket", f"{speed:,.0f} a second"
    yield f"{receiver.name}, flood: processor", f"{used / rows * 1e6:.1f} s per million events"
    return rows / took


def _wait(receiver: Receiver, wanted: int) -> float:
    """Wait until there are so many rows, or for as long as is waited; return how long it took."""
    began = time.monotonic()
    while time.monotonic() - began < MOST_SECONDS and receiver.count() < wanted:
        time.sleep(POLL_SECONDS)
    return time.monotonic() - began
