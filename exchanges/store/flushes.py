"""Readers and the flush, which must not cross.

DuckLake reads an SQLite catalog in several looks, each at what is there just then. A reader that
listed the Parquet files before a flush and looked for inlined rows after it finds the moved rows
in neither. So flushes are counted, before they begin, and who was crossed by one asks again.
A catalog in PostgreSQL is read as of one moment, and needs none of it.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TypeVar

from exchanges.errors import StoreUnavailable
from exchanges.lake import Lake, Place

T = TypeVar("T")

_FILE = "flush.lock"
_TRIES = 3
# A flush waits so long for readers that insist; it is not urgent.
_WAIT_SECONDS, _LOOK_SECONDS = 0.5, 0.01


def flush_alone(place: Place, flush: Callable[[], int]) -> int:
    """Flush while no reader insists, or not at all; return what `flush` does, or 0.

    Raises StoreUnavailable where the folder takes no files, and what `flush` raises.
    """
    lake = Lake.of(place)
    return flush() if lake.is_shared else _flush_counted(lake.folder, flush)


def _flush_counted(folder: Path, flush: Callable[[], int]) -> int:
    try:
        file = (folder / _FILE).open("a+")
    except OSError as error:
        raise StoreUnavailable(f"The store in {folder} cannot be written: {error}") from error
    with file:
        if not _locked(file):
            return 0
        count = _count(file)
        file.truncate(0)
        file.write(str(count + 1))
        file.flush()
        return flush()


def undisturbed(place: Place, ask: Callable[[], T]) -> T:
    """Return what `ask` reads, asked again when a flush crossed it.

    Who is crossed again and again keeps flushes waiting. Raises what `ask` raises.
    """
    lake = Lake.of(place)
    if lake.is_shared:
        return ask()
    folder = lake.folder
    for _ in range(_TRIES):
        before = _flushes(folder)
        found = ask()
        if _flushes(folder) == before:
            return found
    with _shared(folder):
        return ask()


def _flushes(folder: Path) -> int:
    """Return how many flushes there have been, once none is under way."""
    with _shared(folder) as file:
        return _count(file) if file else 0


@contextmanager
def _shared(folder: Path) -> Iterator[TextIOWrapper | None]:
    """Keep flushes from beginning; where none has ever been there is nothing to keep."""
    try:
        file = (folder / _FILE).open()
    except OSError:
        yield None
        return
    with file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield file


def _locked(file: TextIOWrapper) -> bool:
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(_LOOK_SECONDS)
        else:
            return True


def _count(file: TextIOWrapper) -> int:
    file.seek(0)
    return int(file.read() or 0)
