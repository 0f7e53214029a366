"""Opening the lake: Parquet files with an SQL catalog, queried by DuckDB."""

from __future__ import annotations

import ctypes
import sqlite3
from contextlib import closing, nullcontext, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from exchanges.errors import StoreUnavailable
from exchanges.lake import Lake, Place
from exchanges.store import shared
from exchanges.store.write_lock import writing

# Batches up to this many rows live in the catalog until the next flush; larger ones go
# straight to Parquet. Inlining many rows at once is slow, so the limit is small.
INLINED_ROWS = 500
WRITER_MEMORY = "400MB"
# Signatures are checked by `_check_signatures`.
CONFIG: dict[str, str | bool | int | float | list[str]] = {"allow_unsigned_extensions": True}
ARENAS = 2
_EMBEDDED = ("sqlite_scanner",)
_NOTHING_YET = "Nothing has been stored yet. Start the worker: `make run`."
# The number of that option in glibc's malloc.h.
_M_ARENA_MAX = -8


def connect(place: Place, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB connection whose default database is the lake.

    Raises StoreUnavailable when there is no lake yet (read only) or it cannot be opened.
    """
    _bound_arenas()
    lake = Lake.of(place)
    try:
        connection = _attached(lake, read_only)
        if not read_only:
            # By itself it keeps what it has read until most of the machine's memory is full.
            connection.execute(f"SET GLOBAL memory_limit = '{WRITER_MEMORY}'")
            connection.execute("SET GLOBAL enable_external_file_cache = false")
        return connection
    except (duckdb.Error, sqlite3.Error, OSError) as error:
        raise StoreUnavailable(f"The store in {lake} cannot be opened: {error}") from error


def _attached(lake: Lake, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Open the lake; a writer makes it where there is none, and only one at a time."""
    if lake.is_shared:
        with nullcontext() if read_only else shared.alone(lake):
            return _attach(lake, read_only)
    if not Path(lake.catalog).exists():
        if read_only:
            raise StoreUnavailable(_NOTHING_YET)
        _create_catalog(lake)
    return _attach(lake, read_only)


@cache
def _bound_arenas() -> None:
    """Have all threads allocate from two arenas, where the C library is glibc.

    By itself it gives each of DuckDB's threads one, and hardly ever gives back what they held.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, ARENAS)


def _create_catalog(lake: Lake) -> None:
    """Make the catalog in WAL mode, so that readers never wait for the writer's commit.

    It gets its name when it is closed: Python's SQLite does not see what the one inside DuckDB
    has open in this process, and takes the log away under its transaction.
    """
    catalog = Path(lake.catalog)
    catalog.parent.mkdir(parents=True, exist_ok=True)
    with writing(lake), TemporaryDirectory(dir=catalog.parent) as folder:
        made = Path(folder) / catalog.name
        with closing(sqlite3.connect(made)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        if not catalog.exists():
            made.rename(catalog)


def _attach(lake: Lake, read_only: bool) -> duckdb.DuckDBPyConnection:
    catalogs = shared.extensions(lake) if lake.is_shared else _EMBEDDED
    connection = _extended((*catalogs, "ducklake"))
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    options = [
        f"DATA_PATH {shared.quoted(f'{lake.data}/')}",
        f"DATA_INLINING_ROW_LIMIT {INLINED_ROWS}",
    ]
    if read_only:
        options.append("READ_ONLY")
    what = f"ducklake:sqlite:{lake.catalog}"
    if lake.is_shared:
        what, secret = shared.attach_options(connection, lake)
        options.append(secret)
    connection.execute(f"ATTACH {shared.quoted(what)} AS lake ({', '.join(options)})")
    connection.execute("USE lake")
    return connection


def _extended(extensions: tuple[str, ...]) -> duckdb.DuckDBPyConnection:
    """Return a connection with extensions whose signatures this process has checked."""
    _check_signatures(extensions)
    connection = duckdb.connect(":memory:", config=CONFIG)
    for extension in extensions:
        _load(connection, extension)
    return connection


@cache
def _check_signatures(extensions: tuple[str, ...]) -> None:
    """Load them as DuckDB does by itself: it reads 35 MB for each signature, a tenth of a second.

    Raises duckdb.Error for a file that is not as its makers signed it.
    """
    with duckdb.connect(":memory:") as connection:
        for extension in extensions:
            _load(connection, extension)


def _load(connection: duckdb.DuckDBPyConnection, extension: str) -> None:
    """Load the signed extension file that its package carries; nothing is downloaded."""
    try:
        package = import_module(f"duckdb_extension_{extension}")
    except ImportError:
        connection.install_extension(extension)
        connection.load_extension(extension)
        return
    [file] = Path(str(package.__file__)).parent.glob("extensions/*/*.duckdb_extension")
    connection.execute(f"LOAD {shared.quoted(str(file))}")
