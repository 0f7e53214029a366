"""All venues' liquidations as one stream.

agg = ExchangeAggregator(["binance", "bybit"])
await agg.connect_all()
async for liquidation in agg.stream_aggregated("BTCUSDT"):
    ...
await agg.disconnect_all()
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from exchanges.clock import Clock, utc_now
from exchanges.dedupe import SeenIds
from exchanges.errors import StreamInUse
from exchanges.events import Liquidation, StoredEvent
from exchanges.venues import Venues

QUEUED_EVENTS = 10_000
BATCH_ROWS = 5_000


class ExchangeAggregator(Venues):
    """Connects to venues and gives what they publish, each event once.

    Without names it takes every venue. Raises UnknownExchange. The queue between sockets and
    reader is bounded: when the reader is slow, the sockets wait. Nothing is written anywhere.
    """

    def __init__(
        self,
        exchanges: Iterable[str] | None = None,
        *,
        clock: Clock = utc_now,
        on_change: Callable[[], None] = lambda: None,
        folder: Path | None = None,
    ) -> None:
        """`folder` is where the venues' contract lists are kept between runs, if they are."""
        super().__init__(
            exchanges, accept=self._accept, clock=clock, on_change=on_change, folder=folder
        )
        self._arrived = asyncio.Event()
        self._has_ended = False
        self._queue: asyncio.Queue[StoredEvent] = asyncio.Queue(QUEUED_EVENTS)
        self._seen = SeenIds()
        self._has_reader = False

    async def disconnect_all(self) -> None:
        """Close all connections; the stream ends after what was received."""
        await super().disconnect_all()
        self._has_ended = True
        self._arrived.set()

    async def stream_aggregated(self, *symbols: str) -> AsyncIterator[Liquidation]:
        """Yield liquidations as they come, of these symbols or of all. Raises StreamInUse."""
        async for batch in self.batches():
            for event in batch:
                if isinstance(event, Liquidation) and (not symbols or event.symbol in symbols):
                    yield event

    async def batches(self) -> AsyncIterator[list[StoredEvent]]:
        """Yield what came in, as much as is there."""
        with self._reading():
            while True:
                await self._arrived.wait()
                await asyncio.sleep(0)
                if batch := self._drain():
                    yield batch
                elif self._has_ended:
                    return

    async def _accept(self, events: Sequence[StoredEvent]) -> None:
        """Take what came together; wait when the queue is full."""
        for event in events:
            await self._queue.put(event)
            self._arrived.set()

    def _drain(self) -> list[StoredEvent]:
        batch: list[StoredEvent] = []
        while len(batch) < BATCH_ROWS and not self._queue.empty():
            if self._is_new(event := self._queue.get_nowait()):
                batch.append(event)
        if self._queue.empty() and not self._has_ended:
            self._arrived.clear()
        return batch

    def _is_new(self, event: StoredEvent) -> bool:
        return not isinstance(event, Liquidation) or self._seen.is_new(event)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        if self._has_reader:
            raise StreamInUse("This aggregator's stream has a reader; name all symbols in one.")
        self._has_reader = True
        try:
            yield
        finally:
            self._has_reader = False
