"""The writing side: one process appends, each batch in one transaction, each event once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import msgspec

from exchanges.errors import StoreUnavailable
from exchanges.events import Liquidation, Rejected, StoredEvent
from exchanges.store.connection import connect
from exchanges.store.migrations import migrate

_SQL_TYPES = {
    "str": "VARCHAR",
    "int": "INTEGER",
    "float": "DOUBLE",
    "datetime": "TIMESTAMPTZ",
}


class Writer:
    """Appends to the lake in `folder`. Use it from one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self._connection = connect(folder, read_only=False)
        migrate(self._connection)

    def append(self, events: Sequence[StoredEvent]) -> list[Liquidation]:
        """Store the events that are not stored yet, all or none; return the new liquidations.

        Raises StoreUnavailable; the batch is then not stored and may be given again.
        """
        liquidations = [event for event in events if isinstance(event, Liquidation)]
        rejected = [event for event in events if isinstance(event, Rejected)]
        try:
            with self._transaction():
                new = self._unstored(liquidations)
                self._insert("liquidations", new)
                self._insert("rejected", rejected)
        except duckdb.Error as error:
            raise StoreUnavailable(f"The store took no rows: {error}") from error
        return new

    def maintain(self) -> None:
        """Move inlined rows to Parquet, merge small files, drop what no reader needs."""
        try:
            self._connection.execute("CHECKPOINT")
        except duckdb.Error as error:
            raise StoreUnavailable(f"The store could not be tidied up: {error}") from error

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

    def _transaction(self) -> _Transaction:
        return _Transaction(self._connection)

    def _unstored(self, liquidations: list[Liquidation]) -> list[Liquidation]:
        """Drop repeated ids, those stored already and those within the batch."""
        by_id = {event.event_id: event for event in liquidations}
        if not by_id:
            return []
        times = [event.exchange_time for event in by_id.values()]
        stored = self._connection.execute(
            "SELECT event_id FROM liquidations WHERE exchange_time BETWEEN ? AND ? "
            """AND event_id IN (SELECT unnest(from_json(?, '["VARCHAR"]')))""",
            [min(times), max(times), msgspec.json.encode(list(by_id)).decode()],
        ).fetchall()
        for (event_id,) in stored:
            by_id.pop(event_id, None)
        return list(by_id.values())

    def _insert(self, table: str, rows: Sequence[StoredEvent]) -> None:
        """Insert the rows as one JSON text: a hundred times faster than one by one."""
        if not rows:
            return
        form = msgspec.json.encode([_sql_types(type(rows[0]))]).decode()
        names = ", ".join(type(rows[0]).__struct_fields__)
        self._connection.execute(
            f"INSERT INTO {table} ({names}) "  # noqa: S608 - names of our own structs
            f"SELECT {names} FROM (SELECT unnest(from_json(?, '{form}'), recursive := true))",
            [msgspec.json.encode(rows).decode()],
        )


class _Transaction:
    """All or nothing on one connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._connection.execute("ROLLBACK" if error else "COMMIT")


def _sql_types(struct: type[StoredEvent]) -> dict[str, str]:
    """Return column -> SQL type, read off the struct's annotations."""
    fields = struct.__annotations__.items()
    return {
        name: _SQL_TYPES.get(str(kind).removesuffix(" | None"), "VARCHAR") for name, kind in fields
    }


def prepare(folder: Path) -> None:
    """Create the lake, or bring its schema up to date. Raises StoreUnavailable."""
    Writer(folder).close()
