"""The worker's job: which symbols are gathered, and when each venue is looked at."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from itertools import chain

from exchanges.clock import Clock
from exchanges.errors import HistoryUnavailable, StoreUnavailable
from exchanges.gathering.basket import Basket, InStoreThread
from exchanges.gathering.gatherer import REACH, SETTLED, Gatherer
from exchanges.gathering.series import SERIES
from exchanges.gathering.spans import STEP, floor
from exchanges.pace import Sleep
from exchanges.store import Writer
from exchanges.store.market import most_liquidated
from exchanges.venue import Venue

log = logging.getLogger(__name__)

ALWAYS, MOST_SYMBOLS = ("BTCUSDT", "ETHUSDT"), 20
REFRESHED = timedelta(hours=1)
# Open interest is read a moment after each full five minutes.
READ = timedelta(seconds=1)
LISTED_TRIES, LISTED_PAUSE = 30, 1.0
TOLD_EVERY = timedelta(minutes=1)


class Gathering:
    """Keeps the market data of the tracked symbols complete, for ever.

    Each venue goes its own pace. `is_busy` says whether liquidations wait for the store: then
    market data waits, too.
    """

    def __init__(
        self,
        venues: Sequence[Venue],
        writer: Writer,
        in_store_thread: InStoreThread,
        clock: Clock,
        symbols: Sequence[str] = (),
        is_busy: Callable[[], bool] = lambda: False,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """`symbols` are tracked; without any it is those of which most is open on all venues, or
        while no venue tells, those of which most was liquidated."""
        self.basket = Basket(writer, in_store_thread, is_busy, sleep)
        self.gatherers = [
            Gatherer(venue, writer, self.basket, clock, sleep)
            for venue in venues
            if any(series.source(venue.adapter.market) for series in SERIES)
        ]
        self._lake = writer.lake
        self._clock = clock
        self._sleep = sleep
        self._wanted = tuple(dict.fromkeys(symbols))
        self._tracked: tuple[str, ...] = ()
        self._tracked_at: datetime | None = None
        self._choosing = asyncio.Lock()
        self._told_at: dict[str, datetime] = {}
        self._complete: set[str] = set()

    async def run(self) -> None:
        """Gather every five minutes, and without a pause while older rows are missing."""
        if not self.gatherers:
            return
        await self._until_listed()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.basket.run())
            await asyncio.gather(*(self._attempt(g, g.read, ()) for g in self.gatherers))
            for gatherer in self.gatherers:
                group.create_task(self._look_for_ever(gatherer))
                group.create_task(self._read_for_ever(gatherer))

    async def symbols(self) -> tuple[str, ...]:
        """Return what is tracked, chosen anew every hour unless it was told.

        Raises StoreUnavailable.
        """
        async with self._choosing:
            now = self._clock()
            if self._tracked_at is None or now - self._tracked_at >= REFRESHED:
                most_open = self._wanted or self._most_open()
                self._tracked = most_open or await self._most_liquidated(now)
                self._tracked_at = now
                self._tell_unlisted()
            return self._tracked

    def is_complete(self, exchange: str) -> bool:
        """Return whether all that a venue tells of the last month was stored at the last look."""
        return exchange in self._complete

    async def look(self, gatherer: Gatherer) -> bool:
        """Gather a piece of each series of one venue; return whether older ones are missing.

        Raises StoreUnavailable.
        """
        symbols = await self.symbols()
        self._complete.discard(gatherer.name)
        lacking = await gatherer.look(symbols)
        if not lacking and not gatherer.is_resting:
            self._complete.add(gatherer.name)
        self._tell(gatherer, lacking)
        await gatherer.ask_for_tiers(symbols)
        return bool(lacking)

    async def _look_for_ever(self, gatherer: Gatherer) -> None:
        while True:
            is_more = await self._attempt(gatherer, self.look, gatherer)
            await self._sleep(0 if is_more else self._seconds_to_next(SETTLED))

    async def _read_for_ever(self, gatherer: Gatherer) -> None:
        while gatherer.market.reading_source:
            await self._sleep(self._seconds_to_next(READ))
            await self._attempt(gatherer, self._read, gatherer)

    async def _read(self, gatherer: Gatherer) -> None:
        await gatherer.read(await self.symbols())

    async def _attempt(
        self, gatherer: Gatherer, action: Callable[..., Awaitable[bool | None]], *told: object
    ) -> bool:
        """Do it; say why it could not be done, and that it need not be done at once again."""
        try:
            return bool(await action(*told))
        except HistoryUnavailable as error:
            log.warning("%s", error)
        except StoreUnavailable as error:
            log.error("market data of %s is not stored: %s", gatherer.name, error)
        except Exception:
            log.exception("%s: gathering market data met a bug", gatherer.name)
        return False

    def _most_open(self) -> tuple[str, ...]:
        """Return the symbols of which most is open on all venues together."""
        open_usd: defaultdict[str, float] = defaultdict(float)
        for symbol, value in chain(*(g.value_usd.items() for g in self.gatherers)):
            open_usd[symbol] += value
        most = sorted(open_usd, key=lambda symbol: (-open_usd[symbol], symbol))
        return tuple(dict.fromkeys([*ALWAYS, *most]))[:MOST_SYMBOLS] if most else ()

    async def _most_liquidated(self, now: datetime) -> tuple[str, ...]:
        names, since = [gatherer.name for gatherer in self.gatherers], now - REACH
        busiest = await asyncio.to_thread(most_liquidated, self._lake, names, since, MOST_SYMBOLS)
        return tuple(dict.fromkeys([*ALWAYS, *busiest]))[:MOST_SYMBOLS]

    def _tell_unlisted(self) -> None:
        listed = {one.symbol for g in self.gatherers for one in g.venue.instruments.values()}
        if none := [symbol for symbol in self._tracked if symbol not in listed]:
            log.warning("no market data of %s: no venue that is asked lists it", ", ".join(none))

    def _tell(self, gatherer: Gatherer, lacking: int) -> None:
        """Say how far the past is gathered, from time to time and at its end."""
        now, told_at = self._clock(), self._told_at.get(gatherer.name)
        if lacking and (told_at is None or now - told_at >= TOLD_EVERY):
            self._told_at[gatherer.name] = now
            stored = sum(gatherer.stored.values())
            part = 100 * stored / (stored + lacking)
            told = "%s: %d rows of market data gathered, %d to come (%.0f %% done)"
            log.info(told, gatherer.name, stored, lacking, part)
        elif not lacking and told_at is not None and not gatherer.is_resting:
            del self._told_at[gatherer.name]
            log.info("%s: %s", gatherer.name, gatherer.summary())

    async def _until_listed(self) -> None:
        """Wait for the venues' contract lists, but not for ever for one that is away."""
        for _ in range(LISTED_TRIES):
            if all(gatherer.venue.instruments for gatherer in self.gatherers):
                return
            await self._sleep(LISTED_PAUSE)

    def _seconds_to_next(self, after: timedelta) -> float:
        now = self._clock()
        return (floor(now - after) + STEP + after - now).total_seconds()
