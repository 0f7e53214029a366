"""One venue: its contracts, its sockets, its health; nothing here can touch another venue."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from exchanges.adapters.base import Adapter, Options, Subscription
from exchanges.backoff import Backoff
from exchanges.catalog import Catalog
from exchanges.clock import Clock
from exchanges.endpoints import options
from exchanges.errors import InstrumentsUnavailable
from exchanges.events import Liquidation, StoredEvent
from exchanges.feed import Feed
from exchanges.health import HealthTracker
from exchanges.instruments import Instruments
from exchanges.intake import Accept
from exchanges.poller import Poller
from exchanges.rest import discover
from exchanges.running import Running
from exchanges.silence import Market, Silence
from exchanges.tail import Tail

log = logging.getLogger(__name__)

# Contracts are listed anew every six hours, and soon after one appears that the list does not
# have, or when it could not be had whole.
REFRESH_SECONDS = 21_600.0
REFRESH_PAUSE_SECONDS = 600.0


class Venue:
    """Runs all sockets of one venue, for ever."""

    def __init__(
        self,
        adapter: Adapter,
        *,
        accept: Accept,
        clock: Clock,
        on_change: Callable[[], None],
        folder: Path | None = None,
        copies: int = 1,
        market: Market | None = None,
    ) -> None:
        """`folder` is where the contracts are kept between runs, if they are; `copies` is how
        many sockets each subscription gets. `market` is what the venues have in common: each
        hears in it how busy the others are."""
        self.name = adapter.name
        self.health = HealthTracker(adapter.name, silence_of(adapter, market), clock, on_change)
        self.adapter = adapter
        self._accept = accept
        self._clock = clock
        self._copies = copies
        self._catalog = Catalog(adapter, folder)
        self.instruments = Instruments()
        self.options: Options = {}
        self._has_unknown = asyncio.Event()
        self._is_incomplete = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start in the background."""
        self.health.start()
        self._task = asyncio.create_task(self._run_for_ever(), name=self.name)

    async def stop(self) -> None:
        """Close all sockets."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.health.stop()

    async def keep_listed(self) -> None:
        """Know the contracts also while another worker runs the venue, for ever."""
        while True:
            if self._task is None or self._task.done():
                await self._renew()
                self.options = await self._discovered() | options(self.name)
            await asyncio.sleep(REFRESH_PAUSE_SECONDS if self._is_incomplete else REFRESH_SECONDS)

    async def _run_for_ever(self) -> None:
        """A bug in here is logged and shown, and stops this venue for a while only."""
        backoff = Backoff()
        while True:
            try:
                self.health.start()
                await self._run()
            except Exception as error:
                log.exception("%s: stopped by a bug", self.name)
                self.health.start()
                await self._wait(backoff, f"stopped by a bug: {_first(error)!r}; see the log")

    async def _run(self) -> None:
        """Run what the venue's contracts call for; where that changes, new sockets come first."""
        self.instruments, subscriptions = await self._prepare()
        async with asyncio.TaskGroup() as group:
            if self.adapter.poll_seconds is not None:
                group.create_task(self._poller().run())
            running = Running(group, self._sources)
            running.start(subscriptions)
            while True:
                await self._until_changed(subscriptions)
                subscriptions = self.adapter.subscriptions(self.instruments, self.options)
                await running.change_to(subscriptions)

    def _sources(
        self, number: int, subscription: Subscription, joins: bool
    ) -> Iterator[Feed | Tail]:
        """Yield what reads a subscription: one or two sockets, or the files of a folder."""
        if subscription.url.startswith("file:"):
            yield Tail(
                self.adapter,
                subscription,
                self.instruments,
                number=number,
                health=self.health,
                accept=self._take,
                clock=self._clock,
            )
            return
        for copy in range(self._copies):
            yield Feed(
                self.adapter,
                subscription,
                self.instruments,
                number=number,
                copy=copy,
                joins=joins,
                health=self.health,
                accept=self._take,
                clock=self._clock,
            )

    def _poller(self) -> Poller:
        return Poller(
            self.adapter,
            self.instruments,
            self.options,
            health=self.health,
            accept=self._take,
            clock=self._clock,
        )

    async def _take(self, events: Sequence[StoredEvent]) -> None:
        """Hand on what came, noting contracts that the list does not have."""
        for event in events:
            if isinstance(event, Liquidation):
                if event.value_usd is None:
                    self.health.unknown_value()
                if event.instrument_id not in self.instruments:
                    self._has_unknown.set()
        await self._accept(events)

    async def _prepare(self) -> tuple[Instruments, Sequence[Subscription]]:
        """Load the contracts, again and again where nothing can be subscribed without them."""
        backoff = Backoff()
        while True:
            instruments, reason = await self._catalog.load()
            self._note(reason)
            self.options = await self._discovered() | options(self.name)
            if subscriptions := self.adapter.subscriptions(instruments, self.options):
                return instruments, subscriptions
            await self._wait(backoff, reason or "the instrument list is empty")

    async def _discovered(self) -> dict[str, str]:
        try:
            return dict(await discover(self.adapter))
        except InstrumentsUnavailable as error:
            self.health.error(str(error))
            return {}

    async def _until_changed(self, subscriptions: Sequence[Subscription]) -> None:
        """Keep the contracts current; return when they call for other subscriptions."""
        while self.adapter.subscriptions(self.instruments, self.options) == subscriptions:
            self._has_unknown.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(0 if self._is_incomplete else REFRESH_SECONDS):
                    await self._has_unknown.wait()
            await asyncio.sleep(REFRESH_PAUSE_SECONDS)
            await self._renew()

    async def _renew(self) -> None:
        """Load the contracts anew; those that are known stay where none are listed."""
        listed, reason = await self._catalog.load()
        self._note(reason)
        if listed:
            self.instruments.replace(listed)

    def _note(self, reason: str) -> None:
        """Note whether the contracts were listed whole; what was not is asked for again soon."""
        self._is_incomplete = bool(reason)
        if reason:
            self.health.error(reason)
            log.warning("%s: %s", self.name, reason)

    async def _wait(self, backoff: Backoff, reason: str) -> None:
        """Say why the venue is down and when the next try is, and wait for it."""
        wait = backoff.next_wait()
        told = f"{reason}; try {backoff.tries} in {wait:.0f} s"
        self.health.error(reason)
        self.health.socket_is(0, "failed" if backoff.has_failed else "reconnecting", told)
        log.warning("%s: %s", self.name, told)
        await asyncio.sleep(wait)


def _first(error: BaseException) -> BaseException:
    """Return the one that a person wants to read of."""
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


def silence_of(adapter: Adapter, market: Market | None) -> Silence:
    """Return what judges this venue's silence, by what the adapter states of it."""
    ping = adapter.client_ping
    return Silence(
        adapter.name,
        adapter.quiet_rate_per_minute,
        market=market,
        control=adapter.control,
        control_seconds=adapter.control_seconds,
        heartbeat_seconds=ping.every_seconds if ping else None,
    )
