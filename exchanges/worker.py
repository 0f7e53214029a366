"""The worker: venues in; journal, store, health and live pushes out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from django.db import DatabaseError

from exchanges.clock import Clock, utc_now
from exchanges.errors import JournalPaused, StoreUnavailable
from exchanges.events import StoredEvent
from exchanges.gaps import GapLedger
from exchanges.gathering import Gathering
from exchanges.jobs import Beside, Context, MakeJob
from exchanges.journal import Journal
from exchanges.live import LivePush
from exchanges.member import Member
from exchanges.recorder import Lease
from exchanges.repair import Repair
from exchanges.reporter import Reporter
from exchanges.retry import Retry
from exchanges.sharing import Job, Sharing
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
        member: Member | None = None,
    ) -> None:
        """`folder` is where the venues' contract lists are kept between runs; `redundant`
        venues get a second connection; market data is gathered of `symbols`, or of the largest;
        `jobs` are made and run beside everything else. With `member`, which is also the lease,
        the venues are shared with other workers, and what must run once runs in one of them."""
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
        gaps = GapLedger()
        self._sharing = self._shared(member, gaps) if member else None
        self._reporter = Reporter(self.venues, push, lease, clock, gaps, self._sharing)
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
        always = [
            self._reporter.tell_health,
            self._reporter.take_samples,
            self._upkeep.sync,
            self._upkeep.check,
            self._upkeep.tidy,
            self._flush,
            Retry(self.venues, self._keep, self._clock).run,
        ]
        if self._sharing is not None:
            return [self._sharing.run, *always]
        repairs = [self._repair(name) for name in self.venues.names()]
        return [self.venues.connect_all, *always, self._maintain, *repairs, *self._market_jobs()]

    def _shared(self, member: Member, gaps: GapLedger) -> Sharing:
        return Sharing(
            member,
            self.venues,
            gaps,
            self._clock,
            beside=self._repair,
            jobs={"market": self._know_market, "maintenance": self._maintain},
        )

    def _repair(self, exchange: str) -> Job:
        return Repair(self.venues.venue(exchange), self._keep, self._clock).run

    async def _know_market(self) -> None:
        """Gather market data and do the further jobs, of all venues whoever runs them."""
        venues = [self.venues.venue(name) for name in self.venues.names()]
        async with asyncio.TaskGroup() as group:
            for venue in venues:
                group.create_task(venue.keep_listed())
            for job in self._market_jobs():
                group.create_task(job())

    def _market_jobs(self) -> list[Job]:
        """Return the gathering of market data, and the jobs that live on it."""
        venues = [self.venues.venue(name) for name in self.venues.names()]
        gathering = Gathering(
            venues,
            self._writer,
            self._in_store_thread,
            self._clock,
            self._symbols,
            is_busy=lambda: self._journal.has_more,
        )
        return [gathering.run, *self._further_jobs(venues, gathering)]

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
        """Write what came together into the journal; wait while that has no room."""
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
        """Tidy the store up every ten minutes."""
        while True:
            await asyncio.sleep(MAINTAIN_SECONDS)
            days, zone_days = self._kept.days, self._kept.zone_days
            plan = partial(self._writer.maintenance_steps, self._clock(), days, zone_days)
            await self._tidy_up(plan)

    async def _flush(self) -> None:
        """While much comes in, move it to Parquet also in between."""
        while True:
            await asyncio.sleep(1)
            if self._writer.is_flush_due:
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
