"""The log of messages between processes of one host: one SQLite file, appended to and read on.

Everything here blocks shortly and belongs in a thread. A log that is deleted or broken under
its users is begun anew; what was in it is lost, which at-most-once delivery allows.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import NamedTuple, TypeVar

T = TypeVar("T")

log = logging.getLogger(__name__)

PAGE_ROWS = 500
_ROWS_BETWEEN_CLEANINGS = 500
_BUSY_SECONDS = 2.0
_TRIES = 5
_PAUSE_SECONDS = 0.01
# What deleting the log and beginning a new one repairs.
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR}

# Nothing in the log outlives a minute, so nothing in it is worth waiting for the disk.
_SETUP = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    receiver TEXT NOT NULL,
    body BLOB NOT NULL
);
SELECT max(id) FROM message;
"""


class Row(NamedTuple):
    """One message of the log: its number, the group it is for, the packed message."""

    id: int
    receiver: str
    body: bytes


class LogFile:
    """One connection to the log that survives the file's end.

    SQLite goes on writing to a file that was deleted under it, and nobody reads that. So each
    use looks whether the three files (database, -wal, -shm) are still the ones that were opened.
    """

    def __init__(self, path: Path) -> None:
        self._files = tuple(path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm"))
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._opened: list[int] = []

    @property
    def inode(self) -> int:
        """The identity of the database file that is open; 0 when it was deleted at once."""
        return self._opened[0] if self._opened else 0

    def run(self, action: Callable[[sqlite3.Connection], T]) -> T:
        """Do one thing with the log, with a new connection or file where that helps.

        Blocks, at most for a few seconds. Raises sqlite3.Error or OSError.
        """
        with self._lock:
            for _ in range(_TRIES - 1):
                try:
                    return action(self._use())
                except sqlite3.Error as error:
                    self._repair(error)
            return action(self._use())

    def close(self) -> None:
        """Close the connection; the next use opens it again."""
        with self._lock:
            self._close()

    def _use(self) -> sqlite3.Connection:
        if self._connection is None or 0 in self._opened or self._look() != self._opened:
            self._close()
            self._opened = self._look()
            self._connection = self._open()
            self._opened = self._look()
        return self._connection

    def _open(self) -> sqlite3.Connection:
        if not self._files[0].exists():
            self._files[0].parent.mkdir(parents=True, exist_ok=True)
            self._remove()
        connection = sqlite3.connect(
            self._files[0], timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            connection.executescript(_SETUP)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _look(self) -> list[int]:
        return [_inode(file) for file in self._files]

    def _repair(self, error: sqlite3.Error) -> None:
        """Let go of what failed; delete it when it is broken and nobody has replaced it yet."""
        self._close()
        is_broken = getattr(error, "sqlite_errorcode", 0) & 0xFF in _BROKEN
        if is_broken and _inode(self._files[0]) == self.inode:
            log.warning("The message log %s is broken (%s); beginning anew", self._files[0], error)
            self._remove()
        time.sleep(_PAUSE_SECONDS)

    def _remove(self) -> None:
        # The side files of a deleted database would mislead the one that takes its place.
        for file in self._files:
            file.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class LogWriter:
    """Appends messages, and from time to time deletes those older than `keep_seconds`."""

    def __init__(self, path: Path, keep_seconds: float, clock: Callable[[], float]) -> None:
        self._file = LogFile(path)
        self._keep_seconds = keep_seconds
        self._clock = clock
        self._until_cleaning = 0

    def append(self, receiver: str, body: bytes) -> None:
        """Add one message for a group. Blocks shortly. Raises sqlite3.Error or OSError."""
        self._file.run(lambda connection: self._insert(connection, receiver, body))

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def _insert(self, connection: sqlite3.Connection, receiver: str, body: bytes) -> None:
        now = self._clock()
        connection.execute(
            "INSERT INTO message (at, receiver, body) VALUES (?, ?, ?)", (now, receiver, body)
        )
        if self._until_cleaning == 0:
            connection.execute("DELETE FROM message WHERE at < ?", (now - self._keep_seconds,))
            self._until_cleaning = _ROWS_BETWEEN_CLEANINGS
        self._until_cleaning -= 1


class LogReader:
    """Reads what was appended since it began, page by page."""

    def __init__(self, path: Path, keep_seconds: float, clock: Callable[[], float]) -> None:
        self._file = LogFile(path)
        self._keep_seconds = keep_seconds
        self._clock = clock
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._last: int | None = None
        self._version = 0

    def skip_to_end(self) -> None:
        """Begin after what is there now. Blocks shortly. Raises sqlite3.Error or OSError."""
        self._last = self._file.run(self._begin)

    def next_page(self) -> list[Row]:
        """Return the next at most PAGE_ROWS messages. Blocks shortly; raises as skip_to_end."""
        return self._file.run(self._read)

    def close(self) -> None:
        """Let the file go."""
        self._connection = self._last = None
        self._file.close()

    def _begin(self, connection: sqlite3.Connection) -> int:
        self._connection, self._inode, self._version = connection, self._file.inode, 0
        return int(connection.execute("SELECT coalesce(max(id), 0) FROM message").fetchone()[0])

    def _read(self, connection: sqlite3.Connection) -> list[Row]:
        if connection is not self._connection:
            self._resume(connection)
        (version,) = connection.execute("PRAGMA data_version").fetchone()
        if version == self._version:
            return []
        page = self._select(connection)
        if len(page) < PAGE_ROWS:
            self._version = version
        self._last = page[-1].id if page else self._last
        return page

    def _resume(self, connection: sqlite3.Connection) -> None:
        """Find the place in a file that was opened anew; all of a file made anew is news."""
        known, end = self._inode, self._begin(connection)
        if self._last is None:
            self._last = end
        else:
            self._last = min(self._last, end) if self._inode == known else 0

    def _select(self, connection: sqlite3.Connection) -> list[Row]:
        rows = connection.execute(
            "SELECT id, receiver, body FROM message WHERE id > ? AND at >= ? ORDER BY id LIMIT ?",
            (self._last, self._clock() - self._keep_seconds, PAGE_ROWS),
        )
        return [Row(*row) for row in rows]


def _inode(file: Path) -> int:
    try:
        return file.stat().st_ino
    except OSError:
        return 0
