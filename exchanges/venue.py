"""One venue: its contracts, its sockets, its health; nothing here can touch another venue."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from exchanges.adapters.base import Adapter, Subscription
from exchanges.backoff import Backoff
from exchanges.endpoints import options
from exchanges.errors import InstrumentsUnavailable
from exchanges.feed import Accept, Feed
from exchanges.health import HealthTracker
from exchanges.instruments import Instruments
from exchanges.rest import discover, load_instruments

log = logging.getLogger(__name__)

# With Poisson arrivals at a fifth of the usual quiet rate, a silence this much longer than
# the mean gap happens less than once in a million gaps.
_SILENCE_IN_MEAN_GAPS = 14.0
_QUIETER_THAN_USUAL = 5.0


class Venue:
    """Runs all sockets of one venue, for ever."""

    def __init__(
        self,
        adapter: Adapter,
        *,
        accept: Accept,
        clock: Callable[[], datetime],
        on_change: Callable[[], None],
    ) -> None:
        self.name = adapter.name
        self.health = HealthTracker(adapter.name, usual_silence(adapter), clock, on_change)
        self._adapter = adapter
        self._accept = accept
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start in the background."""
        self.health.socket_is(0, "connecting")
        self._task = asyncio.create_task(self._run_for_ever(), name=self.name)

    async def stop(self) -> None:
        """Close all sockets."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.health.stop()

    async def _run_for_ever(self) -> None:
        """A bug in here is logged and shown, and stops this venue for a while only."""
        backoff = Backoff()
        while True:
            try:
                await self._run()
            except Exception as error:
                log.exception("%s: stopped by a bug", self.name)
                self.health.stop()
                await self._wait(backoff, f"stopped by a bug: {error!r}; see the log")

    async def _run(self) -> None:
        instruments, subscriptions = await self._prepare()
        feeds = [
            Feed(
                self._adapter,
                subscription,
                instruments,
                number=number,
                health=self.health,
                accept=self._accept,
                clock=self._clock,
            )
            for number, subscription in enumerate(subscriptions)
        ]
        async with asyncio.TaskGroup() as group:
            for feed in feeds:
                group.create_task(feed.run())

    async def _prepare(self) -> tuple[Instruments, Sequence[Subscription]]:
        """Load the contracts, again and again where nothing can be subscribed without them."""
        backoff = Backoff()
        while True:
            try:
                instruments = await load_instruments(self._adapter)
                found = await discover(self._adapter)
                reason = "the instrument list is empty"
            except InstrumentsUnavailable as error:
                instruments, found, reason = Instruments(), {}, str(error)
            told = {**found, **options(self.name)}
            if subscriptions := self._adapter.subscriptions(instruments, told):
                return instruments, subscriptions
            await self._wait(backoff, reason)

    async def _wait(self, backoff: Backoff, reason: str) -> None:
        """Say why the venue is down and when the next try is, and wait for it."""
        wait = backoff.next_wait()
        told = f"{reason}; try {backoff.tries} in {wait:.0f} s"
        self.health.error(reason)
        self.health.socket_is(0, "failed" if backoff.has_failed else "reconnecting", told)
        log.warning("%s: %s", self.name, told)
        await asyncio.sleep(wait)


def usual_silence(adapter: Adapter) -> timedelta:
    """Return how long this venue may be quiet before that is remarkable."""
    slow_rate = adapter.quiet_rate_per_minute / _QUIETER_THAN_USUAL
    return timedelta(minutes=_SILENCE_IN_MEAN_GAPS / slow_rate)
