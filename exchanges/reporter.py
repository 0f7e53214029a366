"""What the worker tells about itself while it runs: to the database, and to open pages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress

import msgspec
from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections

from exchanges.clock import Clock
from exchanges.events import ExchangeHealth
from exchanges.gaps import GapLedger
from exchanges.live import LivePush, Worker
from exchanges.recorder import Lease, record_health, record_samples, uptime_percents
from exchanges.sharing import Sharing
from exchanges.venues import Venues

log = logging.getLogger(__name__)

HEALTH_SECONDS = 1.0
SETTLE_SECONDS = 0.1
SAMPLE_SECONDS = 60.0


class Reporter:
    """Tells the venues' health, its gaps, and that the worker lives."""

    def __init__(
        self,
        venues: Venues,
        push: LivePush,
        lease: Lease,
        clock: Clock,
        gaps: GapLedger,
        sharing: Sharing | None = None,
    ) -> None:
        """`sharing` says which of the venues are this worker's, where there are several."""
        self._venues = venues
        self._push = push
        self._lease = lease
        self._clock = clock
        self._gaps = gaps
        self._sharing = sharing
        self._own: Sequence[str] = () if sharing else venues.names()
        self._uptimes: dict[str, float] = {}
        self.changed = asyncio.Event()
        """Set when a venue's state has changed."""
        self.troubles: dict[str, str] = {}
        """What keeps the worker from receiving or storing, in words, by where it is."""

    async def begin(self) -> None:
        """Take up the gap ledger where the worker before left it."""
        if self._sharing is not None:
            return
        await sync_to_async(self._gaps.begin)(
            self._venues.names(), self._lease.stopped_at, self._clock()
        )

    async def end(self) -> None:
        """Begin the gap that lasts until a worker runs again, and tell how it stands last."""
        with suppress(DatabaseError):
            if self._sharing is not None:
                await self._sharing.end()
            else:
                await sync_to_async(self._gaps.end)(self._clock())
            await self._tell()
        await self._push.flush()

    async def tell_health(self) -> None:
        """Tell health when it changes, and every second: it is also the sign of life.

        Ends with LeaseLost when another worker has taken over.
        """
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(HEALTH_SECONDS):
                    await self.changed.wait()
            self.changed.clear()
            try:
                await self._tell()
            except DatabaseError as error:
                log.error("health not recorded: %s", error)
                self.troubles["database"] = f"Health cannot be recorded: {error}"
                # One that has broken off is not used again.
                await sync_to_async(close_old_connections)()
            else:
                self.troubles["database"] = ""
            await asyncio.sleep(SETTLE_SECONDS)

    async def take_samples(self) -> None:
        """Record a sample a minute, from which uptime is worked out."""
        while True:
            with suppress(DatabaseError):
                self._uptimes = await sync_to_async(uptime_percents)(self._clock())
            await asyncio.sleep(SAMPLE_SECONDS)
            with suppress(DatabaseError):
                await sync_to_async(record_samples)(self._healths(), self._clock())

    async def _tell(self) -> None:
        self._own = await self._confirmed()
        healths = self._healths()
        trouble = " ".join(filter(None, self.troubles.values()))
        worker = Worker(since=self._lease.started_at, message=trouble)
        await self._push.health({h.exchange: h for h in healths}, worker)
        await sync_to_async(self._lease.renew)(trouble)
        await sync_to_async(record_health)(healths, self._clock())
        for name in self._own:
            await self._write_outages(name)
        running = self._running()
        still = [health for health in healths if health.exchange in running]
        await sync_to_async(self._gaps.record)(still, self._clock())

    def _running(self) -> Sequence[str]:
        return self._sharing.exchanges() if self._sharing else self._venues.names()

    async def _confirmed(self) -> Sequence[str]:
        """Return whose health is this worker's to tell; while nobody can be asked, what it runs."""
        if self._sharing is None:
            return self._own
        try:
            return await self._sharing.confirmed()
        except DatabaseError:
            return self._sharing.exchanges()

    async def _write_outages(self, name: str) -> None:
        """Write down what was over before anybody looked; what cannot be written stays."""
        outages = self._venues.venue(name).health.outages
        while outages:
            await sync_to_async(self._gaps.add)(name, outages[:1])
            del outages[0]

    def _healths(self) -> list[ExchangeHealth]:
        """Return the venues' health with the uptime of their samples."""
        return [
            msgspec.structs.replace(health, uptime_percent=self._uptimes.get(name))
            for name, health in self._venues.health().items()
            if name in self._own
        ]
