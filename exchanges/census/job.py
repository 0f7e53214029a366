"""The worker's job: every ten minutes all who hold something, at night everybody once more.

The venue gives one address 1,200 units of weight a minute; market data may take 400 and the
histories of a few accounts some 200 of them, so the census takes 500 unless it is told otherwise:
250 accounts a minute.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import chain

import pyarrow as pa
from django.conf import settings

from exchanges.adapters.market.base import perpetuals
from exchanges.census.accounts import Accounts
from exchanges.census.asking import EXCHANGE, Asking
from exchanges.census.leaderboard import leaderboard
from exchanges.census.tables import Pass, open_interest, passes_table, positions_table
from exchanges.errors import HistoryUnavailable
from exchanges.jobs import Context
from exchanges.pace import Pace

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=10)
LARGEST_WEIGHT = 1200.0
ROUND_PART = 3
"""However long the holders take, a third as many others are asked beside them."""
LISTED_TRIES, LISTED_PAUSE = 60, 1.0
YIELD_SECONDS, MOST_YIELDS = 0.2, 100
"""While liquidations wait for the store so does this, but not for ever."""


class Census:
    """Keeps the observed positions of the tracked symbols, for ever."""

    def __init__(self, context: Context) -> None:
        """Raises HistoryUnavailable for a weight that cannot be."""
        self._context = context
        self._pace = Pace(60.0 / _weight_per_minute(), context.sleep)
        self._accounts = Accounts(settings.LIQSITE_DATA_DIR / "census" / f"{EXCHANGE}.json")

    async def run(self) -> None:
        """Run until cancelled."""
        if EXCHANGE not in self._context.venues:
            self._context.tell_trouble("The census needs hyperliquid among LIQSITE_EXCHANGES.")
            return
        await self._until_listed()
        while True:
            next_at = self._context.clock() + EVERY
            try:
                await self.look()
            except HistoryUnavailable as error:
                log.warning("%s", error)
                self._context.tell_trouble(f"The census waits: {error}")
            else:
                self._context.tell_trouble("")
            left = next_at - self._context.clock()
            await self._context.sleep(max(0.0, left.total_seconds()))

    async def look(self) -> None:
        """Ask all who held something and a part of the others, and store what they hold.

        Raises HistoryUnavailable, after which nothing is stored, and StoreUnavailable.
        """
        began = self._context.clock()
        await self._begin_round(began)
        symbols = await self._context.symbols()
        contracts = perpetuals(self._context.venues[EXCHANGE].instruments, symbols)
        coins = {one.instrument_id: symbol for symbol, one in contracts.items()}
        asking = Asking(coins, self._pace)
        await asking.run(self._addresses(list(contracts), began))
        if asking.trouble:
            raise HistoryUnavailable(asking.trouble)
        await self._store(asking, list(contracts), began)
        held = {who: [one.symbol for one in some] for who, some in asking.found.items()}
        self._accounts.settle(held)
        await asyncio.to_thread(self._accounts.save)
        told = "census: %d accounts asked, %d failed; %d wait for their turn"
        log.info(told, asking.asked, asking.failed, self._accounts.waiting)

    async def _begin_round(self, now: datetime) -> None:
        if not self._accounts.is_round_due(now):
            return
        try:
            found = await leaderboard()
        except HistoryUnavailable as error:
            if not self._accounts.known:
                raise
            log.warning("%s", error)
            found = []
        self._accounts.begin_round(found, now)

    def _addresses(self, symbols: list[str], began: datetime) -> Iterator[str]:
        """Yield the holders, then others until the next pass is due."""
        holders = self._accounts.holders(symbols)
        least, end = len(holders) // ROUND_PART, began + EVERY
        others = self._accounts.of_round(lambda n: n < least or self._context.clock() < end)
        return chain(holders, others)

    async def _store(self, asking: Asking, symbols: list[str], began: datetime) -> None:
        now, folder = self._context.clock(), self._context.writer.lake
        interest = await asyncio.to_thread(open_interest, folder, EXCHANGE, now)
        found = asking.believed(interest)
        of = Pass(EXCHANGE, began, now, self._accounts.known, asking.asked, asking.failed)
        rows = await asyncio.to_thread(positions_table, of, found)
        await self._append("observed_positions", rows)
        rows = await asyncio.to_thread(passes_table, of, symbols, found, interest)
        await self._append("observed_passes", rows)

    async def _append(self, name: str, rows: pa.Table) -> None:
        for _ in range(MOST_YIELDS):
            if not self._context.is_busy():
                break
            await self._context.sleep(YIELD_SECONDS)
        append = partial(self._context.writer.append_table, name, rows)
        await self._context.in_store_thread(append)

    async def _until_listed(self) -> None:
        """Wait for the contract list, but not for ever."""
        for _ in range(LISTED_TRIES):
            if self._context.venues[EXCHANGE].instruments:
                return
            await self._context.sleep(LISTED_PAUSE)


def _weight_per_minute() -> float:
    weight: float = settings.LIQSITE_HYPERLIQUID_POSITIONS_WEIGHT
    if not 0 < weight <= LARGEST_WEIGHT:
        limits = f"LIQSITE_HYPERLIQUID_POSITIONS_WEIGHT must be from 1 to {LARGEST_WEIGHT:g}"
        raise HistoryUnavailable(f"{limits}, not {weight:g}.")
    return weight
