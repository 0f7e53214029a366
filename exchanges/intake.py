"""Frames in, events out: what a socket and a growing file have in common."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from exchanges.adapters.base import Adapter, inflate
from exchanges.clock import Clock
from exchanges.equals import Equals
from exchanges.errors import MalformedFrame
from exchanges.events import FeedEvent, Liquidation, Rejected, StoredEvent
from exchanges.health import HealthTracker
from exchanges.instruments import Instruments
from exchanges.plausible import doubt

log = logging.getLogger(__name__)

Accept = Callable[[Sequence[StoredEvent]], Awaitable[None]]
Sleep = Callable[[float], Awaitable[None]]

# Of a frame that is too large to be taken, so much is kept to tell what it was.
KEPT_OF_TOO_LARGE = 64 * 1024


class Intake:
    """Hands the liquidations in frames to `accept`, and counts everything."""

    def __init__(
        self,
        adapter: Adapter,
        instruments: Instruments,
        *,
        health: HealthTracker,
        accept: Accept,
        clock: Clock,
    ) -> None:
        self._adapter = adapter
        self._instruments = instruments
        self._health = health
        self._accept = accept
        self._clock = clock
        self._frames = self._frames_with_liquidations = 0
        self._taken: list[StoredEvent] = []

    def take(self, frame: bytes, equals: Equals | None = None) -> Sequence[FeedEvent]:
        """Return what a frame means; nothing for one that is malformed.

        What is to be kept of it waits for `keep`, before which nothing else may be awaited.
        `equals` numbers equal rows over the frames of a connection.
        """
        self._frames += 1
        received_time = self._clock()
        try:
            events = read(self._adapter, frame, self._instruments, received_time)
        except MalformedFrame as error:
            is_too_large = len(frame) > self._adapter.largest_frame
            kept = frame[:KEPT_OF_TOO_LARGE] if is_too_large else frame
            self._reject(str(error), _text(kept), received_time)
            return ()
        events = equals.number(frame, events) if equals else events
        if liquidations := [event for event in events if isinstance(event, Liquidation)]:
            self._frames_with_liquidations += 1
            self._sort_out(liquidations, received_time)
        return events

    async def keep(self) -> None:
        """Hand on what the frames taken since the last time hold, all at once."""
        self._health.heartbeat(self._frames)
        if self._frames_with_liquidations:
            self._health.message(self._frames_with_liquidations)
        self._frames = self._frames_with_liquidations = 0
        if self._taken:
            taken, self._taken = self._taken, []
            await self._accept(taken)

    def _sort_out(self, liquidations: list[Liquidation], received_time: datetime) -> None:
        """Take what can be true, and keep the rest with the reason why it cannot."""
        for event in liquidations:
            if why := doubt(event, self._instruments, received_time):
                self._reject(why, event.raw, received_time)
            else:
                self._taken.append(event)

    def _reject(self, reason: str, frame: str, received_time: datetime) -> None:
        """Keep the whole frame with its reason; the source goes on."""
        self._health.error(f"rejected: {reason}")
        self._taken.append(Rejected(self._adapter.name, received_time, reason, frame))


def read(
    adapter: Adapter, frame: bytes, instruments: Instruments, received_time: datetime
) -> Sequence[FeedEvent]:
    """Return what a frame means.

    Raises MalformedFrame, also for one that is too large or that our own adapter stumbles over.
    """
    if len(frame) > adapter.largest_frame:
        raise MalformedFrame(f"{len(frame)} bytes, and at most {adapter.largest_frame} are taken")
    try:
        return adapter.parse(frame, instruments, received_time)
    except MalformedFrame:
        raise
    except Exception as bug:
        log.exception("%s: the adapter has a bug", adapter.name)
        raise MalformedFrame(f"the adapter has a bug: {bug!r}") from bug


def _text(frame: bytes) -> str:
    """Return a frame so that nothing of it is lost: its text, or base64 of what is no text."""
    try:
        return inflate(frame).decode()
    except (MalformedFrame, UnicodeDecodeError):
        return f"base64:{b64encode(frame).decode()}"
