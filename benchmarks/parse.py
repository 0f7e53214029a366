"""Frames to liquidations on one core, per venue, beside cryptofeed and ccxt on the same frames."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from itertools import cycle, islice
from statistics import median
from time import process_time
from typing import Any

from benchmarks.figures import IS_QUICK
from benchmarks.peers import Ours, Reader, peers
from exchanges.adapters import adapters
from exchanges.instruments import Instruments
from tests.exchanges.adapters.payloads import instruments, payloads, wire

FRAMES = 2_000 if IS_QUICK else 20_000
REPEATS = 3 if IS_QUICK else 5


def measure() -> Iterator[tuple[str, str]]:
    """Yield (what, figure) for every venue; seconds are those of the processor."""
    yield "peers", f"cryptofeed {version('cryptofeed')}, ccxt {version('ccxt')}"
    for exchange in adapters():
        yield from asyncio.run(_venue(exchange))


async def _venue(exchange: str) -> list[tuple[str, str]]:
    known = instruments(exchange)
    ours = Ours(exchange, known)
    frames = _frames(exchange, known, ours)
    rows = [(f"parse {exchange}", await _alone(ours, frames))]
    for name, peer in peers(exchange, known):
        ratio, told = await _beside(ours, peer, frames) if peer else ("none", "")
        rows.append((f"parse {exchange} vs {name}", ratio))
        if told:
            rows.append((f"parse {exchange}, {name}", told))
    return rows


def _frames(exchange: str, known: Instruments, ours: Ours) -> list[bytes]:
    """Return the payload file's frames with liquidations, of listed contracts if it has such."""
    frames = [wire(case["frame"]) for case in payloads(exchange)["liquidations"]]
    frames = [frame for frame in frames if ours.liquidations(frame)]
    listed = [f for f in frames if all(e.instrument_id in known for e in ours.liquidations(f))]
    return listed or frames


async def _alone(reader: Reader, frames: Sequence[bytes]) -> str:
    [seconds] = await _seconds([(reader, frames)])
    return await _told(reader, frames, seconds)


async def _beside(ours: Ours, peer: Reader, frames: Sequence[bytes]) -> tuple[str, str]:
    """Return how many times as fast we are, and the peer's figures, on the frames in which
    both see the same number of liquidations.
    """
    shared = [f for f in frames if await _seen(peer, f) == len(ours.liquidations(f))]
    if not shared:
        return "none", f"reads none of the {len(frames)} frames"
    mine, its = await _seconds([(ours, shared), (peer, shared)])
    told = await _told(peer, shared, its)
    return f"{its / mine:.2f}", f"{told}, {len(shared)} of {len(frames)} frames understood"


async def _seen(peer: Reader, frame: bytes) -> int:
    try:
        return await peer.count(peer.wire(frame))
    except Exception:  # whatever a peer raises for a frame it does not understand
        return 0


async def _seconds(readers: Sequence[tuple[Reader, Sequence[bytes]]]) -> list[float]:
    """Return the median time of each reader for FRAMES frames, taken in turns."""
    times: list[list[float]] = [[] for _ in readers]
    for _ in range(REPEATS):
        for taken, (reader, frames) in zip(times, readers, strict=True):
            given = list(islice(cycle([reader.wire(frame) for frame in frames]), FRAMES))
            taken.append(await _time(reader, given))
    return [median(taken) for taken in times]


async def _time(reader: Reader, frames: Sequence[Any]) -> float:
    start = process_time()
    await reader.read(frames)
    return process_time() - start


async def _told(reader: Reader, frames: Sequence[bytes], seconds: float) -> str:
    counts = [await reader.count(reader.wire(frame)) for frame in frames]
    each = sum(counts) / len(counts)
    return f"{each * FRAMES / seconds:,.0f} liquidations/s, {FRAMES / seconds:,.0f} frames/s"
