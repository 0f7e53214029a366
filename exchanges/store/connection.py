"""Opening the lake: Parquet files with an SQLite catalog, queried by DuckDB."""

from __future__ import annotations

import ctypes
import sqlite3
from contextlib import closing, suppress
from functools import cache
from importlib import import_module
from pathlib import Path

import duckdb

from exchanges.errors import StoreUnavailable

# Batches up to this many rows live in the catalog until the next flush; larger ones go
# straight to Parquet. Inlining many rows at once is slow, so the limit is small.
INLINED_ROWS = 500
WRITER_MEMORY = "400MB"
ARENAS = 2
# The number of that option in glibc's malloc.h.
_M_ARENA_MAX = -8


def connect(folder: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB connection whose default database is the lake in `folder`.

    Raises StoreUnavailable when there is no lake yet (read only) or it cannot be opened.
    """
    _bound_arenas()
    catalog = folder / "catalog.sqlite"
    if read_only and not catalog.exists():
        raise StoreUnavailable("Nothing has been stored yet. Start the worker: `make run`.")
    try:
        if not read_only:
            _create_catalog(catalog)
        connection = _attach(catalog, folder / "data", read_only)
        if not read_only:
            # By itself it keeps what it has read until most of the machine's memory is full.
            connection.execute(f"SET GLOBAL memory_limit = '{WRITER_MEMORY}'")
            connection.execute("SET GLOBAL enable_external_file_cache = false")
        return connection
    except (duckdb.Error, sqlite3.Error, OSError) as error:
        raise StoreUnavailable(f"The store in {folder} cannot be opened: {error}") from error


@cache
def _bound_arenas() -> None:
    """Have all threads allocate from two arenas, where the C library is glibc.

    By itself it gives each of DuckDB's threads one, and hardly ever gives back what they held.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, ARENAS)


def _create_catalog(catalog: Path) -> None:
    """Put the catalog in WAL mode, so that readers never wait for the writer's commit."""
    catalog.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(catalog)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


def _attach(catalog: Path, data: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    for extension in ("sqlite_scanner", "ducklake"):
        _load(connection, extension)
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    options = f"DATA_PATH {_quoted(f'{data}/')}, DATA_INLINING_ROW_LIMIT {INLINED_ROWS}"
    if read_only:
        options += ", READ_ONLY"
    connection.execute(f"ATTACH {_quoted(f'ducklake:sqlite:{catalog}')} AS lake ({options})")
    connection.execute("USE lake")
    return connection


def _load(connection: duckdb.DuckDBPyConnection, extension: str) -> None:
    """Load the signed extension file that its package carries; nothing is downloaded."""
    try:
        package = import_module(f"duckdb_extension_{extension}")
    except ImportError:
        connection.install_extension(extension)
        connection.load_extension(extension)
        return
    [file] = Path(str(package.__file__)).parent.glob("extensions/*/*.duckdb_extension")
    connection.execute(f"LOAD {_quoted(str(file))}")


def _quoted(text: str) -> str:
    """Return an SQL string literal; paths come from settings, never from a request."""
    return "'" + text.replace("'", "''") + "'"
