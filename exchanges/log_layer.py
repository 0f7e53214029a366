"""A channel layer that crosses processes of one host through a file, with no server.

Every group_send is one row in a small SQLite log. Each process that has group members runs one
poller task, which reads the log and hands the rows to Channels' own in-memory layer. Delivery
is at most once, in order, and nothing for late joiners. A sender never waits for readers.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgpack
from channels.exceptions import ChannelFull
from channels.layers import InMemoryChannelLayer

from exchanges.message_log import PAGE_ROWS, LogReader, LogWriter, Row

T = TypeVar("T")

log = logging.getLogger(__name__)

# How long one page may wait for readers of this process; who is slower then loses messages.
_PATIENCE_MS = 250


class LogChannelLayer(InMemoryChannelLayer):  # type: ignore[misc]  # channels is untyped
    """Channels' in-memory layer whose group messages go through a log that all processes read.

    Joining a group starts the poller of the running event loop; it ends when no group is left.
    """

    def __init__(
        self,
        path: str | Path,
        poll_seconds: float = 0.1,
        keep_seconds: float = 60.0,
        clock: Callable[[], float] = time.time,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._writer = LogWriter(Path(path), keep_seconds, clock)
        self._reader = LogReader(Path(path), keep_seconds, clock)
        self._poll_seconds = poll_seconds
        self._poller: asyncio.Task[None] | None = None
        self._has_begun = asyncio.Event()
        self._is_failing = False

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Append the message to the log. Raises sqlite3.Error or OSError when that fails."""
        assert isinstance(message, dict), "message is not a dict"  # noqa: S101  # as the parent
        self.require_valid_group_name(group)
        await asyncio.to_thread(self._writer.append, group, msgpack.packb(message))

    async def group_add(self, group: str, channel: str) -> None:
        """Join; returns once everything sent from now on will arrive."""
        await super().group_add(group, channel)
        if not self._is_polling():
            self._has_begun = asyncio.Event()
            self._poller = asyncio.create_task(self._poll(self._has_begun))
        await self._has_begun.wait()

    async def close(self) -> None:
        """End the poller and let the file go."""
        if self._poller is not None and self._is_polling():
            self._poller.cancel()
            with suppress(asyncio.CancelledError):
                await self._poller
        self._reader.close()
        self._writer.close()
        await super().close()

    def _is_polling(self) -> bool:
        poller = self._poller
        if poller is None or poller.done():
            return False
        return poller.get_loop() is asyncio.get_running_loop()

    async def _poll(self, has_begun: asyncio.Event) -> None:
        try:
            await self._try(self._reader.skip_to_end)
        finally:
            has_begun.set()
        while any(self.groups.values()):
            page = await self._try(self._reader.next_page) or []
            await self._hand_out(page)
            await asyncio.sleep(0 if len(page) == PAGE_ROWS else self._poll_seconds)
        self._reader.close()

    async def _try(self, read: Callable[[], T]) -> T | None:
        """Read in a thread; a log that cannot be read is said once and tried again."""
        try:
            result = await asyncio.to_thread(read)
        except (sqlite3.Error, OSError) as error:
            if not self._is_failing:
                log.warning("The message log cannot be read (%s); trying again", error)
            self._is_failing = True
            return None
        self._is_failing = False
        return result

    async def _hand_out(self, page: list[Row]) -> None:
        patience = iter(range(_PATIENCE_MS))
        self._clean_expired()
        for row in page:
            if members := list(self.groups.get(row.receiver, ())):
                await self._send_all(members, msgpack.unpackb(row.body))
                await self._let_members_read(row.receiver, patience)

    async def _send_all(self, members: list[str], message: dict[str, Any]) -> None:
        """Do as the parent's `group_send`, whose tasks take rounds of a busy event loop."""
        for channel in members:
            with suppress(ChannelFull):
                await self.send(channel, message)

    async def _let_members_read(self, group: str, patience: Iterator[int]) -> None:
        """Wait while a member has much unread, as long as the patience for this page lasts."""
        if self._is_crowded(group):
            for _ in patience:
                await asyncio.sleep(0.001)
                if not self._is_crowded(group):
                    return

    def _is_crowded(self, group: str) -> bool:
        """Return whether a member has more than half of what it may leave unread."""
        waiting = (self.channels.get(channel) for channel in self.groups.get(group, ()))
        return any(queue.qsize() > self.capacity // 2 for queue in waiting if queue is not None)
