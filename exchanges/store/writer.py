"""The writing side: one process appends, each batch in one transaction, each event once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Self

import duckdb
import msgspec
import pyarrow as pa

from exchanges.errors import StoreUnavailable
from exchanges.events import LeverageTier, Liquidation
from exchanges.journal import Position
from exchanges.lake import Lake, Place
from exchanges.store import market
from exchanges.store.connection import INLINED_ROWS, connect
from exchanges.store.lost import abandon, refusal
from exchanges.store.maintenance import Step, flush_steps, steps
from exchanges.store.migrations import migrate
from exchanges.store.tables import table_of
from exchanges.store.write_lock import transaction, writing

# Reading slows down beyond so many rows in the catalog.
FLUSHED_ROWS = 20_000

# DuckLake keeps up to 70 KB of every commit until its connection is closed.
REOPENED_AFTER = 500

# Gate tells the milliseconds of an event in its push and only the second in its history.
TOLD_APART = timedelta(seconds=1)

# How far a journal is stored, by exchange.
POSITIONS = (
    "SELECT exchange, max((segment, byte_offset)) FROM journal_positions "
    "WHERE journal IS NOT DISTINCT FROM $journal GROUP BY ALL"
)

# What is wrong with rows, not with the store.
_UNFIT = (duckdb.DataError, duckdb.IntegrityError, duckdb.InvalidInputException)


class Writer:
    """Appends to the lake. Use it from one thread at a time."""

    def __init__(self, lake: Place, journal: str | None = None) -> None:
        """`journal` is whose positions are read and written, where several workers share the lake.

        Raises StoreUnavailable.
        """
        self._journal = journal
        self.lake = lake
        self._unflushed = 0
        self._commits = 0
        self._is_lost = False
        self._connection = connect(lake, read_only=False)
        with writing(lake):
            if migrate(self._connection):
                # A changed table leaves one for inlined rows behind, which the first tidying
                # removes under everybody who remembers it. Nobody does yet.
                for step in flush_steps(self._connection):
                    step.beside_readers(self._connection, lake)

    def append(
        self, liquidations: Sequence[Liquidation], positions: Mapping[str, Position] | None = None
    ) -> list[Liquidation]:
        """Store what is not stored yet, and how far the journals are, all or nothing.

        Returns the rows that were new. Raises StoreUnavailable: the batch may be given again;
        RowsRefused: it holds a row that can never be stored.
        """
        self._commits += 1
        if self._commits % REOPENED_AFTER == 0:
            self.reopen()
        try:
            with self._transaction():
                new = self._unstored(liquidations)
                self._insert(new)
                self._note(positions or {})
        except _UNFIT as error:
            raise refusal("The store takes no such row", error) from error
        except duckdb.Error as error:
            raise StoreUnavailable(f"The store took no rows: {error}") from error
        self._count_inlined([len(new)])
        return new

    def replace(self, old: Sequence[Liquidation], new: Sequence[Liquidation]) -> None:
        """Store `new` instead of `old`, all or nothing. Raises StoreUnavailable."""
        try:
            with self._transaction():
                self._delete(old)
                self._insert(new)
        except duckdb.Error as error:
            raise StoreUnavailable(f"The store changed no rows: {error}") from error

    def append_series(self, rows: Iterable[market.SeriesRow]) -> int:
        """Store candles, mark candles and open interest that are not stored yet, all or nothing;
        return how many they are. Raises StoreUnavailable."""
        by_kind: defaultdict[type[market.SeriesRow], list[market.SeriesRow]] = defaultdict(list)
        for row in rows:
            by_kind[type(row)].append(row)
        try:
            with self._transaction():
                counts = [
                    market.insert_missing(self._connection, kind, some)
                    for kind, some in by_kind.items()
                ]
        except duckdb.Error as error:
            raise StoreUnavailable(f"The store took no market data: {error}") from error
        self._count_inlined(counts)
        return sum(counts)

    def append_tiers(self, tiers: Sequence[LeverageTier], told_at: datetime) -> None:
        """Store some contracts' tiers, which count from `told_at` on. Raises StoreUnavailable."""
        try:
            with self._transaction():
                market.insert_tiers(self._connection, tiers, told_at)
        except duckdb.Error as error:
            raise StoreUnavailable(f"The store took no leverage tiers: {error}") from error
        self._count_inlined([len(tiers)])

    def append_table(self, name: str, rows: pa.Table) -> None:
        """Append rows to a table of the lake, column by name, all or nothing.

        Raises StoreUnavailable; RowsRefused when there is no such table, or the rows do not fit.
        """
        told = name.replace('"', "")
        self._connection.register("told_rows", rows)
        try:
            with self._transaction():
                self._connection.execute(
                    f'INSERT INTO "{told}" BY NAME SELECT * FROM told_rows'  # noqa: S608 - quoted
                )
        except (*_UNFIT, duckdb.BinderException, duckdb.CatalogException) as error:
            raise refusal(f"The table {told} takes no such rows", error) from error
        except duckdb.Error as error:
            raise StoreUnavailable(f"The store took no rows: {error}") from error
        finally:
            self._connection.unregister("told_rows")
        self._count_inlined([rows.num_rows])

    def _count_inlined(self, inserted: Iterable[int]) -> None:
        """Count what waits in the catalog; a larger insert went straight to Parquet."""
        self._unflushed += sum(count for count in inserted if count <= INLINED_ROWS)

    def reopen(self) -> None:
        """Open the lake anew, after it was unavailable or for its memory.

        Raises StoreUnavailable.
        """
        fresh = connect(self.lake, read_only=False)
        self.close()
        self._connection, self._is_lost = fresh, False

    def positions(self) -> dict[str, Position]:
        """Return how far each exchange's journal is stored. Raises StoreUnavailable."""
        try:
            rows = self._connection.execute(POSITIONS, {"journal": self._journal}).fetchall()
        except duckdb.Error as error:
            raise StoreUnavailable(f"The store cannot be read: {error}") from error
        return {exchange: Position(*newest) for exchange, newest in rows}

    @property
    def is_flush_due(self) -> bool:
        """Return whether so many small batches came that a flush keeps reading fast."""
        return self._unflushed >= FLUSHED_ROWS

    def flush_steps(self) -> list[Step]:
        """Return the steps that move small batches to Parquet."""
        self._unflushed = 0
        return self._planned(flush_steps)

    def maintenance_steps(self, now: datetime, keep_days: int, zone_days: int = 0) -> list[Step]:
        """Return a round of maintenance, each step short; 0 days keep everything."""
        self._unflushed = 0
        return self._planned(partial(steps, now=now, keep_days=keep_days, zone_days=zone_days))

    def _planned(self, plan: Callable[[duckdb.DuckDBPyConnection], list[Step]]) -> list[Step]:
        try:
            return plan(self._connection)
        except duckdb.Error as error:
            raise StoreUnavailable(f"The store could not be tidied up: {error}") from error

    def maintain(self, step: Step) -> None:
        """Do a step of maintenance. Raises StoreUnavailable."""
        with writing(self.lake):
            step.beside_readers(self._connection, self.lake)

    def close(self) -> None:
        """Release the lake."""
        release = abandon if self._is_lost else duckdb.DuckDBPyConnection.close
        release(self._connection)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            with transaction(self.lake, self._connection):
                yield
        except (duckdb.Error, StoreUnavailable):
            self._is_lost = Lake.of(self.lake).is_shared
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _unstored(self, liquidations: Sequence[Liquidation]) -> list[Liquidation]:
        """Drop repeated ids, those stored already and those within the batch: the first stays."""
        by_id: dict[str, Liquidation] = {}
        for event in liquidations:
            by_id.setdefault(event.event_id, event)
        if not by_id:
            return []
        times = [event.exchange_time for event in by_id.values()]
        stored = self._connection.execute(
            "SELECT event_id FROM liquidations WHERE exchange_time BETWEEN ? AND ? "
            """AND event_id IN (SELECT unnest(from_json(?, '["VARCHAR"]')))""",
            [
                min(times) - TOLD_APART,
                max(times) + TOLD_APART,
                msgspec.json.encode(list(by_id)).decode(),
            ],
        ).fetchall()
        for (event_id,) in stored:
            by_id.pop(event_id, None)
        return list(by_id.values())

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
        """Insert the rows by columns: a hundred times faster than one by one."""
        if not rows:
            return
        self._connection.register("new_rows", table_of(rows))
        try:
            self._connection.execute("INSERT INTO liquidations BY NAME SELECT * FROM new_rows")
        finally:
            self._connection.unregister("new_rows")

    def _note(self, positions: Mapping[str, Position]) -> None:
        """Rows are only added here, which is faster; maintenance drops the outdated ones."""
        if positions:
            self._connection.execute(
                "INSERT INTO journal_positions BY NAME SELECT unnest($names) AS exchange, "
                "unnest($segments) AS segment, unnest($offsets) AS byte_offset, "
                "$journal::VARCHAR AS journal",
                {
                    "names": list(positions),
                    "segments": [position.segment for position in positions.values()],
                    "offsets": [position.byte_offset for position in positions.values()],
                    "journal": self._journal,
                },
            )


def prepare(lake: Place) -> None:
    """Create the lake, or bring its schema up to date. Raises StoreUnavailable."""
    Writer(lake).close()
