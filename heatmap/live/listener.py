"""The process's one ear at the channel layer, and its eye on a worker that says nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec
import orjson
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import DatabaseError

from exchanges.live import Topic
from heatmap import health
from heatmap.live import pushed
from heatmap.live.board import Board
from heatmap.live.limits import Limits
from heatmap.live.pushed import PushedHealth, PushedLiquidations

log = logging.getLogger(__name__)

TOPICS: tuple[Topic, ...] = ("health", "liquidations")
_RETRY_SECONDS = 1.0
_JOIN_SECONDS = 5.0


class Ears(Protocol):
    """Who is told."""

    limits: Limits

    def hear_liquidations(self, frame: PushedLiquidations, *, has_missed: bool) -> None:
        """Take pushed liquidations."""

    def hear_health(self, frame: PushedHealth) -> None:
        """Take pushed health."""

    def tell_health(self, body: str) -> None:
        """Tell clients what the site found out by itself."""


class Listener:
    """Reads every frame of the worker once, and the database while none comes.

    A worker that dies pushes nothing: so when no health has come for `quiet_seconds`, what is
    stored is read every `reread_seconds` and told where it has changed.
    """

    clock: Callable[[], datetime] = staticmethod(lambda: datetime.now(UTC))

    def __init__(self, ears: Ears, board: Board) -> None:
        self._ears = ears
        self._board = board
        # Of the liquidations, by worker.
        self._seq: dict[str, int] = {}
        self._has_joined = asyncio.Event()
        self._reading = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Return once it listens; a layer that cannot be joined is tried again beside."""
        if not any(not task.done() for task in self._tasks):
            self._has_joined.clear()
            self._tasks = [asyncio.create_task(job()) for job in (self._listen, self._watch)]
        with suppress(TimeoutError):
            async with asyncio.timeout(_JOIN_SECONDS):
                await self._has_joined.wait()

    async def stop(self) -> None:
        """Listen no longer."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def full_health(self) -> str | None:
        """Return the body of a frame that tells everything; None while nothing can be known."""
        async with self._reading:
            if self._board.is_empty or self._board.silent_seconds > self._ears.limits.quiet_seconds:
                await self._read_stored()
        return None if self._board.is_empty else self._board.full()

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_until_it_fails()
            except Exception as error:
                # Whatever a layer raises must not end the ears of a whole process.
                log.warning("The channel layer cannot be read (%s); trying again", error)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _listen_until_it_fails(self) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        try:
            for topic in TOPICS:
                await layer.group_add(topic, channel)
            self._has_joined.set()
            while True:
                self._hear((await layer.receive(channel))["frame"])
        finally:
            for topic in TOPICS:
                await layer.group_discard(topic, channel)

    def _hear(self, text: str) -> None:
        try:
            self._hand_on(text)
        except msgspec.DecodeError as error:
            log.warning("A frame of the worker cannot be read (is it of this version?): %s", error)

    def _hand_on(self, text: str) -> None:
        topic = _topic(text)
        if topic == "liquidations":
            frame = pushed.liquidations(text)
            self._ears.hear_liquidations(frame, has_missed=self._has_missed(frame))
        elif topic == "health":
            self._ears.hear_health(pushed.health(text))

    def _has_missed(self, frame: PushedLiquidations) -> bool:
        """Return whether a number was skipped; one that falls back is of a worker begun anew."""
        last, self._seq[frame.sender] = self._seq.get(frame.sender), frame.seq
        return last is not None and frame.seq > last + 1

    async def _watch(self) -> None:
        """Look at the store while the worker is silent."""
        limits = self._ears.limits
        while True:
            wait = limits.quiet_seconds - self._board.silent_seconds
            await asyncio.sleep(wait if wait > 0 else limits.reread_seconds)
            if self._board.silent_seconds >= limits.quiet_seconds:
                async with self._reading:
                    if body := await self._read_stored():
                        self._ears.tell_health(body)

    async def _read_stored(self) -> str | None:
        now = self.clock()
        try:
            stored = await database_sync_to_async(health.snapshot)(now)
        except DatabaseError as error:
            log.warning("Health cannot be read for open pages: %s", error)
            return None
        return self._board.learn(*_as_pushed(now, stored))


class _Head(msgspec.Struct):
    topic: str


def _topic(text: str) -> str:
    return msgspec.json.decode(text, type=_Head).topic


def _as_pushed(now: datetime, stored: dict[str, Any]) -> tuple[str, list[dict[str, Any]], Any]:
    """Return what is stored as the worker would say it: times are texts."""
    said = (now, list(stored["exchanges"].values()), stored["worker"])
    at, rows, worker = orjson.loads(orjson.dumps(said, option=orjson.OPT_UTC_Z))
    return at, rows, worker
