"""The worker's job: a round after each five minutes, kernels once a day."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from django.conf import settings
from django.db import DatabaseError, close_old_connections

from exchanges.errors import LiqsiteError
from exchanges.jobs import Context
from exchanges.store import query
from heatmap.forecast.contracts import Contract, Pair, contracts_of
from heatmap.forecast.nightly import score_all, to_score
from heatmap.forecast.readiness import PATIENCE
from heatmap.forecast.roster import Roster
from heatmap.forecast.rows import Rows
from heatmap.forecast.snapshots import Snapshots
from heatmap.forecast.times import STEP, floor, stamp

log = logging.getLogger(__name__)

FIRST_LOOK = timedelta(seconds=20)
"""After a close: then the gatherer has stored most candles. Looked again while some are late."""
LOOK_SECONDS = 15.0
LOOKS_END = PATIENCE + timedelta(minutes=1, seconds=30)
COLUMNS_PER_WRITE = 720
YIELD_SECONDS, MOST_YIELDS = 0.2, 100
"""While liquidations wait for the store so does this, but not for ever."""
SCORED_AFTER = timedelta(minutes=10)
"""After midnight: then the last liquidations of the day are stored."""
RESTED = timedelta(hours=1)
"""A contract whose model met a bug is left alone for so long."""
TOLD_EVERY = timedelta(seconds=30)

T = TypeVar("T")


class Forecast:
    """Steps the models of all tracked contracts, for ever.

    All work is done in a thread of its own, in pieces of some milliseconds, so that neither
    sockets nor the store wait for it. Raises StoreUnavailable, after which another is to be made.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._clock = context.clock
        self._lake = context.writer.lake
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="forecast")
        self._rests: dict[Pair, datetime] = {}
        self._told_at: datetime | None = None
        self._scored_for: datetime | None = None

    async def run(self) -> None:
        """Run until cancelled."""
        try:
            await self._in_thread(self._take_up)
            while True:
                contracts = await self.round()
                await self._fit_and_wait(contracts)
                await self._score()
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)

    async def round(self) -> list[Contract]:
        """Take every model as far as its candles are stored, and make the snapshots that are due.

        Return the contracts that are tracked.
        """
        now = self._clock()
        symbols = await self._context.symbols()
        contracts = list(contracts_of(self._context.venues, symbols))
        fresh = await self._in_thread(partial(self.roster.fresh, now))
        for contract in contracts:
            if contract.pair in fresh and self._rests.get(contract.pair, now) <= now:
                await self._step(contract, fresh[contract.pair], now)
        await self._write()
        for symbol in sorted(self.snapshots.due(contracts, self.roster, now)):
            await self._make_snapshot(symbol, contracts, now)
        return contracts

    def _take_up(self) -> None:
        self.roster = Roster(self._lake, settings.LIQSITE_DATA_DIR / "zones")
        self.snapshots = Snapshots(self._lake)

    async def _step(self, contract: Contract, fresh: Rows, now: datetime) -> None:
        is_complete = self._context.is_complete(contract.exchange)
        pieces = self.roster.step(contract, fresh, now, is_complete=is_complete)
        try:
            while (end := await self._in_thread(partial(next, pieces, None))) is not None:
                self._tell(contract, end, now)
                if len(self.roster.unwritten.columns) >= COLUMNS_PER_WRITE:
                    await self._write()
        except (LiqsiteError, DatabaseError, OSError):
            raise
        except Exception:
            log.exception("%s %s: its model met a bug", *contract.pair)
            self._rests[contract.pair] = now + RESTED
            await self._in_thread(partial(self.roster.drop, contract.pair))

    async def _write(self) -> None:
        """Bring what was made into the lake, then keep the models that made it."""
        tables = await self._in_thread(partial(self.roster.tables, self._clock()))
        for name, rows in tables.items():
            await self._in_store(partial(self._context.writer.append_table, name, rows))
        await self._in_thread(self.roster.keep)
        self._context.tell_trouble("")

    async def _make_snapshot(self, symbol: str, contracts: list[Contract], now: datetime) -> None:
        own = {one.exchange: one for one in contracts if one.symbol == symbol}
        rows = await self._in_thread(partial(self.snapshots.make, symbol, own, now))
        if rows is not None and rows.num_rows:
            append = partial(self._context.writer.append_table, "zones", rows)
            await self._in_store(append)

    async def _fit_and_wait(self, contracts: list[Contract]) -> None:
        """Choose kernels for the day one by one until the next look is due."""
        due = self._next_look(contracts)
        day = stamp(self._clock()).astype("datetime64[D]")
        for contract in self.roster.unfitted(day):
            if self._clock() >= due:
                return
            fit = partial(self.roster.fit, contract, day, self._clock())
            await self._in_thread(fit)
        await self._context.sleep(max(0.0, (due - self._clock()).total_seconds()))

    async def _score(self) -> None:
        """After midnight, and once after a start, score what was said until then."""
        now = self._clock()
        midnight = floor(now, timedelta(days=1))
        if midnight == self._scored_for or now - midnight < SCORED_AFTER:
            return
        if self._scored_for is None and await self._in_thread(partial(self._has_scores, midnight)):
            self._scored_for = midnight
            return
        asked = await self._in_thread(partial(to_score, self._lake, now))
        cards = score_all(self._lake, settings.LIQSITE_DATA_DIR, asked, now)
        self._scored_for = midnight
        for _ in asked:
            try:
                rows = await self._in_thread(partial(next, cards, None))
            except (LiqsiteError, DatabaseError, OSError):
                raise
            except Exception:
                log.exception("scoring met a bug; it is tried again tomorrow")
                return
            if rows is not None:
                await self._in_store(partial(self._context.writer.append_table, "scores", rows))
            await self.round()

    def _has_scores(self, midnight: datetime) -> bool:
        sql = "SELECT count(*) FROM scores WHERE scored_at >= $midnight"
        return bool(query(self._lake, sql, {"midnight": midnight})[0][0])

    def _next_look(self, contracts: list[Contract]) -> datetime:
        """Return when to look next: soon while contracts, or candles of the last close, are to
        come."""
        now = self._clock()
        closed = floor(now)
        if not contracts or (now - closed < LOOKS_END and self._is_behind(contracts, closed)):
            return now + timedelta(seconds=LOOK_SECONDS)
        return floor(now - FIRST_LOOK) + STEP + FIRST_LOOK

    def _is_behind(self, contracts: list[Contract], closed: datetime) -> bool:
        closes = [self.roster.closed_at(one.pair) for one in contracts]
        return any(at is None or at < stamp(closed) for at in closes)

    def _tell(self, contract: Contract, end: object, now: datetime) -> None:
        """Say from time to time how far replays are."""
        at = self._clock()
        if self._told_at is None:
            self._told_at = now
        if at - self._told_at >= TOLD_EVERY:
            self._told_at = at
            log.info("models of zones: %s %s has come to %s", *contract.pair, end)

    async def _in_store(self, action: Callable[[], None]) -> None:
        for _ in range(MOST_YIELDS):
            if not self._context.is_busy():
                break
            await self._context.sleep(YIELD_SECONDS)
        await self._context.in_store_thread(action)

    async def _in_thread(self, action: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, partial(_with_database, action)
        )


def _with_database(action: Callable[[], T]) -> T:
    try:
        return action()
    finally:
        close_old_connections()
