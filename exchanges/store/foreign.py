"""Reading another program's DuckDB file, batch by batch, without changing it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from exchanges.errors import UnreadableSource
from exchanges.store.limits import limits

TABLE = "liquidations"
ROWS_PER_BATCH = 10_000

# Rows that are equal in these are told apart by their place among them.
_IDENTITY = ("exchange", "symbol", "timestamp", "side", "price", "quantity")


def foreign_rows(path: Path) -> tuple[int, Iterator[pa.RecordBatch]]:
    """Return how many rows the file's table `liquidations` has, and the rows by time.

    Each row has one column more, `ordinal`: its place, from 1, among its equals.
    Raises UnreadableSource.
    """
    try:
        connection = duckdb.connect(str(path), read_only=True)
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET memory_limit = $memory", {"memory": limits().memory})
        names = _columns(connection)
        [(count,)] = connection.execute(f"SELECT count(*) FROM {TABLE}").fetchall()  # noqa: S608
    except duckdb.Error as error:
        raise UnreadableSource(f"{path} cannot be read as a DuckDB file: {error}") from error
    return int(count), _batches(connection, names)


def _columns(connection: duckdb.DuckDBPyConnection) -> set[str]:
    described = connection.execute(f"DESCRIBE {TABLE}").fetchall()
    return {str(column[0]).lower() for column in described}


def _batches(connection: duckdb.DuckDBPyConnection, names: set[str]) -> Iterator[pa.RecordBatch]:
    equals = ", ".join(name for name in _IDENTITY if name in names)
    order = "timestamp" if "timestamp" in names else "rowid"
    sql = (
        f"SELECT *, row_number() OVER (PARTITION BY {equals} ORDER BY rowid) AS ordinal "  # noqa: S608
        f"FROM {TABLE} ORDER BY {order}"
    )
    with connection:
        yield from connection.execute(sql).to_arrow_reader(ROWS_PER_BATCH)
