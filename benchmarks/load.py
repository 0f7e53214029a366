"""Everything at once: many readers over HTTP, many live sockets, and a worker that stores."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator

import aiohttp

from benchmarks.fanout import (
    RATE,
    Clients,
    Seen,
    allow_many_files,
    disturb,
    wait_for_venues,
)
from benchmarks.figures import IS_QUICK, milliseconds
from benchmarks.pipeline import stored
from benchmarks.running import Instance, running

READERS, SOCKETS = (5, 20) if IS_QUICK else (100, 1_000)
SECONDS = 6.0 if IS_QUICK else 60.0
ANSWER_SECONDS = 60.0
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
PATHS = (
    "/liquidations/heatmap?symbol={symbol}",
    "/liquidations?symbol={symbol}",
    "/liquidations/summary",
    "/exchanges/health",
)


class Asked:
    """What the clients over HTTP were answered: seconds by path, and how often which status."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {path: [] for path in PATHS}
        self.statuses: Counter[str] = Counter()


def measure() -> Iterator[tuple[str, str]]:
    """Yield (what, figure)."""
    allow_many_files()
    settings = {"LIQSITE_RATE_LIMIT_RPM": "0", "LIQSITE_SOCKETS_PER_ADDRESS": "2000"}
    with running(RATE, **settings) as instance:
        yield from asyncio.run(_watch(instance))


async def _watch(instance: Instance) -> list[tuple[str, str]]:
    clients, asked = await Clients.connected(instance.port, SOCKETS), Asked()
    await asyncio.to_thread(wait_for_venues, instance)
    before = instance.site_megabytes
    rows, began = await asyncio.to_thread(stored), time.monotonic()
    used = instance.site_seconds, instance.worker_seconds
    clients.started.set()
    asking = [asyncio.create_task(_ask(instance.port, n, asked)) for n in range(READERS)]
    peak = await disturb(instance, began + SECONDS)
    seconds = time.monotonic() - began
    rows = await asyncio.to_thread(stored) - rows
    site = (instance.site_seconds - used[0]) / seconds
    worker = (instance.worker_seconds - used[1]) / seconds
    for task in asking:
        task.cancel()
    cut = clients.close()
    return [
        *_told_http(asked, seconds),
        *_told_sockets(clients.seen, len(clients.deaf), cut),
        ("stored", f"{rows / seconds:,.0f} rows/s of {RATE} sent"),
        ("memory of the site", f"{before:.0f} MB, then {peak:.0f} MB"),
        ("processor of site, worker", f"{site:.0%}, {worker:.0%} of a core"),
        ("load of the machine", f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"),
    ]


async def _ask(port: int, number: int, asked: Asked) -> None:
    """Ask one address after the other, as fast as they are answered."""
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", timeout=timeout) as session:
        while True:
            path = PATHS[number % len(PATHS)]
            await _ask_once(session, path, SYMBOLS[number % len(SYMBOLS)], asked)
            number += 1


async def _ask_once(session: aiohttp.ClientSession, path: str, symbol: str, asked: Asked) -> None:
    start = time.perf_counter()
    try:
        async with session.get(path.format(symbol=symbol)) as answer:
            await answer.read()
            asked.statuses[str(answer.status)] += 1
    except (aiohttp.ClientError, TimeoutError) as error:
        asked.statuses[type(error).__name__] += 1
    asked.seconds[path].append(time.perf_counter() - start)


def _told_http(asked: Asked, seconds: float) -> Iterator[tuple[str, str]]:
    every = [second for each in asked.seconds.values() for second in each]
    yield f"HTTP, {READERS} clients", f"{len(every) / seconds:.0f} answers/s"
    yield "HTTP, all", milliseconds(every, 50, 95, 99)
    for path, each in asked.seconds.items():
        yield f"HTTP, {path.partition('?')[0]}", milliseconds(each, 50, 95, 99)
    told = ", ".join(f"{status}: {count}" for status, count in sorted(asked.statuses.items()))
    yield "HTTP, answers by status", told


def _told_sockets(seen: Seen, deaf: int, cut: int) -> Iterator[tuple[str, str]]:
    who = f"{SOCKETS} sockets"
    yield f"{who}, received to reader", milliseconds(seen.liquidations, 50, 95, 99)
    yield f"{who}, badge change to reader", milliseconds(seen.badges, 50, 95, 99)
    yield f"{who}, frames dropped", f"{seen.skipped} of {seen.frames}"
    yield f"{who}, closed: readers, deaf ones", f"{seen.closed}, {cut} of {deaf}"
