"""One writer at a time, whichever process it is in.

SQLite refuses a commit when another came between its transaction's first read and it: beside a
worker that commits often, an import of large batches would be refused again and again. Waiting
for each other costs both less.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from exchanges.errors import StoreUnavailable


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Wait until no other process writes to the lake in `folder`, and keep them waiting.

    Raises StoreUnavailable where the folder takes no files.
    """
    try:
        file = (folder / "write.lock").open("w")
    except OSError as error:
        raise StoreUnavailable(f"The store in {folder} cannot be written: {error}") from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def transaction(folder: Path, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Do all or nothing to the lake in `folder`, while no other process writes to it.

    Raises StoreUnavailable where the folder takes no files, and duckdb.Error.
    """
    with writing(folder):
        connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
