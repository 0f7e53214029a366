"""Cost against size: rows, venues, symbols, clients, each alone; a table and a plot each.

GROWTH=rows,symbols measures only these. Beyond the largest size measured a cost is taken to grow
evenly, as between the last two, which tells about where it meets its limit.
"""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from django.core.management import call_command

from benchmarks.fanout import Clients, allow_many_files, wait_for_venues
from benchmarks.figures import IS_QUICK
from benchmarks.plot import draw
from benchmarks.query import answer_seconds, frames, fresh_seconds
from benchmarks.receivers import firehose, worker
from benchmarks.report import images
from benchmarks.rows import lake
from benchmarks.running import Instance, running
from exchanges.adapters import adapters

Costs = Mapping[str, float]

ROWS = (20_000, 50_000) if IS_QUICK else (1_000_000, 10_000_000, 55_000_000, 100_000_000)
VENUES = (1, 13) if IS_QUICK else (1, 2, 4, 8, 13)
SYMBOLS = (1, 100) if IS_QUICK else (1, 10, 100, 800)
CLIENTS = (1, 10) if IS_QUICK else (1, 10, 100, 1_000)
SYMBOL_ROWS = 50_000 if IS_QUICK else 1_000_000
RATE, CLIENTS_RATE = 500, 500
SECONDS = 3.0 if IS_QUICK else 20.0
START_SECONDS = 3.0 if IS_QUICK else 60.0
"""Until a worker has gathered what it asks for at its start."""
FLOOD = 20_000 if IS_QUICK else 200_000
FLOOD_SECONDS = 60.0
TIMES = 3 if IS_QUICK else 7
CORE = "% of a core"


@dataclass(frozen=True)
class Axis:
    """What grows, what of it is measured, and how far the first of the costs may go."""

    name: str
    sizes: Sequence[int]
    cost: Callable[[int], Costs]
    judged: str
    limit: float


def measure() -> Iterator[tuple[str, str] | Path]:
    """Yield (what, figure) and a plot for each axis, then what breaks first."""
    call_command("migrate", verbosity=0)
    allow_many_files()
    wanted = [name for name in os.environ.get("GROWTH", "").split(",") if name]
    ends: dict[str, float] = {}
    for axis in axes():
        if not wanted or axis.name in wanted:
            found = yield from _grown(axis)
            ends[axis.name] = end = limit_at(found, axis)
            reached = f"about {end:,.0f} {axis.name}" if end < math.inf else "nowhere in sight"
            yield f"{axis.name}: {axis.judged} reaches {axis.limit:g}", reached
    room = {name: ends[name] / max(_named(name).sizes) for name in ends}
    first = min(room, key=lambda name: room[name])
    told = f"{first}, at {room[first]:.1f} times the largest size measured"
    yield "breaks first", told if room[first] < math.inf else "none of them within sight"


def axes() -> list[Axis]:
    """Return what grows; a limit is a year's heatmap in five seconds, or one core used up."""
    return [
        Axis("rows", ROWS, _of_rows, "heatmap 1y, ms", 5_000),
        Axis("venues", VENUES, _of_venues, f"worker, {CORE}", 100),
        Axis("symbols", SYMBOLS, _of_symbols, "summary, ms", 1_000),
        Axis("clients", CLIENTS, _of_clients, f"site, {CORE}", 100),
    ]


def limit_at(found: Mapping[int, Costs], axis: Axis) -> float:
    """Return the size at which the judged cost meets its limit; infinity: it does not grow."""
    (size, cost), (larger, more) = [(s, c[axis.judged]) for s, c in found.items()][-2:]
    if more >= axis.limit:
        return larger
    # What grows by less than a twentieth is noise.
    is_growing = more > cost * 1.05
    return (
        larger + (axis.limit - more) * (larger - size) / (more - cost) if is_growing else math.inf
    )


def _named(name: str) -> Axis:
    return next(axis for axis in axes() if axis.name == name)


def _grown(axis: Axis) -> Generator[tuple[str, str] | Path, None, dict[int, Costs]]:
    found: dict[int, Costs] = {}
    for size in axis.sizes:
        found[size] = axis.cost(size)
        yield f"{size:,} {axis.name}", ", ".join(f"{k} {v:,.1f}" for k, v in found[size].items())
    names = list(found[axis.sizes[0]])
    lines = {
        name: [(size, max(cost[name], 0.01)) for size, cost in found.items()] for name in names
    }
    file = images() / f"growth-{axis.name}.svg"
    yield draw(file, f"Cost against {axis.name}", axis.name, lines)
    return found


def _of_rows(rows: int) -> Costs:
    """Return what heatmaps of a year with so many rows take, made anew."""
    made = lake(rows)
    frames_of = {frame.name: frame for frame in frames(made, 365)}
    told = {
        f"heatmap {name}, ms": median(answer_seconds(made, frames_of[name], TIMES)) * 1000
        for name in ("1y", "30d", "24h")
    }
    return told | {"bytes an event": made.bytes / rows}


def _of_symbols(symbols: int) -> Costs:
    """Return what answers over a month with so many symbols take, and what storing them does.

    A third of the rows is BTC's, and all where it is alone.
    """
    made = lake(SYMBOL_ROWS, 30, symbols)
    month = frames(made, 30)[-1]
    return {
        "summary, ms": median(fresh_seconds(made, "/liquidations/summary", TIMES)) * 1000,
        "heatmap 30d, ms": median(answer_seconds(made, month, TIMES)) * 1000,
        "worker, s per million": _flood_seconds(symbols),
    }


def _flood_seconds(symbols: int) -> float:
    with firehose(symbols) as hose, worker(hose) as ours:
        used, deadline = ours.processor_seconds(), time.monotonic() + FLOOD_SECONDS
        hose.flood(FLOOD)
        while ours.count() < FLOOD and time.monotonic() < deadline:
            time.sleep(0.1)
        return (ours.processor_seconds() - used) / max(1, ours.count()) * 1e6


def _of_venues(venues: int) -> Costs:
    """Return what the worker takes for the same rate from so many venues.

    Without what a first start gathers and replays of the last month, which takes it minutes.
    """
    names = sorted(adapters())[:venues]
    calm = {"LIQSITE_JOBS": "", "LIQSITE_SYMBOLS": "BTCUSDT"}
    with running(RATE, exchanges=names, **calm) as instance:
        time.sleep(START_SECONDS)
        used, begun = instance.worker_seconds, time.monotonic()
        time.sleep(SECONDS)
        busy = (instance.worker_seconds - used) / (time.monotonic() - begun)
        return {f"worker, {CORE}": busy * 100, "worker, MB": instance.worker_megabytes}


def _of_clients(clients: int) -> Costs:
    """Return what the site takes for so many live sockets."""
    with running(CLIENTS_RATE, LIQSITE_SOCKETS_PER_ADDRESS="5000") as instance:
        return asyncio.run(_watch(instance, clients))


async def _watch(instance: Instance, count: int) -> Costs:
    clients = await Clients.connected(instance.port, count)
    await asyncio.to_thread(wait_for_venues, instance)
    clients.started.set()
    used, begun = instance.site_seconds, time.monotonic()
    await asyncio.sleep(SECONDS)
    busy = (instance.site_seconds - used) / (time.monotonic() - begun)
    clients.close()
    ages = quantiles(clients.seen.liquidations, n=100, method="inclusive")
    return {
        f"site, {CORE}": busy * 100,
        "received to reader p99, ms": ages[98] * 1000,
        "site, MB": instance.site_megabytes,
    }
