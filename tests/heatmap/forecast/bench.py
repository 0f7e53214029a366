"""Markets in a real lake, and the job beside them, with a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from exchanges.jobs import Context
from exchanges.store import Writer, query
from heatmap.forecast.contracts import Contract
from heatmap.forecast.job import Forecast
from heatmap.forecast.model import part
from heatmap.forecast.times import STEP64, moment
from heatmap.zones.series import Series
from tests.exchanges.gathering.venues import a_venue
from tests.heatmap.zones.make import BEGIN, market

DAY = 288
START = moment(BEGIN)


def days(count: float, seed: int = 0, exchange: str = "binance", price: float = 6e4) -> Series:
    """Return so many days of a market on an exchange."""
    return replace(market(int(count * DAY), seed, price=price), exchange=exchange)


def store_market(writer: Writer, series: Series, first: int = 0, end: int | None = None) -> None:
    """Store some candles of a series as the gatherer does."""
    some = part(series, first, end)
    both = {"exchange": [some.exchange] * len(some.open), "symbol": [some.symbol] * len(some.open)}
    opened = _times(some.opened_at)
    prices = {name: getattr(some, name) for name in ("open", "high", "low", "close", "volume")}
    _append(writer, "candles", both | {"opened_at": opened} | prices)
    marks = {"high": some.mark_high, "low": some.mark_low}
    _append(writer, "mark_candles", both | {"opened_at": opened} | marks)
    closes = {"at": _times(some.opened_at + STEP64), "quantity": some.open_interest}
    _append(writer, "open_interest", both | closes)


def _append(writer: Writer, table: str, columns: dict[str, Any]) -> None:
    writer.append_table(table, pa.table(columns))


def _times(stamps: np.ndarray) -> pa.Array:
    return pa.array(stamps.astype("datetime64[us]")).cast(pa.timestamp("us", tz="UTC"))


def a_contract(exchange: str = "binance", **told: Any) -> Contract:
    return Contract(**{"exchange": exchange, "symbol": "BTCUSDT", "completeness": "sampled"} | told)


class Bench:
    """Does a round whenever it is told to."""

    def __init__(self, writer: Writer, exchanges: Sequence[str] = ("binance",)) -> None:
        self.writer = writer
        self.lake = writer.lake
        self.now = START
        self.complete = set(exchanges)
        self.troubles: list[str] = []
        self.venues = {name: a_venue(name, "BTCUSDT") for name in exchanges}
        self.job = self.restarted()

    def restarted(self) -> Forecast:
        """Return a job that knows nothing but what was kept."""
        self.job = Forecast(
            Context(
                writer=self.writer,
                in_store_thread=self._in_thread,
                clock=lambda: self.now,
                venues=self.venues,
                symbols=self._symbols,
                is_complete=lambda exchange: exchange in self.complete,
                is_busy=lambda: False,
                sleep=self._sleep,
                tell_trouble=self.troubles.append,
            )
        )
        self.job._take_up()
        return self.job

    async def at_close(self, candle: int, after: timedelta = timedelta(seconds=20)) -> None:
        """Do a round some time after so many candles had closed."""
        self.now = START + candle * timedelta(minutes=5) + after
        await self.job.round()

    def columns(self, exchange: str = "binance") -> list[tuple[Any, ...]]:
        sql = "SELECT * FROM zone_columns WHERE exchange = $exchange ORDER BY frozen_at, side"
        return query(self.lake, sql, {"exchange": exchange})

    def snapshots(self) -> dict[datetime, int]:
        """Return how many zones each snapshot has."""
        return dict(query(self.lake, "SELECT frozen_at, count(*) FROM zones GROUP BY ALL", {}))

    async def _in_thread(self, action: Callable[[], Any]) -> Any:
        return action()

    async def _symbols(self) -> tuple[str, ...]:
        return ("BTCUSDT",)

    async def _sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)


def said(columns: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return columns without when they were written."""
    return [one[:-1] for one in columns]


def frozen_at(columns: Sequence[tuple[Any, ...]]) -> list[datetime]:
    return sorted({one[2] for one in columns})


def state_file(data: Path, exchange: str = "binance") -> Path:
    return data / "zones" / exchange / "BTCUSDT.npz"
