"""The lake's catalog as the plain SQLite database that it is: read beside a running writer."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exchanges.errors import StoreUnavailable
from exchanges.lake import CATALOG, Lake, Place


@dataclass(frozen=True, slots=True)
class LakeFile:
    """A Parquet file as the catalog knows it; `kind` is `data` or `delete`.

    `low` and `high` are what the columns' smallest and largest values are said to be.
    """

    table: str
    kind: str
    path: Path
    rows: int
    bytes: int
    low: dict[str, str]
    high: dict[str, str]


_FILES = """
SELECT t.table_name, '{kind}', f.data_file_id, f.path, f.path_is_relative, f.{rows},
       f.file_size_bytes, s.path, t.path
FROM {files} f JOIN ducklake_table t USING (table_id) JOIN ducklake_schema s USING (schema_id)
WHERE f.end_snapshot IS NULL AND t.end_snapshot IS NULL ORDER BY t.table_name, f.data_file_id
"""
_KINDS = (
    ("data", "ducklake_data_file", "record_count"),
    ("delete", "ducklake_delete_file", "delete_count"),
)


def embedded(place: Place, instead: str) -> Path:
    """Return the folder of a lake with an SQLite catalog.

    Raises StoreUnavailable for one in PostgreSQL; `instead` says what to do about it there.
    """
    lake = Lake.of(place)
    if lake.is_shared:
        raise StoreUnavailable(f"This lake's catalog is in PostgreSQL: {instead}")
    return lake.folder


@contextmanager
def open_catalog(folder: Path) -> Iterator[sqlite3.Connection]:
    """Give the catalog of the lake in `folder`, read only. Raises StoreUnavailable."""
    file = folder / CATALOG
    if not file.exists():
        raise StoreUnavailable(f"There is no store in {folder}.")
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise StoreUnavailable(f"The catalog {file} cannot be read: {error}") from error


def live_files(catalog: sqlite3.Connection) -> list[LakeFile]:
    """Return every file that the newest snapshot needs."""
    root = data_path(catalog)
    bounds = _bounds(catalog)
    found = []
    for kind, files, rows in _KINDS:
        query = _FILES.format(kind=kind, files=files, rows=rows)
        for table, _, number, path, is_relative, count, size, *parts in catalog.execute(query):
            whole = root.joinpath(*parts, path) if is_relative else Path(path)
            low, high = bounds.get(number, ({}, {}))
            found.append(LakeFile(table, kind, whole, count, size, low, high))
    return found


def data_path(catalog: sqlite3.Connection) -> Path:
    """Return the folder that files are named from."""
    query = "SELECT value FROM ducklake_metadata WHERE key = 'data_path' AND scope IS NULL"
    [(path,)] = catalog.execute(query).fetchall()
    return Path(path)


def inlined_rows(catalog: sqlite3.Connection) -> dict[str, int]:
    """Return table -> rows that are still in the catalog itself."""
    query = (
        "SELECT t.table_name, i.table_name FROM ducklake_inlined_data_tables i "
        "JOIN ducklake_table t USING (table_id) WHERE t.end_snapshot IS NULL"
    )
    counts: dict[str, int] = {}
    for table, inlined in catalog.execute(query).fetchall():
        # The catalog's own name of a table of its own.
        count = f'SELECT count(*) FROM "{inlined}" WHERE end_snapshot IS NULL'  # noqa: S608
        counts[table] = counts.get(table, 0) + one_value(catalog, count)
    return counts


def one_value(catalog: sqlite3.Connection, query: str) -> Any:
    """Return the one value of a query."""
    [(value,)] = catalog.execute(query).fetchall()
    return value


def _bounds(catalog: sqlite3.Connection) -> dict[int, tuple[dict[str, str], dict[str, str]]]:
    """Return file -> (column -> smallest, column -> largest)."""
    query = (
        "SELECT DISTINCT data_file_id, column_name, min_value, max_value "
        "FROM ducklake_file_column_stats JOIN ducklake_column c USING (table_id, column_id) "
        "WHERE c.end_snapshot IS NULL "
        "AND column_name IN ('exchange', 'exchange_time', 'received_time')"
    )
    bounds: dict[int, tuple[dict[str, str], dict[str, str]]] = {}
    for number, column, low, high in catalog.execute(query):
        lows, highs = bounds.setdefault(number, ({}, {}))
        lows[column], highs[column] = low, high
    return bounds
