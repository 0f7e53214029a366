"""Stopping queries that take too long, and those that nobody waits for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar
from threading import Event, Lock, Timer

import duckdb
import pyarrow as pa

from exchanges.errors import QueryCancelled, QueryTooLarge, QueryTooLong, StoreUnavailable
from exchanges.store.limits import limits
from exchanges.store.lost import is_lost


class StaleCatalog(StoreUnavailable):
    """The connection is of no use: it remembers tables of inlined rows that the writer has done
    away with, or has lost the catalog. A fresh one may do."""


class Cancellation:
    """Interrupts what runs under it, and lets nothing more begin. Any thread may cancel."""

    def __init__(self) -> None:
        self.is_cancelled = False
        self._running: set[duckdb.DuckDBPyConnection] = set()
        self._lock = Lock()

    def cancel(self) -> None:
        """Stop what runs and refuse what comes."""
        with self._lock:
            self.is_cancelled = True
            for cursor in self._running:
                _interrupt(cursor)

    @contextmanager
    def watching(self, cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Let the cursor be interrupted while inside. Raises QueryCancelled."""
        with self._lock:
            self.check()
            self._running.add(cursor)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(cursor)

    def check(self) -> None:
        """Raise QueryCancelled if it is."""
        if self.is_cancelled:
            raise QueryCancelled("Nobody waits for this answer any more.")


_current: ContextVar[Cancellation | None] = ContextVar("cancellation", default=None)


@contextmanager
def cancellable() -> Iterator[Cancellation]:
    """Give the cancellation of every query asked inside, in this context and its copies."""
    cancellation = Cancellation()
    token = _current.set(cancellation)
    try:
        yield cancellation
    finally:
        _current.reset(token)


@contextmanager
def within_limits(cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Run one step of a query; what is expected to go wrong is raised as our own errors.

    Raises QueryTooLong, QueryTooLarge, QueryCancelled, StoreUnavailable.
    """
    cancellation = _current.get()
    overdue = Event()

    def stop() -> None:
        overdue.set()
        _interrupt(cursor)

    timer = Timer(limits().seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        with cancellation.watching(cursor) if cancellation else nullcontext():
            yield
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        if cancellation:
            cancellation.check()
        raise _named(error, overdue.is_set()) from error
    finally:
        timer.cancel()


def _named(error: Exception, is_overdue: bool) -> Exception:
    """Return our own error for what is expected, the error itself for a bug."""
    if is_overdue:
        return QueryTooLong(limits().seconds)
    if isinstance(error, duckdb.OutOfMemoryException):
        return QueryTooLarge(limits().memory)
    is_stale = "ducklake_inlined_data_" in str(error) or is_lost(error)
    if isinstance(error, duckdb.Error) and is_stale:
        return StaleCatalog(f"The store cannot be read: {error}")
    # A batch that cannot be fetched comes as Arrow's error, whatever the reason was.
    if isinstance(error, duckdb.IOException | pa.ArrowException | OSError):
        return StoreUnavailable(f"The store cannot be read: {error}")
    return error


def _interrupt(cursor: duckdb.DuckDBPyConnection) -> None:
    """Interrupt the cursor; one that is closed by now has nothing to interrupt."""
    with suppress(duckdb.Error):
        cursor.interrupt()
