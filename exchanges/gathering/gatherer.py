"""One venue's market data: what is missing of its series, and its open interest as it is read."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import product
from typing import TypeVar

from exchanges.adapters.market.base import Reading, Told, perpetuals, value_usd
from exchanges.clock import Clock
from exchanges.errors import HistoryUnavailable
from exchanges.events import OpenInterest
from exchanges.gathering.basket import Basket
from exchanges.gathering.series import SERIES, WORDS, Series
from exchanges.gathering.sieve import Sieve
from exchanges.gathering.spans import STEP, Asked, Span, floor, pieces
from exchanges.history import told
from exchanges.instruments import Instrument
from exchanges.pace import Pace, Sleep
from exchanges.store import Writer
from exchanges.store.market import SeriesRow, missing, newest_tiers
from exchanges.venue import Venue

log = logging.getLogger(__name__)

REACH = timedelta(days=30)
# A candle is asked for a moment after it has closed, so that the last trades are in it.
SETTLED = timedelta(seconds=10)
# What is read later than this after a full five minutes is not what was open then.
PROMPT = timedelta(seconds=60)
REST = timedelta(minutes=15)
FAILURES = 3
# So many rows are stored together while much is missing.
PORTION = 5_000
# When a whole piece of this length is empty, the venue goes no further back.
EMPTY = timedelta(days=1)
TIERS_KEPT, TIERS_AGAIN = timedelta(days=1), timedelta(hours=1)

T = TypeVar("T")
Of = tuple[type[SeriesRow], str]


class Gatherer:
    """Keeps the series of one venue complete, as far as it tells them."""

    def __init__(
        self, venue: Venue, writer: Writer, basket: Basket, clock: Clock, sleep: Sleep
    ) -> None:
        self.name = venue.name
        self.venue = venue
        self.market = venue.adapter.market
        self._lake = writer.lake
        self._writer = writer
        self._basket = basket
        self._clock = clock
        self._pace = Pace(60.0 / self.market.weight_per_minute, sleep)
        self._sieve = Sieve(self.name, venue.health.refused_market)
        self._reading_sieve = Sieve(self.name, venue.health.refused_market)
        self._asked: defaultdict[Of, list[Asked]] = defaultdict(list)
        self._begins: dict[Of, datetime] = {}
        # Failures in a row, and until when a symbol is left alone, or all of them ("").
        self._failures = 0
        self._rest: dict[str, datetime] = {}
        self._tiers_due: dict[str, datetime] = {}
        self.value_usd: dict[str, float] = {}
        """What was open by symbol when it was last read."""
        self.stored: Counter[str] = Counter()
        """Rows by series since the start."""
        self.not_told: dict[str, int] = {}
        """Rows by series that the venue was asked for and did not tell."""

    @property
    def refused(self) -> Counter[str]:
        """What could not be true, counted by what it was."""
        return self._sieve.refused + self._reading_sieve.refused

    @property
    def is_resting(self) -> bool:
        """Whether the venue is left alone because it failed again and again."""
        return self._rests("")

    async def look(self, symbols: Iterable[str]) -> int:
        """Gather the newest piece that is missing of each series; return how many rows still are.

        Raises StoreUnavailable.
        """
        contracts = perpetuals(self.venue.instruments, symbols)
        lacking = 0
        found: list[SeriesRow] = []
        asked: list[tuple[Of, Span]] = []
        missing_of = {series: await self._missing(series, contracts) for series in SERIES}
        for symbol, series in product(contracts, SERIES):
            if not (some := missing_of[series].get(symbol)):
                continue
            if (rows := await self._fetch(series, contracts[symbol], some[0])) is None:
                continue
            found += rows
            asked.append(((series.row, symbol), some[0]))
            self._note_beginning((series.row, symbol), some[0], rows)
            lacking += sum(piece.steps for piece in some[1:])
            if len(found) >= PORTION:
                await self._store(found, asked)
                found, asked = [], []
        await self._store(found, asked)
        return lacking

    async def read(self, symbols: Iterable[str]) -> None:
        """Read what is open now, and store it for the full five minutes that just ended.

        Raises HistoryUnavailable and StoreUnavailable.
        """
        if self.market.reading_source is None or self.is_resting:
            return
        instruments, at = self.venue.instruments, floor(self._clock())
        readings = await self._told("open interest", self.market.readings(instruments))
        is_prompt = self._clock() - at <= PROMPT
        contracts = perpetuals(instruments)
        names = {contract.instrument_id: contract for contract in contracts.values()}
        own = [(names[r.instrument_id], r) for r in readings if r.instrument_id in names]
        self.value_usd = {one.symbol: value_usd(one, reading) or 0.0 for one, reading in own}
        if is_prompt:
            await self._store(self._open(own, set(symbols), at), [])

    async def ask_for_tiers(self, symbols: Iterable[str]) -> None:
        """Store the leverage tiers of symbols not asked for since a day, where they changed.

        Raises StoreUnavailable.
        """
        now = self._clock()
        contracts = perpetuals(self.venue.instruments, symbols)
        due = [contracts[s] for s in contracts if self._tiers_due.get(s, now) <= now]
        if self.market.tier_source is None or not due or self.is_resting:
            return
        try:
            asked = self.market.leverage_tiers(due, self.venue.options)
            tiers = self._sieve.tiers(await self._told("leverage tiers", asked))
        except HistoryUnavailable as error:
            log.warning("%s", error)
            self._tiers_due |= {one.symbol: now + TIERS_AGAIN for one in due}
            return
        known = await asyncio.to_thread(newest_tiers, self._lake, self.name, now)
        changed = [tier for s, own in tiers.items() if known.get(s) != own for tier in own]
        if changed:
            await self._basket.write(partial(self._writer.append_tiers, changed, now))
        self._tiers_due |= {one.symbol: now + TIERS_KEPT for one in due}

    def _open(
        self, readings: Sequence[tuple[Instrument, Reading]], symbols: set[str], at: datetime
    ) -> list[SeriesRow]:
        rows = [
            OpenInterest(self.name, one.symbol, at, reading.quantity)
            for one, reading in readings
            if one.symbol in symbols
        ]
        return self._reading_sieve.series("open interest", rows, at, at + PROMPT)

    def summary(self) -> str:
        """Return in words what there is since the start, and what the venue did not tell."""
        stored = ", ".join(f"{count} {words}" for words, count in self.stored.items())
        lacking = [f"{count} {words}" for words, count in self.not_told.items() if count]
        never = [f"any {one.words}" for one in SERIES if one.source(self.market) is None]
        done = f"the past is gathered ({stored or 'nothing new'})"
        missing_ones = ", ".join([*lacking, *never]) or "nothing"
        return f"{done}; missing, because the venue does not tell: {missing_ones}"

    async def _missing(
        self, series: Series, contracts: dict[str, Instrument]
    ) -> dict[str, list[Span]]:
        """Return by symbol the pieces worth asking for, newest first, where there are any."""
        source = series.source(self.market)
        if source is None or not contracts or self.is_resting:
            return {}
        now = self._clock()
        until = series.until(self.market, floor(now - SETTLED))
        since = max(until - REACH, floor(now - source.reach) + STEP)
        ask = partial(missing, self._lake, series.row, self.name, list(contracts), since, until)
        spans = await asyncio.to_thread(ask)
        found = {
            symbol: [
                piece
                for span in some
                for piece in pieces(Span(*span), source.piece)
                if self._is_worth_asking((series.row, symbol), piece, now)
            ]
            for symbol, some in spans.items()
        }
        lacking = sum(Span(*span).steps for some in spans.values() for span in some)
        worth = sum(piece.steps for some in found.values() for piece in some)
        self.not_told[series.words] = lacking - worth
        return {symbol: some for symbol, some in found.items() if some}

    def _is_worth_asking(self, of: Of, piece: Span, now: datetime) -> bool:
        begins = self._begins.get(of)
        if self._rests(of[1]) or (begins is not None and piece.until <= begins):
            return False
        return not any(one.holds(piece, now) for one in self._asked[of])

    async def _fetch(
        self, series: Series, contract: Instrument, piece: Span
    ) -> list[SeriesRow] | None:
        """Return what the venue tells of a piece and can be true; None where it told nothing."""
        symbol = contract.symbol
        if self._rests(symbol) or self.is_resting:
            return None
        try:
            asked = series.ask(self.market, contract, *piece)
            rows = await self._told(f"{series.words} of {contract.instrument_id}", asked)
            found = self._sieve.series(series.words, rows, *piece)
        except HistoryUnavailable as error:
            log.warning("%s", error)
        except Exception:
            log.exception("%s: %s of %s met a bug", self.name, series.words, symbol)
        else:
            self._failures = 0
            return found
        self._leave_alone(symbol)
        return None

    async def _told(self, what: str, asked: Told[T]) -> list[T]:
        """Return all that is told. Raises HistoryUnavailable."""
        rows = told(what, asked, self.venue.adapter, self._pace)
        return [row async for some in rows for row in some]

    async def _store(self, rows: Sequence[SeriesRow], asked: Sequence[tuple[Of, Span]]) -> None:
        """Store rows, and only then remember what was asked for. Raises StoreUnavailable."""
        await self._basket.put(rows)
        self.stored.update(WORDS[type(row)] for row in rows)
        now = self._clock()
        for of, piece in asked:
            kept = [a for a in self._asked[of] if a.holds(a.span, now)]
            recent = [a for a in kept if a.span.until > now - 2 * REACH]
            self._asked[of] = [*recent, Asked(piece, now)]

    def _note_beginning(self, of: Of, piece: Span, rows: Sequence[SeriesRow]) -> None:
        if not rows and piece.until - piece.since >= EMPTY:
            self._begins[of] = piece.until

    def _rests(self, symbol: str) -> bool:
        now = self._clock()
        return self._rest.get(symbol, now) > now

    def _leave_alone(self, symbol: str) -> None:
        """Leave the venue alone with this symbol; with all, when one after the other failed."""
        self._failures += 1
        self._rest[symbol] = self._clock() + REST
        if self._failures >= FAILURES:
            self._rest[""] = self._clock() + REST
