"""What an event costs on its way, stage by stage: processor time, so that a busy machine tells
about the same.

The stages are the worker's own objects, each given what the one before it gave, in one thread.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import process_time

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from benchmarks.figures import IS_QUICK
from benchmarks.orders import BASE_PRICE, SIZES, listing, order, symbols
from exchanges.adapters import adapters
from exchanges.clock import utc_now
from exchanges.connection import FRAMES_TOGETHER
from exchanges.events import Liquidation, StoredEvent
from exchanges.health import HealthTracker
from exchanges.instruments import Instruments
from exchanges.intake import Intake
from exchanges.journal import Journal
from exchanges.live import Largest
from exchanges.store import Writer
from exchanges.storing import BATCH_ROWS
from exchanges.venue import silence_of

FRAMES = 10_000 if IS_QUICK else 100_000
SHOWN_ROWS = 200


def measure() -> Iterator[tuple[str, str]]:
    """Yield (what, figure) for each stage and for all of them."""
    frames, total = _frames(), 0.0
    for what, seconds in _stages(frames):
        total += seconds
        yield what, _told(seconds)
    yield "all stages", f"{_told(total)}: {FRAMES / total:,.0f} events/s were there one core"


def _stages(frames: Sequence[bytes]) -> Iterator[tuple[str, float]]:
    adapter = adapters()["binance"]
    known = Instruments(adapter.parse_instruments(listing(symbols(50))))
    yield "read from a socket (both ends, by websockets)", asyncio.run(_socket(frames))
    begun = process_time()
    for frame in frames:
        adapter.parse(frame, known, utc_now())
    parsing = process_time() - begun
    yield "parse", parsing
    seconds, events = asyncio.run(_intake(frames, known))
    yield "intake without parsing: health, doubts", seconds - parsing
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal")
        yield "append to the journal", _appended(journal, events)
        with Writer(Path(folder) / "lake") as writer:
            reading, writing = _stored(journal, writer)
        yield "read from the journal", reading
        yield "commit to the store", writing
    yield "choose what is pushed to pages", _chosen(events)


def _told(seconds: float) -> str:
    return f"{seconds / FRAMES * 1e6:.1f} µs an event"


def _frames() -> list[bytes]:
    """Return frames of this second, all different."""
    names, now = symbols(50), b"%d" % (time.time_ns() // 1_000_000)
    return [
        order(names[n % 50], "SELL" if n % 3 else "BUY", BASE_PRICE + n, SIZES[n % 4])
        .encode()
        .replace(b"0000000000000", now)
        for n in range(FRAMES)
    ]


async def _socket(frames: Sequence[bytes]) -> float:
    """Return the time of the frames over a socket of loopback, sending included."""

    async def send(client: ServerConnection) -> None:
        for frame in frames:
            await client.send(frame, text=True)

    async with serve(send, "127.0.0.1", 0, compression=None) as server:
        [port] = [socket.getsockname()[1] for socket in server.sockets]
        begun = process_time()
        async with connect(f"ws://127.0.0.1:{port}") as client:
            for _ in frames:
                await client.recv(decode=False)
        return process_time() - begun


async def _intake(
    frames: Sequence[bytes], known: Instruments
) -> tuple[float, list[Sequence[StoredEvent]]]:
    adapter, events = adapters()["binance"], list[Sequence[StoredEvent]]()

    async def keep(some: Sequence[StoredEvent]) -> None:
        events.append(some)

    health = HealthTracker("binance", silence_of(adapter, None), utc_now, lambda: None)
    intake = Intake(adapter, known, health=health, accept=keep, clock=utc_now)
    begun = process_time()
    for start in range(0, len(frames), FRAMES_TOGETHER):
        for frame in frames[start : start + FRAMES_TOGETHER]:
            intake.take(frame)
        await intake.keep()
    return process_time() - begun, events


def _appended(journal: Journal, events: Sequence[Sequence[StoredEvent]]) -> float:
    begun = process_time()
    for some in events:
        journal.append(some)
    return process_time() - begun


def _stored(journal: Journal, writer: Writer) -> tuple[float, float]:
    """Return the times of reading the journal and of committing what it has."""
    reading = writing = 0.0
    while journal.has_more:
        begun = process_time()
        batch = journal.read(BATCH_ROWS)
        read = process_time()
        writer.append(batch.liquidations, batch.positions)
        reading, writing = reading + read - begun, writing + process_time() - read
    return reading, writing


def _chosen(events: Sequence[Sequence[StoredEvent]]) -> float:
    largest = Largest(SHOWN_ROWS)
    rows = [e for some in events for e in some if isinstance(e, Liquidation)]
    begun = process_time()
    for start in range(0, len(rows), BATCH_ROWS):
        largest.add(rows[start : start + BATCH_ROWS])
    return process_time() - begun
