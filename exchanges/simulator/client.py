"""One connected socket: what it subscribed to, what waits to be written, its limits."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from uuid import uuid4

from aiohttp import WSMsgType, web

from exchanges.simulator.faults import Faults
from exchanges.simulator.ledger import Parcel
from exchanges.simulator.waiting import until

SLOW_SECONDS = 2.0
# Frames that overtake one another are at most this far apart.
REORDER_SECONDS = 0.5
# A reader this far behind is cut, as venues do.
LONGEST_BACKLOG = 200_000

PING = object()


@dataclass(frozen=True, slots=True)
class Limits:
    """When a venue pings, and when it closes a socket; `None`: never."""

    messages_per_second: int | None = None
    idle_seconds: float | None = None
    lifetime_seconds: float | None = None
    ping_every_seconds: float | None = None
    pong_within_seconds: float | None = None


class Client:
    """A socket as its venue sees it.

    `form` and `is_deaf` are the venue's to set: how frames are dressed for this socket, and
    that it gets none although it is answered.
    """

    def __init__(
        self,
        request: web.Request,
        socket: web.WebSocketResponse,
        path: str,
        faults: Faults,
        clock: Callable[[], float],
        pack: Callable[[str], str | bytes],
    ) -> None:
        self.id = str(uuid4())
        self.path = path
        self.query: Mapping[str, str] = request.query
        self.topics: set[str] = set()
        self.form = ""
        self.is_deaf = False
        self.subscribed_at = 0.0
        self.opened_at = self.heard_at = self.pinged_at = clock()
        self._unanswered_ping_at: float | None = None
        self._recent: deque[float] = deque()
        self._socket = socket
        self._transport = request.transport
        self._faults, self._clock, self._pack = faults, clock, pack
        self._loop = asyncio.get_running_loop()
        self._outgoing: list[tuple[float, int, object, Parcel | None]] = []
        self._numbers = count()
        self._last_due = 0.0
        self._is_writing = False
        self._wake = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """Whether anything can still be written."""
        return self._transport is not None and not self._transport.is_closing()

    @property
    def backlog(self) -> int:
        """How many frames are not written yet."""
        return len(self._outgoing) + self._is_writing if self.is_open else 0

    @property
    def is_listening(self) -> bool:
        """Whether it is subscribed to something and can be given it."""
        return bool(self.topics) and not self.is_deaf and self.is_open

    def subscribe(self, topics: Iterable[str]) -> None:
        """Send it these topics from now on."""
        self.topics.update(topics)
        self.subscribed_at = self._loop.time()

    def unsubscribe(self, topics: Iterable[str]) -> None:
        """Send it these topics no more."""
        self.topics.difference_update(topics)

    def send(self, text: object, parcel: Parcel | None = None) -> None:
        """Queue a text (or a ping frame); a stalled venue sends nothing, a slow one later."""
        if not self.is_open or self._faults.has("stall"):
            return
        if len(self._outgoing) >= LONGEST_BACKLOG:
            self.cut(at_once=True)
            return
        heappush(self._outgoing, (self._due(), next(self._numbers), text, parcel))
        self._wake.set()

    def _due(self) -> float:
        """Return when a frame leaves: in the order of sending, unless they are shuffled."""
        due = self._loop.time() + (SLOW_SECONDS if self._faults.has("slow") else 0.0)
        if self._faults.has("reorder"):
            return due + random.uniform(0.0, REORDER_SECONDS)
        self._last_due = max(due, self._last_due)
        return self._last_due

    def cut(self, *, at_once: bool = False) -> None:
        """End the connection without a closing handshake.

        What was written still arrives, unless `at_once`: then even that is thrown away.
        """
        if self._transport is None:
            return
        if at_once:
            self._transport.abort()
        else:
            self._transport.close()

    async def write_forever(self) -> None:
        """Write what is queued, in order, as fast as the socket takes it."""
        try:
            with suppress(ConnectionError):
                while True:
                    await self._write_due()
                    self._wake.clear()
                    await self._awake()
        finally:
            self._outgoing.clear()

    async def _awake(self) -> None:
        """Wait for the next frame to be due, or another to be queued."""
        wait = self._outgoing[0][0] - self._loop.time() if self._outgoing else None
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._wake.wait()

    async def _write_due(self) -> None:
        while self._outgoing and self._outgoing[0][0] <= self._loop.time():
            _, _, text, parcel = heappop(self._outgoing)
            if self._faults.has("stall"):
                continue
            self._is_writing = True
            is_whole = await self._write(text)
            if is_whole and parcel is not None:
                parcel.taken()
            self._is_writing = False

    async def _write(self, text: object) -> bool:
        """Write a frame; return whether it was the whole of it."""
        if text is PING:
            await self._socket.ping()
            return True
        packed = self._pack(str(text))
        if is_half := self._faults.has("half"):
            packed = packed[: len(packed) // 2]
        if isinstance(packed, str):
            await self._socket.send_str(packed)
        else:
            await self._socket.send_bytes(packed)
        return not is_half

    async def read_forever(
        self, hear: Callable[[Client, str | bytes], None], limits: Limits
    ) -> None:
        """Answer until the socket closes; a stalled venue reads and does nothing."""
        while True:
            message = await self._socket.receive()
            if self._faults.has("stall") and message.type is WSMsgType.CLOSE:
                # The connection that wants to close is kept, and nothing said.
                await until(lambda: not (self._faults.has("stall") and self.is_open), 0.02)
            if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING):
                break
            if message.type is WSMsgType.ERROR:
                break
            if self._faults.has("stall"):
                continue
            if self._is_over_limit(limits):
                await self._socket.close(code=1008, message=b"Too many requests")
                break
            if message.type is WSMsgType.PING:
                await self._socket.pong(message.data)
            elif message.type is WSMsgType.PONG:
                self._unanswered_ping_at = None
            else:
                hear(self, message.data)

    def tick(self, limits: Limits, now: float) -> None:
        """Ping when it is time; cut a socket that broke a limit."""
        limited = (
            (self.heard_at, limits.idle_seconds),
            (self.opened_at, limits.lifetime_seconds),
            (self._unanswered_ping_at, limits.pong_within_seconds),
        )
        if any(_is_over(now, since, seconds) for since, seconds in limited):
            self.cut()
        elif _is_over(now, self.pinged_at, limits.ping_every_seconds):
            self.pinged_at = now
            if self._unanswered_ping_at is None:
                self._unanswered_ping_at = now
            self.send(PING)

    def _is_over_limit(self, limits: Limits) -> bool:
        """Note an incoming frame; tell whether there were too many within a second."""
        self.heard_at = now = self._clock()
        if limits.messages_per_second is None:
            return False
        self._recent.append(now)
        while self._recent[0] <= now - 1:
            self._recent.popleft()
        return len(self._recent) > limits.messages_per_second


def _is_over(now: float, since: float | None, seconds: float | None) -> bool:
    return since is not None and seconds is not None and now - since >= seconds
