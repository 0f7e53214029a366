"""What DuckDB says when the catalog's PostgreSQL goes away in the middle of something.

Much of it comes as the kind of error that bad rows or a bad query make.
"""

from __future__ import annotations

import ctypes

import duckdb

from exchanges.errors import RowsRefused, StoreUnavailable

_SAID = (
    "unsuccessful query result",
    "TransactionContext Error",
    "Failed to prepare COPY",
    "Failed to execute query",
    "server closed the connection",
    "terminating connection",
    # DuckLake's own, over an answer that broke off; the connection may be of no use after it.
    "Attempted to access index 0 within vector of size 0",
    "database has been invalidated",
)


def is_lost(error: Exception) -> bool:
    """Return whether it says that the catalog was lost, and nothing of rows or query."""
    return any(said in str(error) for said in _SAID)


def refusal(what: str, error: duckdb.Error) -> RowsRefused | StoreUnavailable:
    """Return that rows are refused for ever, or that the store was lost over them."""
    if is_lost(error):
        return StoreUnavailable(f"The store took no rows: {error}")
    return RowsRefused(f"{what}: {error}")


def abandon(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep a connection that lost its catalog from ever being closed.

    Closing it ends the process (std::terminate in DuckDB 1.5.5), where a transaction was open.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))
