"""A bench: the job with its clock, and the lake that it fills."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from exchanges.events import MarkCandle, OpenInterest
from exchanges.gathering import Gathering
from exchanges.gathering.gatherer import Gatherer
from exchanges.store import Writer, query
from exchanges.store.market import SERIES, SeriesRow
from tests.exchanges.gathering.venues import MarketServer, a_venue, serving
from tests.make import NOON, a_candle

STEP = timedelta(minutes=5)
START = NOON - timedelta(days=7)
EXCHANGES = ("binance", "bybit")


def series(exchange: str, symbol: str, since: datetime, until: datetime) -> list[SeriesRow]:
    """Return a row of each series for every five minutes."""
    rows: list[SeriesRow] = []
    for number in range(int((until - since) / STEP)):
        at = since + number * STEP
        rows.append(a_candle(exchange=exchange, symbol=symbol, opened_at=at))
        rows.append(MarkCandle(exchange, symbol, at, 80_200.0, 79_900.0))
        rows.append(OpenInterest(exchange, symbol, at, 1_000.0 + number % 7))
    return rows


@pytest_asyncio.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MarketServer]:
    """Venues that have two symbols of the last seven days."""
    symbols = ("BTCUSDT", "ETHUSDT")
    told = [row for e in EXCHANGES for s in symbols for row in series(e, s, START, NOON)]
    async with serving(MarketServer(told)) as server:
        for name in EXCHANGES:
            monkeypatch.setenv(f"LIQSITE_{name.upper()}_REST_URL", f"{server.url}/{name}")
        monkeypatch.setattr("exchanges.history.TRIES", 1)
        yield server


class Bench:
    """Looks when it is told to, and stores at once."""

    def __init__(
        self, writer: Writer, symbols: Sequence[str] = ("BTCUSDT",), count: int = 1
    ) -> None:
        self.now = NOON + timedelta(seconds=11)
        self.writer = writer
        self.waits: list[float] = []
        self.is_busy = False
        self.venues = [a_venue(name, "BTCUSDT", "ETHUSDT") for name in EXCHANGES[:count]]
        self.job = Gathering(
            self.venues,
            writer,
            self.in_thread,
            lambda: self.now,
            symbols,
            lambda: self.is_busy,
            self.sleep,
        )

    @property
    def gatherer(self) -> Gatherer:
        return self.job.gatherers[0]

    async def in_thread(self, action: Callable[[], Any]) -> Any:
        return action()

    async def sleep(self, seconds: float) -> None:
        self.waits += [seconds] * (seconds > 0)
        await asyncio.sleep(0)

    async def look(self) -> bool:
        """Let every venue be looked at once; return whether any has more."""
        storing = asyncio.create_task(self.job.basket.run())
        try:
            return any([await self.job.look(one) for one in self.job.gatherers])
        finally:
            storing.cancel()

    async def look_for_all(self) -> None:
        for _ in range(30):
            if not await self.look():
                return
        raise AssertionError("it never ends")

    async def read(self) -> None:
        storing = asyncio.create_task(self.job.basket.run())
        try:
            for one in self.job.gatherers:
                await one.read(await self.job.symbols())
        finally:
            storing.cancel()

    def stored(self, folder: Path, kind: type[SeriesRow]) -> dict[tuple[str, str], int]:
        rows = f"SELECT exchange, symbol, count(*) FROM {SERIES[kind].name} GROUP BY ALL"
        return {(e, s): n for e, s, n in query(folder / "lake", rows, {})}
