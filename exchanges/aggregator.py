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
from contextlib import contextmanager, suppress
from pathlib import Path

from exchanges.adapters import select
from exchanges.clock import Clock, utc_now
from exchanges.dedupe import SeenIds
from exchanges.errors import StreamInUse
from exchanges.events import CONNECTED_STATES, ExchangeHealth, Liquidation, StoredEvent
from exchanges.venue import Venue

QUEUED_FRAMES = 10_000
BATCH_SECONDS = 0.2
BATCH_ROWS = 5_000
SETTLE_SECONDS = 12.0


class ExchangeAggregator:
    """Connects to venues and gives what they publish, each event once.

    Without names it takes every venue. Raises UnknownExchange. The queue between sockets and
    reader is bounded: when the reader is slow, the sockets wait.
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
        self._changed, self._arrived = asyncio.Event(), asyncio.Event()
        self._has_ended = False
        self._on_change = on_change
        self._queue: asyncio.Queue[Sequence[StoredEvent]] = asyncio.Queue(QUEUED_FRAMES)
        self._seen = SeenIds()
        self._has_reader = False
        self._venues = {
            adapter.name: Venue(
                adapter,
                accept=self._accept,
                clock=clock,
                on_change=self._tell_change,
                folder=folder,
            )
            for adapter in select(exchanges)
        }

    async def connect_all(self) -> None:
        """Start every venue; return once each has subscribed or said why it cannot yet."""
        for venue in self._venues.values():
            venue.start()
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS):
                while any(health.state == "connecting" for health in self.health().values()):
                    self._changed.clear()
                    await self._changed.wait()

    async def disconnect_all(self) -> None:
        """Close all connections; the stream ends after what was received."""
        await asyncio.gather(*(venue.stop() for venue in self._venues.values()))
        self._has_ended = True
        self._arrived.set()

    async def stream_aggregated(self, *symbols: str) -> AsyncIterator[Liquidation]:
        """Yield liquidations as they come, of these symbols or of all. Raises StreamInUse."""
        async for batch in self.batches(pause=0):
            for event in batch:
                if isinstance(event, Liquidation) and (not symbols or event.symbol in symbols):
                    yield event

    async def batches(self, pause: float = BATCH_SECONDS) -> AsyncIterator[list[StoredEvent]]:
        """Yield what came in, gathered for `pause` seconds from the first event on."""
        with self._reading():
            while True:
                await self._arrived.wait()
                await asyncio.sleep(0 if self._has_ended else pause)
                if batch := self._drain():
                    yield batch
                elif self._has_ended:
                    return

    async def health_check_all(self) -> dict[str, ExchangeHealth]:
        """Return every venue's health by its name."""
        return self.health()

    def health(self) -> dict[str, ExchangeHealth]:
        """Return every venue's health by its name, at once."""
        return {name: venue.health.snapshot() for name, venue in self._venues.items()}

    def marks(self, exchange: str) -> dict[str, float]:
        """Return the last mark price that a venue pushed, by instrument id."""
        return dict(self._venues[exchange].instruments.marks)

    def frames(self, exchange: str) -> int:
        """Return how many frames of any kind a venue has sent."""
        return self._venues[exchange].health.frames

    def get_active_exchanges(self) -> list[str]:
        """Return the venues that are connected now."""
        return [name for name, health in self.health().items() if health.state in CONNECTED_STATES]

    async def _accept(self, events: Sequence[StoredEvent]) -> None:
        """Take what one frame held; wait when the queue is full."""
        if events:
            await self._queue.put(events)
            self._arrived.set()

    def _drain(self) -> list[StoredEvent]:
        batch: list[StoredEvent] = []
        while len(batch) < BATCH_ROWS and not self._queue.empty():
            batch += filter(self._is_new, self._queue.get_nowait())
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

    def _tell_change(self) -> None:
        self._changed.set()
        self._on_change()
