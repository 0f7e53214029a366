"""The one loop from connecting to reading to coming back, for one subscription of one venue."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from urllib.parse import urlsplit

from websockets.exceptions import InvalidStatus, WebSocketException

from exchanges.adapters.base import Adapter, Subscription
from exchanges.backoff import Backoff
from exchanges.clock import Clock
from exchanges.connection import Connection
from exchanges.endpoints import resolve
from exchanges.errors import ConnectionRefused
from exchanges.events import State
from exchanges.health import HealthTracker
from exchanges.instruments import Instruments
from exchanges.intake import Accept, Intake, Sleep
from exchanges.trouble import explain, is_block, seconds_to_wait

log = logging.getLogger(__name__)

# A connection that has lived so long has proven itself even if the market was quiet.
PROVEN_SECONDS = 30.0
# So long before the venue ends a connection by its rules, another one takes over.
RELIEF_SECONDS = 600.0
# A relief that could not be opened is tried again after this.
RELIEF_PAUSE_SECONDS = 60.0
# Whatever a venue asks for, an hour later it is worth a look.
LONGEST_REST = 3600.0

_FAILURES = (OSError, WebSocketException, ConnectionRefused, TimeoutError)


class Feed:
    """Keeps one subscription alive for ever; hands what it reads to `accept`."""

    def __init__(
        self,
        adapter: Adapter,
        subscription: Subscription,
        instruments: Instruments,
        *,
        number: int,
        copy: int = 0,
        joins: bool = False,
        health: HealthTracker,
        accept: Accept,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """`number` names the subscription within the venue, `copy` this one of its sockets; one
        that `joins` others of its venue does not count until it has subscribed, or failed to."""
        self._adapter = adapter
        self._subscription = subscription
        self._instruments = instruments
        self._number = number
        self._copy = copy
        self._joins = joins
        self.is_subscribed = asyncio.Event()
        self._heard_at: datetime | None = None
        self._health = health
        self._intake = Intake(adapter, instruments, health=health, accept=accept, clock=clock)
        self._sleep = sleep
        self._backoff = Backoff()
        self._clock = clock

    async def run(self) -> None:
        """Connect and read, come back after each failure; ends only by cancellation."""
        if not self._joins:
            self._tell("connecting")
        try:
            while True:
                try:
                    await self._session()
                except _FAILURES as error:
                    await self._rest(error)
        finally:
            self._health.socket_is_gone(self._number, self._copy)

    async def _session(self) -> None:
        """Read from one connection after the other, each relieved before its time is up."""
        connection = await self._open()
        self._tell_subscribed(connection)
        log.info("%s: subscribed", self._adapter.name)
        proven = asyncio.get_running_loop().call_later(PROVEN_SECONDS, self._backoff.reset)
        try:
            while not await connection.ended(self._seconds_until_relief()):
                connection = await self._relieve(connection)
        finally:
            proven.cancel()
            self._heard_at = connection.heard_at
            await connection.close()

    async def _open(self) -> Connection:
        connection = Connection(
            self._adapter,
            self._subscription,
            self._instruments,
            intake=self._intake,
            health=self._health,
            clock=self._clock,
            on_delivery=self._note_delivery,
        )
        await connection.open()
        return connection

    async def _relieve(self, old: Connection) -> Connection:
        """Return a new connection, the old one closed after it; what both deliver counts once."""
        while True:
            try:
                new = await self._open()
            except _FAILURES as error:
                self._health.error(f"no second connection to take over: {explain(error)}")
                if await old.ended(RELIEF_PAUSE_SECONDS):
                    return old
            else:
                self._tell_subscribed(new)
                try:
                    await old.close(is_relieved=True)
                except BaseException:
                    await new.close()
                    raise
                log.info("%s: a new connection took over", self._adapter.name)
                return new

    def _seconds_until_relief(self) -> float | None:
        """Return how long a connection is read before another takes over; None: for ever."""
        lifetime = self._adapter.connection_lifetime_seconds
        return lifetime and max(lifetime / 2, lifetime - RELIEF_SECONDS)

    async def _rest(self, error: Exception) -> None:
        """Say what went wrong and when the next try is, and wait for it."""
        refused = _as_refusal(error)
        wait = self._backoff.next_wait(min(refused.retry_after, LONGEST_REST))
        self._health.error(str(refused))
        state: State = "failed" if self._backoff.has_failed else "reconnecting"
        state = "blocked" if refused.is_block else state
        host = urlsplit(resolve(self._adapter.name, self._subscription.url)).hostname
        reason = f"{host}: {refused}; try {self._backoff.tries} in {wait:.0f} s"
        self._tell(state, reason)
        log.warning("%s: %s", self._adapter.name, reason)
        await self._sleep(wait)

    def _tell_subscribed(self, connection: Connection) -> None:
        self.is_subscribed.set()
        self._health.socket_is(
            self._number,
            "subscribed",
            connection.shortfall,
            copy=self._copy,
            has_control=connection.has_control,
        )

    def _note_delivery(self) -> None:
        self._health.delivered(self._number, self._copy)

    def _tell(self, state: State, reason: str = "") -> None:
        self._health.socket_is(
            self._number, state, reason, copy=self._copy, heard_at=self._heard_at
        )


def _as_refusal(error: Exception) -> ConnectionRefused:
    """Return the failure with what it means for the next try."""
    if isinstance(error, ConnectionRefused):
        return error
    if isinstance(error, InvalidStatus):
        answer = error.response
        return ConnectionRefused(
            explain(error),
            is_block=is_block(answer.status_code),
            retry_after=seconds_to_wait(answer.headers),
        )
    return ConnectionRefused(explain(error))
