"""The predicted layer of 30 days, eight venues and 400 price levels, cold and warm."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import perf_counter

import numpy as np
import pyarrow as pa
from django.conf import settings
from django.core.cache import caches
from django.core.management import call_command
from django.test import Client

from benchmarks.figures import IS_QUICK, milliseconds
from exchanges.adapters import adapters
from exchanges.store import Writer, prepare
from exchanges.store.connection import connect
from heatmap.zones.grid import BINS, first_bin_around

DAYS = 3 if IS_QUICK else 30
COLD, WARM = (2, 5) if IS_QUICK else (5, 40)
VENUES = sorted(adapters())[:8]
_SERIES = "/liquidations/heatmap-timeseries?layer=predicted&interval=4h&price_bin_size=90"
_WINDOW = f"{_SERIES}&timeframe=30d&price_min=62000&price_max=97900"
_ADDRESSES = (
    _WINDOW,
    f"{_WINDOW}&format=columns",
    f"{_WINDOW}&breakdown=true",
    "/liquidations/heatmap-timeseries?layer=predicted&timeframe=7d&interval=1h&format=columns",
    "/liquidations/levels?layer=predicted",
    "/liquidations/map",
)


def measure() -> Iterator[tuple[str, str]]:
    """Yield (what, figure) for each address, cold and warm."""
    call_command("migrate", verbosity=0)
    prepare(settings.LIQSITE_LAKE)
    yield "columns stored", _fill()
    client = Client(headers={"host": "localhost"})
    for url in _ADDRESSES:
        cold = [_answered(client, url, is_cold=True) for _ in range(COLD)]
        warm = [_answered(client, url) for _ in range(WARM)]
        size = len(client.get(url).content)
        yield f"{url} cold, {size / 1e6:.1f} MB", milliseconds(cold, 50, 95)
        yield f"{url} warm", milliseconds(warm, 50, 95)


def _answered(client: Client, url: str, *, is_cold: bool = False) -> float:
    """Return the seconds of one answer; a cold one finds nothing kept."""
    if is_cold:
        caches["answers"].clear()
    start = perf_counter()
    answer = client.get(url)
    if answer.status_code != 200:
        raise RuntimeError(f"{url}: {answer.status_code} {answer.content[:200]!r}")
    return perf_counter() - start


def _fill() -> str:
    """Store a column an hour and venue, price on a slow wave; flushed, as the worker does."""
    chance = np.random.default_rng(1)
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    hours = DAYS * 24
    start = perf_counter()
    with connect(settings.LIQSITE_LAKE, read_only=False) as connection:
        for day in range(DAYS):
            moments = [now - timedelta(hours=hours - 1 - day * 24 - hour) for hour in range(24)]
            rows = [r for at in moments for venue in VENUES for r in _column(chance, venue, at)]
            connection.register("new_rows", pa.Table.from_pylist(rows))
            connection.execute("INSERT INTO zone_columns BY NAME SELECT * FROM new_rows")
    with Writer(settings.LIQSITE_LAKE) as writer:
        for step in writer.maintenance_steps(datetime.now(UTC), keep_days=0):
            writer.maintain(step)
    return f"{hours * len(VENUES):,} in {perf_counter() - start:.1f} s"


def _column(chance: np.random.Generator, venue: str, at: datetime) -> Iterator[dict[str, object]]:
    price = 80_000.0 * (1 + 0.05 * np.sin(at.timestamp() / 400_000)) * chance.uniform(0.999, 1.001)
    first = first_bin_around(price)
    for side, held in (("long", slice(0, BINS // 2)), ("short", slice(BINS // 2, BINS))):
        quantity = np.zeros(BINS, dtype=np.float32)
        quantity[held] = chance.lognormal(0, 1, BINS // 2)
        yield {
            "exchange": venue,
            "symbol": "BTCUSDT",
            "frozen_at": at,
            "side": side,
            "first_bin": first,
            "quantity": quantity[: held.stop],
            "price": price,
            "coverage": 0.9,
            "kernel": f"flat-{venue}",
            "written_at": at,
        }
