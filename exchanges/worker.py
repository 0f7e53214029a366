"""The worker: venues in; journal, store, health and live pushes out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from django.db import DatabaseError

from exchanges.clock import Clock, utc_now
from exchanges.errors import JournalPaused, StoreUnavailable
from exchanges.events import StoredEvent
from exchanges.gathering import Gathering
from exchanges.jobs import Beside, Context, MakeJob
from exchanges.journal import Journal
from exchanges.live import LivePush
from exchanges.recorder import Lease
from exchanges.repair import Repair
from exchanges.reporter import Reporter
from exchanges.retry import Retry
from exchanges.store import Step, Writer
from exchanges.storing import Storing
from exchanges.upkeep import Keep, Upkeep
from exchanges.venue import Venue
from exchanges.venues import Venues

log = logging.getLogger(__name__)

GATHER_SECONDS = 0.2
RETRY_SECONDS = 1.0
MAINTAIN_SECONDS = 600.0
# Asked to stop, it stores for so long; the rest waits in the journal.
STOP_SECONDS = 8.0

T = TypeVar("T")
Job = Callable[[], Coroutine[Any, Any, None]]


class Worker:
    """Runs until `stop()`. The caller has acquired the lease and opened journal and store.

    The store is written by one thread of its own, so that no socket waits for a commit.
    """

    def __init__(
        self,
        exchanges: Iterable[str] | None,
        *,
        journal: Journal,
        writer: Writer,
        push: LivePush,
        lease: Lease,
        keep: Keep = Keep(),  # noqa: B008 - frozen
        folder: Path | None = None,
        clock: Clock = utc_now,
        redundant: Collection[str] = (),
        symbols: Sequence[str] = (),
        jobs: Sequence[MakeJob] = (),
    ) -> None:
        """`folder` is where the venues' contract lists are kept between runs; `redundant`
        venues get a second connection; market data is gathered of `symbols`, or of the largest;
        `jobs` are made and run beside everything else."""
        self.venues = Venues(
            exchanges,
            accept=self._keep,
            clock=clock,
            on_change=self._tell_change,
            folder=folder,
            redundant=redundant,
        )
        self._journal = journal
        self._writer = writer
        self._push = push
        self._clock = clock
        self._kept = keep
        self._further = jobs
        self._symbols = symbols
        self._reporter = Reporter(self.venues, push, lease, clock)
        self._upkeep = Upkeep(journal, keep, clock, self._journal_is)
        self._storing = Storing(journal, writer)
        self._store_thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._arrived = asyncio.Event()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Ask the worker to store what it received, and end."""
        self._stopping.set()

    async def run(self) -> None:
        """Run until stopped. A bug in any job, or a lost lease, ends the worker."""
        await self._reporter.begin()
        async with asyncio.TaskGroup() as group:
            beside = [group.create_task(job()) for job in self._jobs()]
            storing = group.create_task(self._store())
            await self._stopping.wait()
            log.info("stopping: storing what was received")
            await self.venues.disconnect_all()
            self._arrived.set()
            await asyncio.wait({storing}, timeout=STOP_SECONDS)
            for task in [storing, *beside]:
                task.cancel()
        await self._reporter.end()
        self._journal.close()

    def _jobs(self) -> list[Job]:
        """Return what runs beside the storing, all for ever."""
        venues = [self.venues.venue(name) for name in self.venues.names()]
        repairs = [Repair(venue, self._keep, self._clock).run for venue in venues]
        gathering = Gathering(
            venues,
            self._writer,
            self._in_store_thread,
            self._clock,
            self._symbols,
            is_busy=lambda: self._journal.has_more,
        )
        return [
            self.venues.connect_all,
            self._reporter.tell_health,
            self._reporter.take_samples,
            self._upkeep.sync,
            self._upkeep.check,
            self._upkeep.tidy,
            self._maintain,
            Retry(self.venues, self._keep, self._clock).run,
            gathering.run,
            *repairs,
            *self._further_jobs(venues, gathering),
        ]

    def _further_jobs(self, venues: Sequence[Venue], gathering: Gathering) -> list[Job]:
        """Return the jobs that the worker does not know: a bug in one stops no other."""
        context = Context(
            writer=self._writer,
            in_store_thread=self._in_store_thread,
            clock=self._clock,
            venues={venue.name: venue for venue in venues},
            symbols=gathering.symbols,
            is_complete=gathering.is_complete,
            is_busy=lambda: self._journal.has_more,
        )
        return [Beside(make, context, self._reporter.troubles).run for make in self._further]

    async def _keep(self, events: Sequence[StoredEvent]) -> None:
        """Write what one frame held into the journal; wait while that has no room."""
        while events:
            try:
                self._journal.append(events)
            except JournalPaused:
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self._arrived.set()
                return

    async def _store(self) -> None:
        """Bring what is in the journal into the store, and show it; at first what was left."""
        while True:
            await asyncio.sleep(0 if self._stopping.is_set() else GATHER_SECONDS)
            self._arrived.clear()
            while self._journal.has_more:
                await self._store_some()
            if self._stopping.is_set():
                return
            await self._arrived.wait()

    async def _store_some(self) -> None:
        try:
            new = await self._in_store_thread(self._storing.step)
        except (StoreUnavailable, DatabaseError, OSError) as error:
            self._reporter.troubles["store"] = f"What is received waits in the journal. {error}"
            log.error("%s", error)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            self._reporter.troubles["store"] = ""
            await self._push.liquidations(new)

    async def _maintain(self) -> None:
        """Tidy the store up every ten minutes, and while much comes in also in between."""
        now = asyncio.get_running_loop().time
        due_at = now() + MAINTAIN_SECONDS
        while True:
            await asyncio.sleep(1)
            if now() >= due_at:
                due_at = now() + MAINTAIN_SECONDS
                await self._tidy_up(
                    partial(
                        self._writer.maintenance_steps,
                        self._clock(),
                        self._kept.days,
                        self._kept.zone_days,
                    )
                )
            elif self._writer.is_flush_due:
                await self._tidy_up(self._writer.flush_steps)

    async def _tidy_up(self, plan: Callable[[], list[Step]]) -> None:
        """Do small steps one by one, so that what is to be stored comes in between."""
        try:
            for step in await self._in_store_thread(plan):
                await self._in_store_thread(partial(self._writer.maintain, step))
        except StoreUnavailable as error:
            log.error("%s", error)

    def _journal_is(self, trouble: str) -> None:
        """While nothing can be kept, no venue delivers, whatever its socket does."""
        self.venues.pause(trouble)
        self._reporter.troubles["journal"] = trouble

    def _tell_change(self) -> None:
        self._reporter.changed.set()

    async def _in_store_thread(self, action: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._store_thread, action)
