"""Snapshots from the store: read in threads of their own, once for all who ask at a time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Any, NamedTuple

from channels.db import database_sync_to_async

from heatmap.answers.grids import MOST_TIME_BINS, Grid, grid
from heatmap.answers.heatmap import MOST_ZONES
from heatmap.answers.parts import is_lower_bound
from heatmap.bins import time_step
from heatmap.coverage import coverage
from heatmap.live import frames
from heatmap.live.cells import Bins
from heatmap.live.limits import Limits
from heatmap.live.messages import Refused
from heatmap.parameters import DEFAULT_TIMEFRAME, TIMEFRAMES, Selection
from heatmap.queries import market_price

THREADS = 2
TIME_STEP_SECONDS = time_step(TIMEFRAMES[DEFAULT_TIMEFRAME], MOST_TIME_BINS)

Key = tuple[str, tuple[str, ...]]


class Snapshot(NamedTuple):
    """The body of a snapshot's frame, and the bins that its levels and later cells have."""

    body: str
    bins: Bins


class Snapshots:
    """Answers for a symbol on some exchanges; equal questions of a moment are one query.

    `on_new_bins(symbol, exchanges, body)` is called when the prices have outgrown the bins that
    clients know.
    """

    def __init__(
        self, limits: Limits, on_new_bins: Callable[[str, tuple[str, ...], str], None]
    ) -> None:
        self._limits = limits
        self._on_new_bins = on_new_bins
        self._bins: dict[Key, Bins] = {}
        self._made: dict[Key, tuple[float, asyncio.Task[Snapshot]]] = {}
        # The default threads stay free for the channel layer.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="snapshot")

    def bins(self, symbol: str, exchanges: tuple[str, ...]) -> Bins | None:
        """Return the bins of the newest snapshot; None before the first."""
        return self._bins.get((symbol, exchanges))

    async def body(self, symbol: str, exchanges: tuple[str, ...]) -> str:
        """Return the body of a snapshot's frame. Raises Refused and StoreUnavailable."""
        key = symbol, exchanges
        made_at, task = self._made.get(key, (float("-inf"), None))
        is_old = monotonic() - made_at > self._limits.snapshot_seconds
        if task is None or (task.done() and is_old) or _has_failed(task):
            task = self._begin(key)
        return (await asyncio.shield(task)).body

    def forget(self, wanted: Iterable[Key]) -> None:
        """Keep only what somebody still wants, and what was asked for just now."""
        since = monotonic() - self._limits.snapshot_seconds
        keep = {*wanted, *(key for key, (at, _) in self._made.items() if at > since)}
        self._bins = {key: bins for key, bins in self._bins.items() if key in keep}
        self._made = {k: made for k, made in self._made.items() if k in keep or not made[1].done()}

    def _begin(self, key: Key) -> asyncio.Task[Snapshot]:
        if (
            sum(not task.done() for _, task in self._made.values())
            >= self._limits.snapshots_at_once
        ):
            raise Refused("RATE_LIMITED", "Too many snapshots are asked for; ask again shortly.")
        task = asyncio.create_task(self._make(key))
        self._made[key] = monotonic(), task
        return task

    async def _make(self, key: Key) -> Snapshot:
        end = datetime.now(UTC)
        start = end - TIMEFRAMES[DEFAULT_TIMEFRAME]
        selection = Selection(key[0], DEFAULT_TIMEFRAME, key[1], start, end, asked_at=end)
        read = partial(grid, selection, MOST_ZONES)
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, read)
        price = await loop.run_in_executor(self._threads, market_price, selection)
        covered = await database_sync_to_async(coverage)(key[1], start, end, end)
        snapshot = _snapshot(selection, found, price, covered)
        self._note_bins(key, snapshot)
        return snapshot

    def _note_bins(self, key: Key, snapshot: Snapshot) -> None:
        before = self._bins.get(key)
        self._bins[key] = snapshot.bins
        if before is not None and before != snapshot.bins:
            self._on_new_bins(*key, snapshot.body)


def _has_failed(task: asyncio.Task[Snapshot]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def _snapshot(
    selection: Selection, found: Grid, price: float | None, covered: dict[str, Any]
) -> Snapshot:
    bins = Bins(TIME_STEP_SECONDS, found.price_step)
    totals = _totals(found)
    body = frames.body(
        "snapshot",
        symbol=selection.symbol,
        timestamp=selection.end,
        timeframe=selection.timeframe,
        exchanges=selection.exchanges,
        data={
            "levels": _levels(found),
            "current_price": price,
            # Openings are not collected.
            "positions_created": None,
            "positions_consumed": totals["count"],
        },
        totals=totals,
        is_lower_bound=is_lower_bound(selection.exchanges),
        covered_percent={name: part["covered_percent"] for name, part in covered.items()},
        **bins._asdict(),
    )
    return Snapshot(body, bins)


def _levels(found: Grid) -> list[dict[str, Any]]:
    """Return what was closed per price bin and side, the lowest price first."""
    first = round(found.first_price / found.price_step)
    sums: dict[int, dict[str, float]] = defaultdict(lambda: {"long": 0.0, "short": 0.0})
    for cell in found.cells:
        if cell.price_index is not None:
            sums[first + cell.price_index][cell.side] += cell.value_usd or 0.0
    return [
        {
            "price": round(index * found.price_step, 10),
            "price_index": index,
            "long_density": sides["long"],
            "short_density": sides["short"],
        }
        for index, sides in sorted(sums.items())
    ]


def _totals(found: Grid) -> dict[str, Any]:
    totals: dict[str, Any] = {"long": 0.0, "short": 0.0, "count": 0, "unknown_value_count": 0}
    for cell in found.cells:
        totals[cell.side] += cell.value_usd or 0.0
        totals["count"] += cell.events
        totals["unknown_value_count"] += cell.unknown_values
    return totals
