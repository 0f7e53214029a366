"""A response's body that is made in a thread of its own, only as fast as it is taken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from weakref import WeakSet

from exchanges import store

MOST_AT_ONCE = 4


class Body:
    """Chunks of bytes for the event loop; closing it interrupts the query that makes them.

    The chunks are made in one thread, one after the other, each when it is asked for: what
    nobody reads is not made, and nothing piles up.
    """

    _open: WeakSet[Body] = WeakSet()

    def __init__(self, make: Callable[[], Generator[bytes]]) -> None:
        with store.cancellable() as self._cancellation:
            self._context = copy_context()
        self._chunks = make()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="export")
        Body._open.add(self)

    @classmethod
    def too_many(cls) -> bool:
        """Return whether this process sends as many bodies as it will."""
        return len(cls._open) >= MOST_AT_ONCE

    def __aiter__(self) -> Body:
        return self

    async def __anext__(self) -> bytes:
        making = self._thread.submit(self._context.run, self._next)
        try:
            chunk = await asyncio.wrap_future(making)
        except BaseException:
            self.close()
            raise
        if chunk is None:
            self.close()
            raise StopAsyncIteration
        return chunk

    def close(self) -> None:
        """Stop, from any thread; the query's cursor is closed in the thread that opened it."""
        try:
            Body._open.remove(self)
        except KeyError:
            return
        self._cancellation.cancel()
        self._thread.submit(self._context.run, self._chunks.close)
        self._thread.shutdown(wait=False)

    def _next(self) -> bytes | None:
        """Return the next chunk that holds something; None at the end."""
        return next((chunk for chunk in self._chunks if chunk), None)
