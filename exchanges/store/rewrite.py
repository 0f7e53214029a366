"""Reading stored liquidations in portions, and putting others in their places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import msgspec

from exchanges.errors import StoreUnavailable
from exchanges.events import Liquidation
from exchanges.store.connection import connect
from exchanges.store.reader import query

PORTION = 20_000

_NAMES = ", ".join(Liquidation.__struct_fields__)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def count_rows(folder: Path, exchange: str, since: datetime) -> int:
    """Return how many liquidations of a venue happened since then. Raises StoreUnavailable."""
    counted = "SELECT count(*) FROM liquidations WHERE exchange = $exchange "
    sql = f"{counted} AND exchange_time >= $since"
    [(count,)] = query(folder, sql, {"exchange": exchange, "since": since})
    return int(count)


def portions(
    folder: Path, exchange: str, since: datetime, size: int = PORTION
) -> Iterator[list[Liquidation]]:
    """Yield a venue's liquidations since then, by time and id. Raises StoreUnavailable."""
    sql = (
        f"SELECT {_NAMES} FROM liquidations WHERE exchange = $exchange "  # noqa: S608 - our names
        "AND exchange_time >= $at AND (exchange_time > $at OR event_id > $id) "
        "ORDER BY exchange_time, event_id LIMIT $size"
    )
    at, last_id = max(since, _EPOCH), ""
    while rows := query(folder, sql, {"exchange": exchange, "at": at, "id": last_id, "size": size}):
        portion = [Liquidation(*row) for row in rows]
        yield portion
        at, last_id = portion[-1].exchange_time, portion[-1].event_id


class Rewriter:
    """Puts rows in the places of those stored with the same ids, a portion in one transaction.

    For when nobody else writes: two writers at once lock each other out of the catalog.
    """

    def __init__(self, folder: Path) -> None:
        self._connection = connect(folder, read_only=False)
        columns = "SELECT column_name, column_type FROM (DESCRIBE liquidations)"
        self._types = dict(self._connection.execute(columns).fetchall())

    def replace(self, old: Sequence[Liquidation], new: Sequence[Liquidation]) -> None:
        """Store `new` instead of `old`, all or nothing. Raises StoreUnavailable."""
        try:
            self._connection.execute("BEGIN")
            try:
                self._delete(old)
                self._insert(new)
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
        except duckdb.Error as error:
            raise StoreUnavailable(f"The store changed no rows: {error}") from error

    def close(self) -> None:
        """Release the lake."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _delete(self, rows: Sequence[Liquidation]) -> None:
        times = [row.exchange_time for row in rows]
        ids = msgspec.json.encode([row.event_id for row in rows]).decode()
        [(deleted,)] = self._connection.execute(
            "DELETE FROM liquidations WHERE exchange_time BETWEEN ? AND ? "
            """AND event_id IN (SELECT unnest(from_json(?, '["VARCHAR"]')))""",
            [min(times), max(times), ids],
        ).fetchall()
        if deleted != len(rows):
            raise StoreUnavailable(
                f"{len(rows)} rows were to be replaced and {deleted} are there; nothing was "
                "changed. Look for rows stored twice, or another program that writes."
            )

    def _insert(self, rows: Sequence[Liquidation]) -> None:
        form = msgspec.json.encode(
            [{name: self._types[name] for name in Liquidation.__struct_fields__}]
        ).decode()
        types = form.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ")
        self._connection.execute(
            f"INSERT INTO liquidations ({_NAMES}) "  # noqa: S608 - names of our own struct
            f"SELECT {_NAMES} FROM (SELECT unnest(from_json(?, '{types}'), recursive := true))",
            [msgspec.json.encode(rows).decode()],
        )
