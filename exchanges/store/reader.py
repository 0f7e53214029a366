"""The reading side: any process, any thread, also while the worker writes or is down.

No query takes longer than `limits` allow; `cancellable()` lets the asker withdraw it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache, lru_cache
from itertools import count
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from exchanges.errors import SnapshotGone, StoreUnavailable
from exchanges.lake import Lake, Place
from exchanges.store.cancelling import StaleCatalog, within_limits
from exchanges.store.connection import connect
from exchanges.store.flushes import undisturbed
from exchanges.store.limits import limits
from exchanges.store.lost import abandon

T = TypeVar("T")

# DuckLake keeps some 3 KB of every query until its connection is closed.
RENEWED_AFTER = 20_000

_opening = Lock()
_uses = count(1)

# What DuckLake says of a snapshot that is not kept, and of one older than the table.
_SNAPSHOT_GONE = ("No snapshot found", "does not exist at version")


def query(lake: Place, sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows of one SELECT with named parameters (`$name`), as of now.

    Raises StoreUnavailable when there is no lake or it cannot be read, QueryTooLong,
    QueryTooLarge and QueryCancelled.
    """

    def ask() -> list[tuple[Any, ...]]:
        with _cursor(lake) as cursor, within_limits(cursor):
            return cursor.execute(sql, dict(parameters)).fetchall()

    return _reopened_if_stale(lake, ask)


def table(lake: Place, sql: str, parameters: Mapping[str, Any]) -> pa.Table:
    """Return the rows of one SELECT as an Arrow table, for many numbers at once.

    Raises as `query` does.
    """

    def ask() -> pa.Table:
        with _cursor(lake) as cursor, within_limits(cursor):
            return cursor.execute(sql, dict(parameters)).to_arrow_table()

    return _reopened_if_stale(lake, ask)


def stream(
    lake: Place, sql: str, parameters: Mapping[str, Any], rows_per_batch: int
) -> Generator[pa.RecordBatch]:
    """Yield the rows of one SELECT batch by batch, in constant memory; at least one batch,
    which may be empty. Closing the iterator ends the query.

    The SELECT is ordered, so that it has read all there is before its first row: a flush after
    that takes nothing from it.

    The time limit holds for each batch, not for the reader's pace. Raises as `query` does.
    """

    def begin() -> tuple[duckdb.DuckDBPyConnection, pa.RecordBatchReader, pa.RecordBatch | None]:
        held.close()
        cursor = held.enter_context(_cursor(lake))
        with within_limits(cursor):
            reader = cursor.execute(sql, dict(parameters)).to_arrow_reader(rows_per_batch)
            return cursor, reader, next(reader, None)

    with ExitStack() as held:
        cursor, reader, batch = _reopened_if_stale(lake, begin)
        yield batch if batch is not None else pa.RecordBatch.from_pylist([], reader.schema)
        while batch is not None:
            with within_limits(cursor):
                batch = next(reader, None)
            if batch is not None:
                yield batch


def snapshot(lake: Place) -> int:
    """Return the number of the store's latest commit, for `AT (VERSION => $snapshot)`.

    It grows with every commit. Raises as `query` does.
    """
    [(number,)] = query(lake, "SELECT id FROM lake.current_snapshot()", {})
    return int(number)


@contextmanager
def _cursor(lake: Place) -> Iterator[duckdb.DuckDBPyConnection]:
    with _connection(lake).cursor() as cursor:
        with within_limits(cursor):
            cursor.execute("USE lake")
        try:
            yield cursor
        except (duckdb.InvalidInputException, duckdb.CatalogException) as error:
            if any(said in str(error) for said in _SNAPSHOT_GONE):
                raise SnapshotGone from error
            raise


def _reopened_if_stale(lake: Place, ask: Callable[[], T]) -> T:
    """Ask; when the writer has done away with what the connection remembers, ask a fresh one."""
    asked = _connection(lake)
    try:
        return undisturbed(lake, ask)
    except StaleCatalog:
        with _opening:
            if _open(lake) is asked:
                if Lake.of(lake).is_shared:
                    abandon(asked)
                _open.cache_clear()
        return undisturbed(lake, ask)


def _connection(lake: Place) -> duckdb.DuckDBPyConnection:
    """Return this process's one connection; the first callers open it one at a time.

    Whoever still uses the last one keeps it.
    """
    with _opening:
        if next(_uses) % RENEWED_AFTER == 0:
            _open.cache_clear()
        return _open(lake)


@lru_cache(maxsize=4)
def _open(lake: Place) -> duckdb.DuckDBPyConnection:
    connection = connect(lake, read_only=True)
    allowed = limits()
    try:
        connection.execute("SET GLOBAL memory_limit = $memory", {"memory": allowed.memory})
    except duckdb.Error as error:
        raise StoreUnavailable(f"LIQSITE_QUERY_MEMORY is no size like 1GB: {error}") from error
    connection.execute("SET GLOBAL threads = $threads", {"threads": allowed.threads})
    connection.execute("SET GLOBAL temp_directory = $folder", {"folder": _spill().name})
    return connection


@cache
def _spill() -> TemporaryDirectory[str]:
    """Return where goes what does not fit into memory; it is removed with the process."""
    return TemporaryDirectory(prefix="liqsite-")
