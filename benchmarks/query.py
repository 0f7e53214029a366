"""The heatmap over many rows, beside bare DuckDB on the same files and PostgreSQL.

The whole answer of the API, made anew, against the sums that it needs at least, asked of DuckDB
without lake or site, and of PostgreSQL with the obvious index on the same rows. Loading PostgreSQL
takes longest, so only small lakes go there; SIZE=full puts all there.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple
from urllib.parse import quote

import duckdb
from django.core.cache import caches
from django.core.management import call_command
from django.test import Client, override_settings

from benchmarks.figures import IS_QUICK, milliseconds
from benchmarks.postgres import Postgres, is_installed, running_postgres
from benchmarks.rows import Made, lake
from exchanges.adapters import adapters
from heatmap.bins import time_step
from heatmap.parameters import Selection
from heatmap.queries import columns

TIMES = 3 if IS_QUICK else 9
POSTGRES_TIMES = 3
# A year of a small, a middling and a large archive; then the record day.
SIZES = (
    ((100_000, 365), (50_000, 1))
    if IS_QUICK
    else ((2_000_000, 365), (10_000_000, 365), (55_000_000, 365), (1_600_000, 1))
)
MOST_IN_POSTGRES = 100_000_000 if os.environ.get("SIZE") == "full" else 2_000_000
PRICE_STEP = 200

# What `heatmap/sql/columns.sql` sums of what `heatmap/sql/selected.sql` selects.
_SUMS = """
SELECT exchange, side,
    CAST(floor({epoch} / {time_step}) AS BIGINT), CAST(floor(price / {price_step}) AS BIGINT),
    sum(value_usd), count(*), count(*) - count(value_usd)
FROM {table}
WHERE symbol = 'BTCUSDT' AND exchange_time >= '{start}' AND exchange_time < '{end}'
    AND liquidation_type IN ('forced', 'backstop')
GROUP BY 1, 2, 3, 4
"""

_TABLE = """
CREATE TABLE liquidations (
    event_id text, exchange text, instrument_id text, symbol text, side text,
    price double precision, price_kind text, quantity double precision,
    value_usd double precision, liquidation_type text, completeness text,
    confidence double precision, exchange_time timestamptz, received_time timestamptz,
    raw_side text, raw_size double precision, raw_unit text, raw text, adapter_version integer
)
"""
_INDEX = "CREATE INDEX ON liquidations (symbol, exchange_time)"


class Frame(NamedTuple):
    """A time frame that ends with the last row."""

    name: str
    days: float
    until: datetime

    def sums(self, table: str, epoch: str) -> str:
        """Return the SQL of what its heatmap needs at least."""
        span = timedelta(days=self.days)
        return _SUMS.format(
            table=table,
            epoch=epoch,
            time_step=time_step(span, 240),
            price_step=PRICE_STEP,
            start=self.until - span,
            end=self.until,
        )


def measure() -> Iterator[tuple[str, str]]:
    """Yield (what, figure) for each lake and time frame."""
    call_command("migrate", verbosity=0)
    with ExitStack() as stack:
        server = stack.enter_context(running_postgres()) if is_installed() else None
        for rows, days in SIZES:
            begun = perf_counter()
            made = lake(rows, days)
            told = f"{rows:,} rows of {days} days"
            yield f"{told}: ready", f"after {perf_counter() - begun:.0f} s"
            yield from _measured(made, told, days, server if rows <= MOST_IN_POSTGRES else None)


def frames(made: Made, days: int) -> list[Frame]:
    """Return the time frames that a lake of so many days has."""
    known = (("24h", 1), ("7d", 7), ("30d", 30), ("1y", 365))
    return [Frame(name, span, made.until) for name, span in known if span <= days]


def _measured(
    made: Made, told: str, days: int, server: Postgres | None
) -> Iterator[tuple[str, str]]:
    yield f"{told}: stored", f"{made.bytes / made.rows:.0f} bytes an event"
    if server is not None:
        yield from _load(made, told, server)
    for frame in frames(made, days):
        what = f"{told}: heatmap {frame.name}"
        ours = answer_seconds(made, frame, TIMES)
        bare = bare_seconds(made, frame)
        yield what, milliseconds(ours, 50, 95)
        yield f"{what}, bare DuckDB", milliseconds(bare, 50, 95)
        yield f"query {told} {frame.name} vs bare DuckDB, times", _ratio(ours, bare)
        cells = cell_seconds(made, frame)
        yield f"{what}, only its cells", milliseconds(cells, 50, 95)
        yield f"cells {told} {frame.name} vs bare DuckDB, times", _ratio(cells, bare)
        if server is not None:
            epoch = "extract(epoch FROM exchange_time)"
            ask = partial(server.query, frame.sums("liquidations", epoch))
            theirs = seconds(ask, POSTGRES_TIMES)
            yield f"{what}, PostgreSQL", milliseconds(theirs, 50, 95)
            yield f"query {told} {frame.name} vs PostgreSQL", _ratio(theirs, ours)


def answer_seconds(made: Made, frame: Frame, times: int) -> list[float]:
    """Return how long the whole answer of the API takes when nothing of it is kept."""
    end = quote(frame.until.isoformat())
    path = "/liquidations/heatmap-timeseries?format=columns"
    return fresh_seconds(made, f"{path}&timeframe={frame.name}&end_time={end}", times)


def fresh_seconds(made: Made, url: str, times: int) -> list[float]:
    """Return how long an answer over a lake takes when nothing of it is kept."""
    client = Client(headers={"host": "localhost"})

    def ask() -> None:
        caches["answers"].clear()
        answer = client.get(url)
        if answer.status_code != 200:
            raise RuntimeError(f"{url}: {answer.status_code} {answer.content[:200]!r}")

    with override_settings(LIQSITE_LAKE=made.folder):
        return seconds(ask, times)


def cell_seconds(made: Made, frame: Frame) -> list[float]:
    """Return how long the answer's main query takes on its own."""
    span = timedelta(days=frame.days)
    start, end = frame.until - span, frame.until
    selection = Selection("BTCUSDT", None, tuple(sorted(adapters())), start, end, end)
    with override_settings(LIQSITE_LAKE=made.folder):
        return seconds(lambda: columns(selection, time_step(span, 240), PRICE_STEP), TIMES)


def bare_seconds(made: Made, frame: Frame) -> list[float]:
    """Return how long the sums take in DuckDB alone, on the lake's own files."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    sql = frame.sums(f"read_parquet({made.files})", "epoch(exchange_time)")
    with connection:
        return seconds(lambda: connection.execute(sql).fetchall(), TIMES)


def seconds(action: Callable[[], object], times: int) -> list[float]:
    """Return how long an action takes each time; a first one is not counted."""
    action()
    taken = []
    for _ in range(times):
        begun = perf_counter()
        action()
        taken.append(perf_counter() - begun)
    return taken


def _ratio(some: list[float], others: list[float]) -> str:
    return f"{median(some) / median(others):.2f}"


def _load(made: Made, told: str, server: Postgres) -> Iterator[tuple[str, str]]:
    """Put the rows of a lake into PostgreSQL, in the order of time, as they would have come."""
    server.execute(f"DROP TABLE IF EXISTS liquidations; {_TABLE}")
    begun = perf_counter()
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        file = Path(folder) / "rows.csv"
        connection.execute("SET TimeZone = 'UTC'")
        for name in made.files:
            order = f"FROM read_parquet('{name}') ORDER BY exchange_time"
            connection.execute(f"COPY ({order}) TO '{file}' (FORMAT csv, HEADER false)")
            server.copy("liquidations", file)
    server.execute(_INDEX)
    server.execute("VACUUM ANALYZE liquidations")
    size = server.bytes_of("liquidations")
    yield f"{told}: loaded into PostgreSQL", f"in {perf_counter() - begun:.0f} s"
    yield f"{told}: stored by PostgreSQL", f"{size / made.rows:.0f} bytes an event"
    yield f"storage {told} vs PostgreSQL", f"{size / made.bytes:.2f}"
