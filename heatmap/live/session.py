"""One client: its numbered frames, within its limits, over one socket and then maybe another."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from time import monotonic

from heatmap.live import frames
from heatmap.live.bucket import Bucket
from heatmap.live.frames import Frame
from heatmap.live.limits import Limits
from heatmap.live.messages import Subscription
from heatmap.live.outlet import Outlet
from heatmap.live.sent import SentLastMinute
from heatmap.live.turns import Turns


class TooSlow(Exception):
    """The client has not read for so long that its socket is to be closed."""


class Silent(Exception):
    """The client has said nothing for so long that its socket is to be closed."""


class FrameQueue:
    """Frames in order, bounded in number and bytes: beyond that the oldest go."""

    def __init__(self, most_frames: int, most_bytes: int) -> None:
        self._most_frames = most_frames
        self._most_bytes = most_bytes
        self._frames: deque[Frame] = deque()
        self._bytes = 0

    def add(self, frame: Frame) -> int:
        """Put a frame at the end; return how many had to go for it."""
        self._frames.append(frame)
        self._bytes += frames.size(frame.body)
        before = len(self._frames)
        while len(self._frames) > 1 and self._is_full:
            self.pop()
        return before - len(self._frames)

    def pop(self) -> Frame:
        """Take the oldest out."""
        frame = self._frames.popleft()
        self._bytes -= frames.size(frame.body)
        return frame

    def clear(self) -> None:
        """Forget all."""
        self._frames.clear()
        self._bytes = 0

    @property
    def first(self) -> Frame:
        """The oldest."""
        return self._frames[0]

    def __len__(self) -> int:
        return len(self._frames)

    def __iter__(self) -> Iterator[Frame]:
        return iter(self._frames)

    @property
    def _is_full(self) -> bool:
        return len(self._frames) > self._most_frames or self._bytes > self._most_bytes


class Session:
    """What one client is to get. `offer` numbers a frame, `run` sends over the client's socket.

    A number that is skipped on the wire is a frame that was dropped because the client was slow.
    """

    def __init__(self, address: str, limits: Limits, sent: SentLastMinute, turns: Turns) -> None:
        self.id = secrets.token_urlsafe(16)
        self.address = address
        self.subscription: Subscription | None = None
        self.seq = 0
        self.dropped = 0
        self.is_slow = self._is_given_up = False
        self.heard_at = self.left_at = monotonic()
        self._limits = limits
        self._sent = sent
        self._turns = turns
        self._outlet: Outlet | None = None
        self._wake = asyncio.Event()
        self._kept = FrameQueue(limits.kept_frames, limits.kept_bytes)
        self._waiting = FrameQueue(limits.waiting_frames, limits.waiting_bytes)
        self._bytes = Bucket(limits.bytes_per_second, limits.bytes_per_second)
        self._frames = Bucket(limits.frames_per_second, limits.frames_per_second)

    @property
    def is_attached(self) -> bool:
        """Whether the client has a socket."""
        return self._outlet is not None

    def covers(self, seq: int) -> bool:
        """Return whether everything after `seq` is still kept."""
        if not 0 <= seq <= self.seq:
            return False
        return seq == self.seq or (bool(self._kept) and self._kept.first.seq <= seq + 1)

    def attach(self, outlet: Outlet, welcome: str, after: int | None) -> None:
        """Go on over this socket, with the frames kept after a number; an older socket ends."""
        self._outlet = outlet
        self.heard_at = monotonic()
        self.is_slow = self._is_given_up = False
        self.dropped = 0
        self._waiting.clear()
        self.say(welcome)
        for frame in self._kept if after is not None else ():
            if frame.seq > (after or 0):
                self._waiting.add(frame)

    def detach(self, outlet: Outlet) -> None:
        """Only keep frames from now on, unless another socket has taken over."""
        if self._outlet is outlet:
            self._outlet, self.left_at, self.is_slow = None, monotonic(), False
            self._waiting.clear()

    def offer(self, body: str, *, is_urgent: bool = False) -> None:
        """Give the client a numbered frame; an urgent one before other clients get theirs."""
        self.seq += 1
        frame = Frame(self.seq, body)
        self._kept.add(frame)
        self._queue(frame, is_urgent=is_urgent)

    def say(self, text: str) -> None:
        """Give the client a frame without a number; gone with the socket."""
        self._queue(Frame(0, text))

    def hear(self) -> None:
        """Note that the client said something."""
        self.heard_at = monotonic()

    def give_up(self) -> None:
        """Have the client's socket closed, because nobody seems to be there."""
        self._is_given_up = True
        self._wake.set()

    async def run(self, outlet: Outlet) -> None:
        """Send until another socket takes over. Raises TooSlow and Silent."""
        while self._outlet is outlet:
            if self._is_given_up:
                await self._send(outlet, frames.SILENT)
                raise Silent
            if self._waiting:
                await self._send_next(outlet)
            else:
                self._wake.clear()
                await self._wake.wait()

    def _queue(self, frame: Frame, *, is_urgent: bool = False) -> None:
        if self._outlet is not None:
            self.dropped += self._waiting.add(frame)
            self._turns.ask(self._wake, is_urgent=is_urgent)

    async def _send_next(self, outlet: Outlet) -> None:
        if outlet.is_congested:
            await self._until_read(outlet)
        elif self.dropped:
            await self._warn(outlet)
        elif wait := self._wait(frames.size(self._waiting.first.body)):
            await asyncio.sleep(wait)
        else:
            await self._send(outlet, self._waiting.pop().text)

    def _wait(self, size: int) -> float:
        return max(self._bytes.wait(size), self._frames.wait(1))

    async def _until_read(self, outlet: Outlet) -> None:
        """Warn, then wait for the client to read; meanwhile the oldest frames are dropped."""
        self.is_slow = True
        await self._warn(outlet)
        async with self._patience():
            await outlet.clear()
        self.is_slow = False

    async def _warn(self, outlet: Outlet) -> None:
        dropped, self.dropped = self.dropped, 0
        await self._send(outlet, frames.slow_consumer(dropped))

    async def _send(self, outlet: Outlet, text: str) -> None:
        self._bytes.take(frames.size(text))
        self._frames.take(1)
        self._sent.count()
        if outlet.never_waits:
            await outlet.send(text)
            return
        async with self._patience():
            await outlet.send(text)

    @asynccontextmanager
    async def _patience(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._limits.slow_seconds):
                yield
        except TimeoutError as error:
            raise TooSlow from error
