"""The one loop from connecting to reading to coming back, for one socket of one venue."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from exchanges.adapters.base import Adapter, Subscription
from exchanges.backoff import Backoff
from exchanges.clock import Clock
from exchanges.endpoints import resolve
from exchanges.errors import ConnectionRefused
from exchanges.events import (
    Acknowledged,
    FeedEvent,
    Liquidation,
    MarkPrice,
    Refused,
    Reply,
    State,
)
from exchanges.health import HealthTracker
from exchanges.instruments import Instruments
from exchanges.intake import Accept, Intake, Sleep
from exchanges.trouble import explain, is_block, seconds_to_wait

log = logging.getLogger(__name__)

OPEN_SECONDS = 10.0
ACKNOWLEDGE_SECONDS = 10.0
PING_SECONDS = 15.0
# A connection that has lived so long has proven itself even if the market was quiet.
PROVEN_SECONDS = 30.0
# Whatever a venue asks for, an hour later it is worth a look.
LONGEST_REST = 3600.0
# Some snapshots on subscribing are close to 1 MiB.
LARGEST_FRAME = 4 * 1024 * 1024


class Feed:
    """Keeps one subscription alive for ever; hands what it reads to `accept`."""

    def __init__(
        self,
        adapter: Adapter,
        subscription: Subscription,
        instruments: Instruments,
        *,
        number: int,
        health: HealthTracker,
        accept: Accept,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._adapter = adapter
        self._subscription = subscription
        self._instruments = instruments
        self._number = number
        self._health = health
        self._intake = Intake(adapter, instruments, health=health, accept=accept, clock=clock)
        self._sleep = sleep
        self._backoff = Backoff()
        self._missing = self._confirmed = 0
        self._refusal = ""
        self._has_delivered = False
        self._connected_at = clock()
        self._marked: set[str] = set()
        self._clock = clock

    async def run(self) -> None:
        """Connect and read, come back after each failure; ends only by cancellation."""
        self._health.socket_is(self._number, "connecting")
        while True:
            try:
                await self._session()
            except (OSError, WebSocketException, ConnectionRefused, TimeoutError) as error:
                await self._rest(error)

    async def _session(self) -> None:
        url = resolve(self._adapter.name, self._subscription.url)
        async with connect(
            url,
            open_timeout=OPEN_SECONDS,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
            max_size=LARGEST_FRAME,
            close_timeout=1,
            additional_headers=self._subscription.headers,
        ) as socket:
            pings = asyncio.create_task(self._ping(socket))
            try:
                await self._subscribe(socket)
                await self._read(socket)
            finally:
                pings.cancel()
                self._forget_marks()

    async def _subscribe(self, socket: ClientConnection) -> None:
        """Ask for the feed and read until every request is acknowledged."""
        self._missing, self._confirmed = self._subscription.acknowledgements, 0
        self._has_delivered, self._connected_at = False, self._clock()
        sending = asyncio.create_task(self._send_all(socket))
        pauses = self._subscription.pause_seconds * len(self._subscription.messages)
        try:
            async with asyncio.timeout(ACKNOWLEDGE_SECONDS + pauses):
                while self._missing > 0:
                    await self._handle(socket, await socket.recv(decode=False))
                await sending
        except TimeoutError:
            # One that delivers what it was asked for is subscribed, whether or not it says so.
            if not self._has_delivered or self._subscription.acknowledgements > 1:
                raise ConnectionRefused("the venue did not acknowledge the subscription") from None
        finally:
            sending.cancel()
        is_proven = self._confirmed or self._has_delivered
        if self._subscription.acknowledgements and not is_proven:
            raise ConnectionRefused(f"every subscription refused: {self._refusal}")
        self._health.socket_is(self._number, "subscribed")
        log.info("%s: subscribed", self._adapter.name)

    async def _send_all(self, socket: ClientConnection) -> None:
        for message in self._subscription.messages:
            await socket.send(message)
            await asyncio.sleep(self._subscription.pause_seconds)

    async def _read(self, socket: ClientConnection) -> None:
        loop = asyncio.get_running_loop()
        proven = loop.call_later(PROVEN_SECONDS, self._backoff.reset)
        try:
            while True:
                await self._handle(socket, await socket.recv(decode=False))
        finally:
            proven.cancel()

    def _forget_marks(self) -> None:
        """A mark is worth something only while the connection that keeps it current lives."""
        for instrument_id in self._marked:
            self._instruments.marks.pop(instrument_id, None)
        self._marked.clear()

    async def _handle(self, socket: ClientConnection, frame: bytes) -> None:
        for event in await self._intake.take(frame):
            await self._answer(socket, event)

    async def _answer(self, socket: ClientConnection, event: FeedEvent) -> None:
        match event:
            case Liquidation() if event.exchange_time > self._connected_at:
                self._has_delivered = True
            case Acknowledged():
                self._missing -= 1
                self._confirmed += 1
            case MarkPrice(instrument_id, price):
                self._instruments.marks[instrument_id] = price
                self._marked.add(instrument_id)
            case Reply(message):
                await socket.send(message)
            case Refused(reason, retry, is_fatal):
                self._refusal = reason
                self._health.error(f"subscription refused: {reason}")
                if is_fatal and not retry:
                    raise ConnectionRefused(f"subscription refused: {reason}")
                self._missing += len(retry) - 1
                for message in retry:
                    await socket.send(message)

    async def _ping(self, socket: ClientConnection) -> None:
        """Send what the venue wants to hear from its clients, if it wants anything."""
        if (ping := self._adapter.client_ping) is None:
            return
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(ping.every_seconds)
                await socket.send(ping.message)

    async def _rest(self, error: Exception) -> None:
        """Say what went wrong and when the next try is, and wait for it."""
        refused = _as_refusal(error)
        wait = self._backoff.next_wait(min(refused.retry_after, LONGEST_REST))
        self._health.error(str(refused))
        state: State = "failed" if self._backoff.has_failed else "reconnecting"
        state = "blocked" if refused.is_block else state
        host = urlsplit(resolve(self._adapter.name, self._subscription.url)).hostname
        reason = f"{host}: {refused}; try {self._backoff.tries} in {wait:.0f} s"
        self._health.socket_is(self._number, state, reason)
        log.warning("%s: %s", self._adapter.name, reason)
        await self._sleep(wait)


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
