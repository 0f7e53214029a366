"""Sharing the venues with other workers: each takes its part, and that of one that dies.

A worker runs what it has claimed and nothing else. Claims hold as long as the worker gives signs
of life; whoever finds one without a living worker takes it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime, timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.db import DatabaseError

from exchanges.clock import Clock
from exchanges.gaps import HANDED_OVER, NOT_RUNNING, GapLedger
from exchanges.member import Free, Look, Member
from exchanges.models import LEASE_SECONDS
from exchanges.venues import Venues

log = logging.getLogger(__name__)

Job = Callable[[], Coroutine[Any, Any, None]]

LOOK_SECONDS = 1.0
# Workers that start together see one another before either takes everything.
SETTLE_SECONDS = 2.0
_CUT_OFF = timedelta(seconds=LEASE_SECONDS / 2)
_PATIENCE = timedelta(seconds=LEASE_SECONDS + 1)
_VENUE, _JOB = "exchange ", "job "


class Sharing:
    """Runs this worker's part, for ever."""

    def __init__(
        self,
        member: Member,
        venues: Venues,
        ledger: GapLedger,
        clock: Clock,
        *,
        beside: Callable[[str], Job],
        jobs: Mapping[str, Job],
    ) -> None:
        """`beside(exchange)` runs while that venue does; each of `jobs` in one worker only."""
        self._member = member
        self._venues = venues
        self._ledger = ledger
        self._clock = clock
        self._beside = beside
        self._jobs = {_JOB + name: job for name, job in jobs.items()}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._unheard: dict[str, tuple[datetime, str]] = {}
        """Since when, and why, nobody hears what is claimed and not run."""
        self._looked_at: datetime | None = None
        self._judges_from = clock()

    def exchanges(self) -> list[str]:
        """Return the venues that this worker runs."""
        return [n.removeprefix(_VENUE) for n in self._running if n.startswith(_VENUE)]

    async def confirmed(self) -> list[str]:
        """Return those that no other has taken meanwhile. Raises DatabaseError."""
        claimed = await sync_to_async(self._member.claimed)()
        return [exchange for exchange in self.exchanges() if _VENUE + exchange in claimed]

    async def run(self) -> None:
        """Take, give and run; while the database is away everything goes on as it is."""
        await asyncio.sleep(SETTLE_SECONDS)
        async with asyncio.TaskGroup() as group:
            while True:
                try:
                    await self.look(group)
                except DatabaseError as error:
                    log.error("what other workers do cannot be read: %s", error)
                await asyncio.sleep(LOOK_SECONDS)

    async def look(self, group: asyncio.TaskGroup) -> None:
        """Look once what is whose, and change what is to be changed. Raises DatabaseError."""
        names = [_VENUE + name for name in self._venues.names()]
        found = await sync_to_async(self._member.look)([*names, *self._jobs])
        self._note_time()
        for name in self._running.keys() - found.mine:
            await self._lose(name)
        for name in found.mine - self._running.keys():
            # After a start what it had before, else what a failing database kept it from.
            unheard = self._unheard.get(name)
            await self._begin(group, name, *(unheard or (self._stopped_at(), NOT_RUNNING)))
        if self._clock() >= self._judges_from:
            await self._take_part(group, found, -(-len(names) // found.workers))

    async def end(self) -> None:
        """Give up everything, the connections being closed. Raises DatabaseError."""
        for name in list(self._running):
            await self._give(name)

    def _stopped_at(self) -> datetime:
        return self._member.stopped_at or self._clock()

    def _note_time(self) -> None:
        """Who could not read for a while takes nobody for dead who could not write meanwhile."""
        now = self._clock()
        if self._looked_at is not None and now - self._looked_at > _CUT_OFF:
            self._judges_from = now + _PATIENCE
        self._looked_at = now

    async def _take_part(self, group: asyncio.TaskGroup, found: Look, part: int) -> None:
        """Take free venues up to a fair part, and one job at a time; give back one too many."""
        venues = [name for name in self._running if name.startswith(_VENUE)]
        free = [one for one in found.free if one.name.startswith(_VENUE)]
        for one in free[: max(0, part - len(venues))]:
            await self._take(group, one)
        for one in [one for one in found.free if one.name in self._jobs][:1]:
            await self._take(group, one)
        for name in venues[part:]:
            log.info("%s is left to another worker", name)
            await self._give(name)

    async def _take(self, group: asyncio.TaskGroup, free: Free) -> None:
        if await sync_to_async(self._member.take)(free):
            reason = NOT_RUNNING
            if free.was is not None and free.was.worker:
                reason = f"{free.was.worker} gave no sign of life; {self._member.name} took over"
            log.info("%s is this worker's: %s", free.name, reason)
            self._unheard[free.name] = free.last_sign, reason
            await self._begin(group, free.name, free.last_sign, reason)

    async def _begin(
        self, group: asyncio.TaskGroup, name: str, since: datetime, reason: str
    ) -> None:
        """Run it, after what nobody has heard is in the ledger."""
        if name in self._jobs:
            self._running[name] = group.create_task(self._jobs[name]())
            return
        exchange = name.removeprefix(_VENUE)
        await sync_to_async(self._ledger.take)(exchange, since, self._clock(), reason)
        self._unheard.pop(name, None)
        venue = self._venues.venue(exchange)
        venue.health.outages.clear()
        venue.start()
        self._running[name] = group.create_task(self._beside(exchange)())

    async def _give(self, name: str) -> None:
        """Stop running it, and say so to the others last of all."""
        await self._stop(name)
        if name not in self._jobs:
            await sync_to_async(self._ledger.give)(name.removeprefix(_VENUE), self._clock())
        await sync_to_async(self._member.give_up)(name)

    async def _lose(self, name: str) -> None:
        """Stop running what another has taken, who writes its ledger."""
        log.warning("%s was taken over by another worker, because this one was slow", name)
        await self._stop(name)
        self._ledger.forget(name.removeprefix(_VENUE))
        self._unheard.pop(name, None)

    async def _stop(self, name: str) -> None:
        task = self._running.pop(name)
        self._unheard[name] = self._clock(), HANDED_OVER
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if name not in self._jobs:
            await self._venues.venue(name.removeprefix(_VENUE)).stop()
