"""The worker: venues in; store, health and live pushes out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec
from asgiref.sync import sync_to_async
from django.db import DatabaseError

from exchanges.aggregator import ExchangeAggregator
from exchanges.clock import Clock, utc_now
from exchanges.errors import StoreUnavailable
from exchanges.events import ExchangeHealth, Liquidation, StoredEvent
from exchanges.gaps import GapLedger
from exchanges.live import LivePush
from exchanges.recorder import Lease, record_health, record_samples, uptime_percents
from exchanges.store import Writer

log = logging.getLogger(__name__)

HEALTH_SECONDS = 1.0
SETTLE_SECONDS = 0.1
SAMPLE_SECONDS = 60.0
MAINTAIN_SECONDS = 600.0
RETRY_STORE_SECONDS = 1.0


class Worker:
    """Runs until `stop()`. The caller has acquired the lease and opened the writer.

    The store is written by one thread of its own, so that no socket waits for a commit.
    """

    def __init__(
        self,
        exchanges: Iterable[str] | None,
        *,
        writer: Writer,
        push: LivePush,
        lease: Lease,
        folder: Path | None = None,
        clock: Clock = utc_now,
    ) -> None:
        """`folder` is where the venues' contract lists are kept between runs."""
        self._changed = asyncio.Event()
        self._stopping = asyncio.Event()
        self._aggregator = ExchangeAggregator(
            exchanges, clock=clock, on_change=self._changed.set, folder=folder
        )
        self._writer = writer
        self._push = push
        self._lease = lease
        self._gaps = GapLedger()
        self._clock = clock
        self._store_thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._uptimes: dict[str, float] = {}

    def stop(self) -> None:
        """Ask the worker to store what it received, and end."""
        self._stopping.set()

    async def run(self) -> None:
        """Run until stopped. A bug in any job ends the worker with its traceback."""
        await sync_to_async(self._gaps.begin)(
            self._aggregator.health(), self._lease.stopped_at, self._clock()
        )
        async with asyncio.TaskGroup() as group:
            storing = group.create_task(self._store())
            jobs = [self._aggregator.connect_all, self._health, self._sample, self._maintain]
            beside = [group.create_task(job()) for job in jobs]
            await self._stopping.wait()
            log.info("stopping: storing what was received")
            await self._aggregator.disconnect_all()
            await storing
            for task in beside:
                task.cancel()
        await self._tell_health()
        await self._push.flush()

    async def _store(self) -> None:
        async for batch in self._aggregator.batches():
            await self._push.liquidations(await self._append(batch))

    async def _append(self, batch: Sequence[StoredEvent]) -> list[Liquidation]:
        """Store a batch, again and again while the store takes nothing."""
        append = partial(self._writer.append, batch)
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(self._store_thread, append)
            except StoreUnavailable as error:
                log.error("%s", error)
                await asyncio.sleep(RETRY_STORE_SECONDS)

    async def _health(self) -> None:
        """Tell health when it changes, and every second: it is also the sign of life."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(HEALTH_SECONDS):
                    await self._changed.wait()
            self._changed.clear()
            await self._tell_health()
            await asyncio.sleep(SETTLE_SECONDS)

    async def _tell_health(self) -> None:
        healths = self._told()
        try:
            await sync_to_async(self._lease.renew)()
            await sync_to_async(record_health)(healths, self._clock())
            await sync_to_async(self._gaps.record)(healths, self._clock())
        except DatabaseError as error:
            log.error("health not recorded: %s", error)
        await self._push.health({h.exchange: h for h in healths}, self._lease.started_at)

    async def _sample(self) -> None:
        """Record a sample a minute, from which uptime is worked out."""
        while True:
            with suppress(DatabaseError):
                self._uptimes = await sync_to_async(uptime_percents)(self._clock())
            await asyncio.sleep(SAMPLE_SECONDS)
            with suppress(DatabaseError):
                await sync_to_async(record_samples)(self._told(), self._clock())

    async def _maintain(self) -> None:
        while True:
            await asyncio.sleep(MAINTAIN_SECONDS)
            try:
                await asyncio.get_running_loop().run_in_executor(
                    self._store_thread, self._writer.maintain
                )
            except StoreUnavailable as error:
                log.error("%s", error)

    def _told(self) -> list[ExchangeHealth]:
        """Return the venues' health with the uptime of their samples."""
        return [
            msgspec.structs.replace(health, uptime_percent=self._uptimes.get(name))
            for name, health in self._aggregator.health().items()
        ]
