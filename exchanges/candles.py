"""Gathering candles: of some symbols, from the first venue that has them, back to a month ago."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from exchanges.clock import Clock
from exchanges.errors import HistoryUnavailable, StoreUnavailable
from exchanges.events import Candle
from exchanges.history import Sleep, fetch_candles
from exchanges.instruments import Instrument
from exchanges.plausible import why_no_candle
from exchanges.store import Writer
from exchanges.store.candles import missing, most_liquidated
from exchanges.venue import Venue

log = logging.getLogger(__name__)

VENUES = ("binance", "bybit", "okx")
"""Who is asked for a symbol, the first first."""
ALWAYS, MOST_SYMBOLS = ("BTCUSDT", "ETHUSDT"), 20
STEP = timedelta(minutes=5)
REACH = timedelta(days=30)
PIECE = timedelta(days=3)
# A candle is asked for a moment after it has closed, so that the last trades are in it.
SETTLED = timedelta(seconds=10)
# What a venue does not tell within this time it never will.
LATE = timedelta(hours=1)
SOON = timedelta(minutes=4)
REFRESHED = timedelta(hours=1)
REST = timedelta(minutes=15)
FAILURES = 3
LISTED_TRIES, LISTED_PAUSE = 30, 1.0

InStoreThread = Callable[[Callable[[], Any]], Awaitable[Any]]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Span(NamedTuple):
    """The candles opened in [since, until)."""

    since: datetime
    until: datetime


class Asked(NamedTuple):
    """A span of which a venue told what it has, and when it did."""

    span: Span
    at: datetime

    def holds(self, span: Span, now: datetime) -> bool:
        """Return whether asking again for a part of it would tell nothing else."""
        is_final = self.at - self.span.until > LATE or now - self.at < SOON
        return is_final and self.span.since <= span.since and span.until <= self.span.until


class Candles:
    """Keeps the candles of the tracked symbols complete, for ever.

    `in_store_thread` runs what it is given where the writer may be used, and only what writes:
    liquidations wait there for their commit.
    """

    def __init__(
        self,
        venues: Sequence[Venue],
        writer: Writer,
        in_store_thread: InStoreThread,
        clock: Clock,
        symbols: Sequence[str] = (),
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """`symbols` are tracked; without any it is those of which most is liquidated."""
        by_name = {venue.name: venue for venue in venues if venue.adapter.candle_source}
        self._venues = [by_name[name] for name in VENUES if name in by_name]
        self._writer = writer
        self._in_store_thread = in_store_thread
        self._clock = clock
        self._sleep = sleep
        self._wanted = tuple(dict.fromkeys(symbols))
        self._tracked: tuple[str, ...] = ()
        self._tracked_at: datetime | None = None
        self._asked: dict[tuple[str, str], list[Asked]] = {}
        # Failures in a row, and until when a venue is left alone: with a symbol, or with all ("").
        self._failures: Counter[str] = Counter()
        self._rest: dict[tuple[str, str], datetime] = {}
        self.refused: Counter[str] = Counter()

    async def run(self) -> None:
        """Gather every five minutes, and without a pause while older candles are missing."""
        if not self._venues:
            return
        await self._until_listed()
        while True:
            try:
                is_more = await self.look()
            except StoreUnavailable as error:
                log.error("candles are not stored: %s", error)
                is_more = False
            except Exception:
                log.exception("gathering candles met a bug")
                is_more = False
            await self._sleep(0 if is_more else self._seconds_to_next())

    async def look(self) -> bool:
        """Gather the newest piece that is missing of each symbol; return whether more is.

        Raises StoreUnavailable.
        """
        new, are_more = 0, []
        for symbol in await self._symbols():
            count, is_more = await self._gather(symbol)
            new += count
            are_more += [symbol] * is_more
        if new > MOST_SYMBOLS or are_more:
            log.info("%d candles stored; older ones are to come of %d symbols", new, len(are_more))
        return bool(are_more)

    async def _gather(self, symbol: str) -> tuple[int, bool]:
        """Store a piece from the first venue that answers; return how many, and if more lack."""
        for venue in self._venues:
            if self._rests(venue, symbol) or not (contract := _contract(venue, symbol)):
                continue
            pieces = await self._missing(venue.name, symbol)
            if not pieces:
                return 0, False
            try:
                found = await self._fetch(venue, contract, pieces[0])
            except HistoryUnavailable as error:
                log.warning("%s", error)
            except Exception:
                log.exception("%s: candles of %s met a bug", venue.name, symbol)
            else:
                self._failures[venue.name] = 0
                count = await self._in_store_thread(partial(self._writer.append_candles, found))
                self._note(venue.name, symbol, pieces[0])
                return count, len(pieces) > 1
            self._leave_alone(venue.name, symbol)
        return 0, False

    async def _fetch(self, venue: Venue, contract: Instrument, piece: Span) -> list[Candle]:
        """Return what the venue tells of a piece, without what cannot be true."""
        found: list[Candle] = []
        refused: list[str] = []
        async for candles in fetch_candles(venue.adapter, contract, *piece, sleep=self._sleep):
            for candle in candles:
                if reason := why_no_candle(candle, piece.until):
                    refused.append(f"{candle.opened_at:%F %H:%M} {reason}")
                else:
                    found.append(candle)
        if refused:
            self.refused[venue.name] += len(refused)
            told = f"{venue.name}: {len(refused)} candles of {contract.symbol} refused"
            log.warning("%s (%d so far), the first: %s", told, self.refused[venue.name], refused[0])
        return found

    async def _missing(self, exchange: str, symbol: str) -> list[Span]:
        """Return the pieces that are missing and were not just asked for, newest first."""
        now = self._clock()
        until = _floor(now - SETTLED, STEP)
        folder, since = self._writer.folder, until - REACH
        asked = self._asked.get((exchange, symbol), [])
        found = await asyncio.to_thread(missing, folder, exchange, symbol, since, until)
        spans = [Span(*span) for span in found]
        pieces = [piece for span in spans for piece in _pieces(span)]
        return [piece for piece in pieces if not any(one.holds(piece, now) for one in asked)]

    def _note(self, exchange: str, symbol: str, piece: Span) -> None:
        """Remember what was asked for, but not for longer than it can matter."""
        now = self._clock()
        asked = [*self._asked.get((exchange, symbol), []), Asked(piece, now)]
        kept = [a for a in asked if a.holds(a.span, now) and a.span.until > now - 2 * REACH]
        self._asked[exchange, symbol] = kept

    async def _symbols(self) -> tuple[str, ...]:
        """Return what is tracked, chosen anew every hour unless it was told."""
        now = self._clock()
        if self._tracked_at is None or now - self._tracked_at >= REFRESHED:
            self._tracked = self._wanted or await self._most_liquidated(now)
            self._tracked_at = now
            none = [s for s in self._tracked if not any(_contract(v, s) for v in self._venues)]
            if none:
                log.warning("no candles of %s: no venue that is asked lists it", ", ".join(none))
        return self._tracked

    async def _most_liquidated(self, now: datetime) -> tuple[str, ...]:
        names = [venue.name for venue in self._venues]
        folder, since = self._writer.folder, now - REACH
        busiest = await asyncio.to_thread(most_liquidated, folder, names, since, MOST_SYMBOLS)
        return tuple(dict.fromkeys([*ALWAYS, *busiest]))[:MOST_SYMBOLS]

    async def _until_listed(self) -> None:
        """Wait for the venues' contract lists, but not for ever for one that is away."""
        for _ in range(LISTED_TRIES):
            if all(venue.instruments for venue in self._venues):
                return
            await self._sleep(LISTED_PAUSE)

    def _rests(self, venue: Venue, symbol: str) -> bool:
        now = self._clock()
        return any(self._rest.get((venue.name, of), now) > now for of in (symbol, ""))

    def _leave_alone(self, exchange: str, symbol: str) -> None:
        """Leave a venue alone with this symbol; with all, when one after the other failed."""
        self._failures[exchange] += 1
        self._rest[exchange, symbol] = self._clock() + REST
        if self._failures[exchange] >= FAILURES:
            self._rest[exchange, ""] = self._clock() + REST

    def _seconds_to_next(self) -> float:
        now = self._clock()
        return (_floor(now - SETTLED, STEP) + STEP + SETTLED - now).total_seconds()


def _contract(venue: Venue, symbol: str) -> Instrument | None:
    """Return a symbol's perpetual: of its contracts the one with the shortest name, because a
    date of delivery is longer than whatever the venues write for a contract without one."""
    found = (one for one in venue.instruments.values() if one.symbol == symbol)
    return min(found, key=lambda one: (len(one.instrument_id), one.instrument_id), default=None)


def _floor(moment: datetime, step: timedelta) -> datetime:
    return moment - (moment - _EPOCH) % step


def _pieces(span: Span) -> Iterator[Span]:
    """Cut a span where pieces begin on the grid, newest first."""
    until = span.until
    while until > span.since:
        since = max(span.since, _floor(until - STEP, PIECE))
        yield Span(since, until)
        until = since
