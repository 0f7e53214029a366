"""One writer at a time, whichever process it is in.

SQLite refuses a commit when another came between its transaction's first read and it: beside a
worker that commits often, an import of large batches would be refused again and again. Waiting
for each other costs both less. Beside a catalog in PostgreSQL it also saves DuckLake's retries,
and makes the look for ids that are stored already a proof.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from exchanges.errors import StoreUnavailable
from exchanges.lake import Lake, Place
from exchanges.store import shared


@contextmanager
def writing(place: Place) -> Iterator[None]:
    """Wait until no other process writes to the lake, and keep them waiting.

    Raises StoreUnavailable where the folder takes no files, or PostgreSQL does not answer.
    """
    lake = Lake.of(place)
    with shared.alone(lake) if lake.is_shared else _file_locked(lake.folder):
        yield


@contextmanager
def _file_locked(folder: Path) -> Iterator[None]:
    try:
        file = (folder / "write.lock").open("w")
    except OSError as error:
        raise StoreUnavailable(f"The store in {folder} cannot be written: {error}") from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def transaction(place: Place, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Do all or nothing to the lake, while no other process writes to it.

    Raises as `writing` does, and duckdb.Error.
    """
    with writing(place):
        connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            # On a connection that is lost there is nothing to take back.
            with suppress(duckdb.Error):
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
