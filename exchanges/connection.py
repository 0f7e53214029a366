"""One socket of one subscription, from opening to its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from exchanges.adapters.base import Adapter, Subscription
from exchanges.clock import Clock
from exchanges.endpoints import resolve
from exchanges.equals import Equals
from exchanges.errors import ConnectionRefused
from exchanges.events import (
    Acknowledged,
    Delivered,
    FeedEvent,
    Liquidation,
    MarkPrice,
    Refused,
    Reply,
)
from exchanges.health import HealthTracker
from exchanges.instruments import Instruments
from exchanges.intake import Intake

log = logging.getLogger(__name__)

OPEN_SECONDS = 10.0
ACKNOWLEDGE_SECONDS = 10.0
PING_SECONDS = 15.0
CLOSE_SECONDS = 3.0
# Beyond this a frame is not even read: the connection ends, which is counted as trouble.
LARGEST_MESSAGE = 8 * 1024 * 1024
# Of what has arrived, so many frames at most are taken in and kept at once.
FRAMES_TOGETHER = 1_000


class Connection:
    """Opens, subscribes, then reads until the connection breaks or is closed."""

    def __init__(
        self,
        adapter: Adapter,
        subscription: Subscription,
        instruments: Instruments,
        *,
        intake: Intake,
        health: HealthTracker,
        clock: Clock,
        on_delivery: Callable[[], None],
    ) -> None:
        """`on_delivery` is called for every frame that proves that the path delivers."""
        self._adapter = adapter
        self._subscription = subscription
        self._instruments = instruments
        self._intake = intake
        self._health = health
        self._clock = clock
        self._on_delivery = on_delivery
        self._equals = Equals() if adapter.numbers_equals else None
        self.has_control = subscription.has_control
        """Whether the venue's control stream comes on this socket."""
        self._missing, self._confirmed = subscription.acknowledgements, 0
        self._refusal = ""
        self.refusals = 0
        """How many requests for liquidations the venue refused for good."""
        self._has_delivered = False
        self._is_delivering = False
        self._asking: list[Reply | Refused] = []
        self._connected_at = self.heard_at = clock()
        self._socket: ClientConnection
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Connect and subscribe, then read in the background.

        Raises ConnectionRefused, WebSocketException, OSError or TimeoutError.
        """
        self._socket = await connect(
            resolve(self._adapter.name, self._subscription.url),
            open_timeout=OPEN_SECONDS,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
            max_size=LARGEST_MESSAGE,
            close_timeout=1,
            additional_headers=self._subscription.headers,
        )
        self._connected_at = self.heard_at = self._clock()
        self._tasks = [asyncio.create_task(self._ping())]
        try:
            await self._subscribe()
        except BaseException:
            await self.close()
            raise
        self._tasks.append(asyncio.create_task(self._read()))
        self._tasks[-1].add_done_callback(_note_the_end)

    async def ended(self, seconds: float | None = None) -> bool:
        """Wait for the end, or so many seconds; return False when it has not ended.

        Raises what it ended of.
        """
        reading = self._tasks[-1]
        await asyncio.wait({reading}, timeout=seconds)
        return reading.done() and reading.result() is None

    async def close(self, *, is_relieved: bool = False) -> None:
        """Close; what had arrived by then is still read.

        A mark price is worth something only while a connection keeps it current: it is
        forgotten, unless another connection has taken over.
        """
        pinging, *reading = self._tasks
        pinging.cancel()
        try:
            await self._socket.close()
            # While nothing can be kept a reader would wait for ever.
            await asyncio.wait(reading or [pinging], timeout=CLOSE_SECONDS)
        finally:
            for task in reading:
                task.cancel()
            if not is_relieved:
                self._instruments.forget_marks(self)

    @property
    def shortfall(self) -> str:
        """Return in words what of the subscription was refused; empty: nothing."""
        return f"refused in part ({self.refusals}): {self._refusal}" if self.refusals else ""

    async def _subscribe(self) -> None:
        """Ask for the feed and read until every request is acknowledged."""
        sending = asyncio.create_task(self._send_all())
        pauses = self._subscription.pause_seconds * len(self._subscription.messages)
        try:
            async with asyncio.timeout(ACKNOWLEDGE_SECONDS + pauses):
                while self._missing > 0:
                    await self._handle([await self._socket.recv(decode=False)])
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

    async def _send_all(self) -> None:
        for message in self._subscription.messages:
            await self._socket.send(message)
            await asyncio.sleep(self._subscription.pause_seconds)

    async def _read(self) -> None:
        while True:
            await self._handle(await self._together())

    async def _together(self) -> list[bytes]:
        """Wait for a frame; return it with those that came with it."""
        frames = [await self._socket.recv(decode=False)]
        # That the connection has ended is told again by the next one that is waited for.
        with suppress(TimeoutError, ConnectionClosed):
            # Of what is there already nothing waits, so it comes before any timeout.
            async with asyncio.timeout(0):
                while len(frames) < FRAMES_TOGETHER:
                    frames.append(await self._socket.recv(decode=False))
        return frames

    async def _handle(self, frames: Sequence[bytes]) -> None:
        """Take frames in, have them kept, then answer those that want it."""
        self.heard_at = self._clock()
        for frame in frames:
            for event in self._intake.take(frame, self._equals):
                self._note(event)
        await self._intake.keep()
        if self._is_delivering:
            self._is_delivering = False
            self._on_delivery()
        asking, self._asking = self._asking, []
        for event in asking:
            await self._answer(event)

    def _note(self, event: FeedEvent) -> None:
        match event:
            case Liquidation(exchange_time=happened_at):
                self._is_delivering = True
                self._has_delivered = self._has_delivered or happened_at > self._connected_at
            case MarkPrice(instrument_id, price):
                self._is_delivering = True
                self._instruments.mark(instrument_id, price, self)
            case Delivered():
                self._is_delivering = True
            case Acknowledged(is_control):
                self._missing -= 1
                self._confirmed += not is_control
            case Reply() | Refused():
                self._asking.append(event)

    async def _answer(self, event: Reply | Refused) -> None:
        if isinstance(event, Reply):
            await self._socket.send(event.message)
        else:
            await self._ask_again(event)

    async def _ask_again(self, refused: Refused) -> None:
        """Send the smaller requests instead, if there are any."""
        self._refusal = refused.reason
        self.has_control = self.has_control and not refused.is_control
        self._health.error(f"subscription refused: {refused.reason}")
        if refused.is_fatal and not refused.retry:
            raise ConnectionRefused(f"subscription refused: {refused.reason}")
        self._missing += len(refused.retry) - 1
        self.refusals += not refused.retry and not refused.is_control
        for message in refused.retry:
            await self._socket.send(message)

    async def _ping(self) -> None:
        """Send what the venue wants to hear from its clients, if it wants anything."""
        if (ping := self._adapter.client_ping) is None:
            return
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(ping.every_seconds)
                await self._socket.send(ping.message)


def _note_the_end(reading: asyncio.Task[None]) -> None:
    """Take the exception of a reader whose end nobody waits for any more."""
    if not reading.cancelled():
        reading.exception()
