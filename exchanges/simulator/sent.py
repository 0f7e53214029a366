"""What a venue told, or would have told had anybody listened: for trade ids, for what is sent
again on subscribing, for history over REST, and for tests that compare.

The rows lie in a temporary SQLite file of their own, so that hours of a busy market cost disk
and not memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from exchanges.simulator.contracts import Contract, Liquidation

KEPT = 4_000_000
"""Rows a venue remembers; three hours of a venue with 370 a second."""
RECENT = 10_000
FLUSH_ROWS = 2_000
NUMBERS_PER_MS = 1 << 20
_FOREVER = 1 << 62

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -8000;
CREATE TABLE sent (place INTEGER PRIMARY KEY, number INTEGER, instrument TEXT, side TEXT,
    price REAL, size REAL, time_ms INTEGER, told_ms INTEGER, is_written INTEGER);
CREATE INDEX by_time ON sent (instrument, time_ms, place);
"""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A row that was told; `number` is its own, and later rows have higher ones."""

    number: int
    row: Liquidation


class Told(NamedTuple):
    """A row with when it left (epoch ms of the simulator's clock), and whether a socket took it."""

    row: Liquidation
    told_ms: int
    is_written: bool


class Sent:
    """Remembers the newest rows of one venue; equal rows are still two."""

    def __init__(
        self, exchange: str, contracts: Mapping[str, Contract], size: int | None = None
    ) -> None:
        self._exchange = exchange
        self._contracts = contracts
        self._size = KEPT if size is None else size
        self._places = 0
        # Keyed by identity: a row that is kept keeps its identity to itself.
        self._recent: dict[int, int] = {}
        self._recent_rows: dict[int, Liquidation] = {}
        self._unsaved: list[list[str | int | float]] = []
        self._late: list[tuple[int, int]] = []
        # Used by one thread at a time, but not always by the one that made it.
        self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._file.executescript(_SCHEMA)

    def add(self, rows: Sequence[Liquidation], told_ms: int) -> range:
        """Remember rows; return their places, by which `wrote` knows them."""
        first = self._places
        for row in rows:
            self._add(row, told_ms)
        if len(self._unsaved) >= FLUSH_ROWS:
            self._save()
        return range(first, self._places)

    def wrote(self, places: range) -> None:
        """Note that a socket took these rows."""
        saved = self._places - len(self._unsaved)
        if places.start < saved:
            self._late.append((places.start, min(places.stop, saved)))
        for place in range(max(places.start, saved), places.stop):
            self._unsaved[place - saved][-1] = 1

    def number(self, row: Liquidation) -> int:
        """Return the row's number, the same however often it is asked for."""
        if id(row) not in self._recent:
            self.add([row], row.time_ms)
        return self._recent[id(row)]

    def rows(
        self,
        instruments: Iterable[str],
        start_ms: int = 0,
        end_ms: int = _FOREVER,
        *,
        order: Literal["told", "oldest", "newest"] = "told",
        limit: int = -1,
        after: int = -1,
    ) -> list[Numbered]:
        """Return the rows of these instruments with start_ms <= time <= end_ms.

        In the order in which they were told, or by time; `after` leaves out numbers up to it.
        """
        self._save()
        wanted = list(dict.fromkeys(instruments))
        by = {"told": "place", "oldest": "time_ms, place", "newest": "time_ms DESC, place DESC"}
        rows = self._file.execute(
            "SELECT number, instrument, side, price, size, time_ms FROM sent "  # noqa: S608
            f"WHERE instrument IN ({','.join('?' * len(wanted))}) "
            f"AND time_ms BETWEEN ? AND ? AND number > ? ORDER BY {by[order]} LIMIT ?",
            [*wanted, start_ms, end_ms, after, limit],
        )
        return [Numbered(number, self._row(*rest)) for number, *rest in rows]

    def newest(self, instruments: Iterable[str], count: int) -> list[Numbered]:
        """Return the rows told last, the first told first."""
        rows = self.rows(instruments, order="newest", limit=count)
        return rows[::-1]

    def told_since(self, told_ms: int, portion: int = 2_000) -> Iterator[list[Told]]:
        """Yield what was told from then on until now, in that order, portion by portion."""
        self._save()
        query = "SELECT coalesce(min(place), ?) FROM sent WHERE told_ms >= ?"
        end = self._places
        [(place,)] = self._file.execute(query, [end, told_ms]).fetchall()
        while rows := self._portion(place, min(place + portion, end)):
            yield [Told(self._row(*rest), at, bool(written)) for _, at, written, *rest in rows]
            place = rows[-1][0] + 1

    def _portion(self, start: int, end: int) -> list[Any]:
        self._save()
        return self._file.execute(
            "SELECT place, told_ms, is_written, instrument, side, price, size, time_ms "
            "FROM sent WHERE place >= ? AND place < ? ORDER BY place",
            [start, end],
        ).fetchall()

    def _row(
        self, instrument: str, side: Literal["long", "short"], price: float, size: float, at: int
    ) -> Liquidation:
        contract = self._contracts[instrument]
        return Liquidation(self._exchange, contract, side, price, size, at)

    def _add(self, row: Liquidation, told_ms: int) -> None:
        # A restarted venue does not use its numbers again.
        number = row.time_ms * NUMBERS_PER_MS + self._places % NUMBERS_PER_MS
        self._places += 1
        self._recent[id(row)] = number
        self._recent_rows[id(row)] = row
        if len(self._recent) > RECENT:
            oldest = next(iter(self._recent))
            del self._recent[oldest], self._recent_rows[oldest]
        of_row = (row.instrument, row.side, row.price, row.size, row.time_ms)
        self._unsaved.append([self._places - 1, number, *of_row, told_ms, 0])

    def _save(self) -> None:
        """Write down what is not yet, and forget what is too old."""
        if self._late:
            update = "UPDATE sent SET is_written = 1 WHERE place >= ? AND place < ?"
            self._file.executemany(update, self._late)
            self._late.clear()
        if self._unsaved:
            self._file.execute("BEGIN")
            self._file.executemany("INSERT INTO sent VALUES (?,?,?,?,?,?,?,?,?)", self._unsaved)
            self._file.execute("DELETE FROM sent WHERE place < ?", [self._places - self._size])
            self._file.execute("COMMIT")
            self._unsaved.clear()


def entry(told: Told) -> dict[str, str | int | float | bool]:
    """Return a row as `/control/sent` shows it."""
    row = told.row
    return {
        "exchange": row.exchange,
        "instrument": row.instrument,
        "side": row.side,
        "price": row.price,
        "size": row.size,
        "time_ms": row.time_ms,
        "value_usd": row.value_usd,
        "told_ms": told.told_ms,
        "is_written": told.is_written,
    }
