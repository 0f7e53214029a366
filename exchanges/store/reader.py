"""The reading side: any process, any thread, also while the worker writes or is down."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb

from exchanges.errors import StoreUnavailable
from exchanges.store.connection import connect

_opening = Lock()


def query(folder: Path, sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows of one SELECT with named parameters (`$name`), as of now.

    Raises StoreUnavailable when there is no lake or it cannot be read.
    """
    try:
        with _connection(folder).cursor() as cursor:
            cursor.execute("USE lake")
            return cursor.execute(sql, dict(parameters)).fetchall()
    except duckdb.IOException as error:
        raise StoreUnavailable(f"The store in {folder} cannot be read: {error}") from error


def _connection(folder: Path) -> duckdb.DuckDBPyConnection:
    """Return this process's one connection; the first callers open it one at a time."""
    with _opening:
        return _open(folder)


@lru_cache(maxsize=4)
def _open(folder: Path) -> duckdb.DuckDBPyConnection:
    return connect(folder, read_only=True)
