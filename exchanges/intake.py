"""Frames in, events out: what a socket and a growing file have in common."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from exchanges.adapters.base import Adapter, inflate
from exchanges.clock import Clock
from exchanges.errors import MalformedFrame
from exchanges.events import FeedEvent, Liquidation, Rejected, StoredEvent
from exchanges.health import HealthTracker
from exchanges.instruments import Instruments

Accept = Callable[[Sequence[StoredEvent]], Awaitable[None]]
Sleep = Callable[[float], Awaitable[None]]


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

    async def take(self, frame: bytes) -> Sequence[FeedEvent]:
        """Return what a frame means, its liquidations handed on; nothing for one that is kept
        as malformed."""
        self._health.heartbeat()
        received_time = self._clock()
        try:
            events = self._adapter.parse(frame, self._instruments, received_time)
        except MalformedFrame as error:
            await self._reject(frame, received_time, str(error))
            return ()
        if liquidations := [event for event in events if isinstance(event, Liquidation)]:
            self._health.message()
            await self._accept(liquidations)
        return events

    async def _reject(self, frame: bytes, received_time: datetime, reason: str) -> None:
        """Keep the whole frame with its reason; the source goes on."""
        self._health.error(f"malformed frame: {reason}")
        text = _text(frame)
        await self._accept([Rejected(self._adapter.name, received_time, reason, text)])


def _text(frame: bytes) -> str:
    """Return a frame so that nothing of it is lost: its text, or base64 of what is no text."""
    try:
        return inflate(frame).decode()
    except (MalformedFrame, UnicodeDecodeError):
        return f"base64:{b64encode(frame).decode()}"
