"""What was gathered waits here a moment, so that the store gets few writes, each of them short."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import Any

from exchanges.errors import StoreUnavailable
from exchanges.pace import Sleep
from exchanges.store import Writer
from exchanges.store.market import SERIES, SeriesRow

InStoreThread = Callable[[Callable[[], Any]], Awaitable[Any]]

# A write of so many rows of one series takes about as long as one of a few: a commit.
ROWS_PER_WRITE = 2_500
GATHER_SECONDS = 1.0
# While liquidations wait for the store, so does this, but not for ever.
YIELD_SECONDS, MOST_YIELDS = 0.2, 300


class Basket:
    """Brings rows of all venues into the store together.

    `in_store_thread` runs what it is given where the writer may be used; liquidations wait there
    for their commit, and while `is_busy` says that some do, nothing is written here.
    """

    def __init__(
        self,
        writer: Writer,
        in_store_thread: InStoreThread,
        is_busy: Callable[[], bool],
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._writer = writer
        self._in_store_thread = in_store_thread
        self._is_busy = is_busy
        self._sleep = sleep
        self._waiting: list[tuple[Sequence[SeriesRow], asyncio.Future[None]]] = []
        self._has_some = asyncio.Event()

    async def put(self, rows: Sequence[SeriesRow]) -> None:
        """Return when the rows are stored. Raises StoreUnavailable."""
        if not rows:
            return
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((rows, stored))
        self._has_some.set()
        await stored

    async def run(self) -> None:
        """Store what is put in, for ever."""
        while True:
            await self._has_some.wait()
            await self._sleep(GATHER_SECONDS)
            self._has_some.clear()
            await self.empty()

    async def empty(self) -> None:
        """Store what waits now, and tell those who put it in how that went."""
        taken, self._waiting = self._waiting, []
        try:
            for portion in _portions([row for rows, _ in taken for row in rows]):
                await self.write(partial(self._writer.append_series, portion))
        except StoreUnavailable as error:
            _tell(taken, error)
        except Exception as error:
            _tell(taken, error)
            raise
        else:
            _tell(taken, None)

    async def write(self, action: Callable[[], Any]) -> None:
        """Run a short write when no liquidation waits for the store. Raises StoreUnavailable."""
        for _ in range(MOST_YIELDS):
            if not self._is_busy():
                break
            await self._sleep(YIELD_SECONDS)
        await self._in_store_thread(action)


def _tell(
    taken: Sequence[tuple[Sequence[SeriesRow], asyncio.Future[None]]], error: Exception | None
) -> None:
    for _, stored in taken:
        if stored.done():
            continue  # whoever waited was stopped
        if error is None:
            stored.set_result(None)
        else:
            stored.set_exception(error)


def _portions(rows: Sequence[SeriesRow]) -> Iterator[Sequence[SeriesRow]]:
    """Yield the rows series by series, not too many at a time."""
    for kind in SERIES:
        own = [row for row in rows if isinstance(row, kind)]
        for first in range(0, len(own), ROWS_PER_WRITE):
            yield own[first : first + ROWS_PER_WRITE]
