"""Keeping the lake tidy in small steps, so that what writes to it never waits for long.

A catalog has one writer at a time: give the steps to the connection that appends, one between
two batches. A step takes up to about half a second; what is left is done in the next round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import duckdb

from exchanges.errors import StoreUnavailable
from exchanges.lake import Place
from exchanges.store.connection import connect
from exchanges.store.flushes import flush_alone
from exchanges.store.observed import thin_observed

# Files grow to this size and are then left alone: merging one takes about a quarter of a second.
FULL_FILE_BYTES = 5_000_000
SMALL_FILE_BYTES = 1_000_000
MERGES_PER_ROUND = 8
FORGETS_PER_ROUND = 8
MOST_DELETED = 0.5
"""A file of which more than this part was deleted is written anew."""

SNAPSHOTS_KEPT = timedelta(minutes=30)
FILES_KEPT = timedelta(hours=1)
"""How long a file that no snapshot needs stays on disk.

A reader names its files when it begins and opens them as it comes to them; one that is deleted
meanwhile fails its query ("Cannot open file"). So no query may take longer than this.
"""
ORPHANS_KEPT = timedelta(days=1)
"""What a killed writer left behind is younger than any transaction that may still need it."""

SNAPSHOTS_PER_STEP = 5_000

# What DuckLake calls the catalog of a lake that is attached as `lake`.
_CATALOG = "__ducklake_metadata_lake"

# The tables that grow.
GROWING = (
    "liquidations",
    "candles",
    "mark_candles",
    "open_interest",
    "zone_columns",
    "zones",
    "observed_positions",
)

# What is kept as long as zones are, and the time by which it is.
_OF_ZONES = {
    "zone_columns": "frozen_at",
    "zones": "frozen_at",
    "observed_positions": "taken_at",
    "observed_passes": "taken_at",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One piece of maintenance; `run` returns how many things it changed (rows, files)."""

    name: str
    run: Callable[[duckdb.DuckDBPyConnection], int]
    is_flush: bool = False

    def __call__(self, connection: duckdb.DuckDBPyConnection) -> int:
        """Do it. Raises StoreUnavailable; it may be tried again."""
        try:
            return self.run(connection)
        except (duckdb.Error, OSError) as error:
            what = f"The store could not be tidied up ({self.name})"
            raise StoreUnavailable(f"{what}: {error}") from error

    def beside_readers(self, connection: duckdb.DuckDBPyConnection, lake: Place) -> int:
        """Do it to the lake that others read. Raises as calling it does."""
        if self.is_flush:
            return flush_alone(lake, partial(self, connection))
        return self(connection)


def flush_steps(connection: duckdb.DuckDBPyConnection) -> list[Step]:
    """Return the steps that move inlined rows to Parquet: a third of a second for 50,000."""
    names = tables(connection)
    return [Step(f"flush {table}", partial(_flush, table), is_flush=True) for table in names]


def steps(
    connection: duckdb.DuckDBPyConnection, now: datetime, keep_days: int = 0, zone_days: int = 0
) -> list[Step]:
    """Return a round of maintenance in order; 0 days keep liquidations, or zones, for ever."""
    names = tables(connection)
    return [
        Step("set file size", _set_file_size),
        *flush_steps(connection),
        *(step for table in names for step in _merge_steps(table)),
        *_forget_steps(now, keep_days),
        *_forget_zones_steps(now, zone_days),
        Step("thin observed positions", partial(thin_observed, now)),
        Step("drop outdated positions", _drop_outdated_positions),
        *(Step(f"rewrite {table}", partial(_rewrite, table)) for table in names),
        Step("expire snapshots", partial(_expire, now - SNAPSHOTS_KEPT)),
        Step("clean up files", partial(_clean_up, now - FILES_KEPT)),
        Step("drop orphans", partial(_drop_orphans, now - ORPHANS_KEPT)),
    ]


def compact(
    lake: Place, now: datetime, keep_days: int = 0, zone_days: int = 0
) -> Iterator[tuple[str, int]]:
    """Do all there is to do in the lake; yield each step's name and what it changed.

    For when nobody else writes. Raises StoreUnavailable.
    """
    with closing(connect(lake, read_only=False)) as connection:
        is_more = True
        while is_more:
            round_of = steps(connection, now, keep_days, zone_days)
            done = [(step.name, step.beside_readers(connection, lake)) for step in round_of]
            yield from done
            is_more = any(count for name, count in done if name.startswith(("merge", "forget")))


def forget_before(
    connection: duckdb.DuckDBPyConnection,
    moment: datetime,
    table: str = "liquidations",
    time: str = "exchange_time",
) -> int:
    """Delete a day of what is older than `moment`, oldest first; return how many rows.

    Ask again until it is none. Space comes back when the snapshots that show it are expired.
    """
    older = f"FROM {table} WHERE {time} < ?"
    [(first,)] = connection.execute(f"SELECT min({time}) {older}", [moment]).fetchall()
    if first is None:
        return 0
    end = min(moment, first + timedelta(days=1))
    return int(connection.execute(f"DELETE {older}", [end]).fetchall()[0][0])


def _forget_kernels(moment: datetime, connection: duckdb.DuckDBPyConnection) -> int:
    """Delete the kernels that were no longer used at `moment`: a later one had come by then."""
    delete = (
        "DELETE FROM kernels AS old WHERE used_from < $moment AND EXISTS ("
        "FROM kernels AS later WHERE later.exchange = old.exchange "
        "AND later.symbol = old.symbol AND later.used_from > old.used_from "
        "AND later.used_from <= $moment)"
    )
    return int(connection.execute(delete, {"moment": moment}).fetchall()[0][0])


def tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the names of the lake's tables."""
    return [name for (name,) in connection.execute("SELECT name FROM (SHOW TABLES)").fetchall()]


def _merge_steps(table: str) -> list[Step]:
    """Return merges of small files into middle ones and of middle ones into full ones."""
    sizes = (("small", 0, SMALL_FILE_BYTES), ("middle", SMALL_FILE_BYTES, FULL_FILE_BYTES))
    return [
        Step(f"merge {kind} files of {table}", partial(_merge, table, least, most))
        for kind, least, most in sizes
        for _ in range(MERGES_PER_ROUND if table in GROWING else 1)
    ]


def _forget_steps(now: datetime, keep_days: int) -> list[Step]:
    if keep_days <= 0:
        return []
    moment = now - timedelta(days=keep_days)
    step = Step("forget", lambda connection: forget_before(connection, moment))
    return [step] * FORGETS_PER_ROUND


def _forget_zones_steps(now: datetime, days: int) -> list[Step]:
    if days <= 0:
        return []
    moment = now - timedelta(days=days)
    forget = [
        Step(f"forget {table}", partial(forget_before, moment=moment, table=table, time=time))
        for table, time in _OF_ZONES.items()
    ]
    return [*forget, Step("forget kernels", partial(_forget_kernels, moment))]


def _drop_outdated_positions(connection: duckdb.DuckDBPyConnection) -> int:
    """Keep of each journal's positions the newest of each exchange."""
    delete = (
        "DELETE FROM journal_positions AS old WHERE EXISTS (FROM journal_positions AS later "
        "WHERE later.exchange = old.exchange AND later.journal IS NOT DISTINCT FROM old.journal "
        "AND (later.segment, later.byte_offset) > "
        "(old.segment, old.byte_offset))"
    )
    return int(connection.execute(delete).fetchall()[0][0])


def _set_file_size(connection: duckdb.DuckDBPyConnection) -> int:
    """Set the size that merged files grow to; the catalog remembers it."""
    if _option("target_file_size", connection) == str(FULL_FILE_BYTES):
        return 0
    connection.execute(f"CALL lake.set_option('target_file_size', '{FULL_FILE_BYTES}B')")
    return 1


def _flush(table: str, connection: duckdb.DuckDBPyConnection) -> int:
    rows = connection.execute(
        "SELECT sum(rows_flushed) FROM ducklake_flush_inlined_data('lake', table_name => ?)",
        [table],
    ).fetchall()
    return int(rows[0][0] or 0)


def _merge(table: str, least: int, most: int, connection: duckdb.DuckDBPyConnection) -> int:
    """Merge adjacent files of these sizes into one; return how many there were."""
    rows = connection.execute(
        "SELECT sum(files_processed) FROM ducklake_merge_adjacent_files('lake', ?, "
        "min_file_size => ?, max_file_size => ?, max_compacted_files => 1)",
        [table, least, most],
    ).fetchall()
    return int(rows[0][0] or 0)


def _rewrite(table: str, connection: duckdb.DuckDBPyConnection) -> int:
    rows = connection.execute(
        "SELECT sum(files_processed) FROM ducklake_rewrite_data_files('lake', ?, "
        "delete_threshold => ?)",
        [table, MOST_DELETED],
    ).fetchall()
    return int(rows[0][0] or 0)


def _expire(moment: datetime, connection: duckdb.DuckDBPyConnection) -> int:
    """Forget the snapshots from before `moment`, but the newest.

    By their numbers: in an SQLite catalog DuckLake's own `older_than` takes all of them.
    """
    old = connection.execute(
        f"SELECT snapshot_id FROM {_CATALOG}.ducklake_snapshot "  # noqa: S608 - our own name
        "WHERE snapshot_time::TIMESTAMPTZ < ? AND snapshot_id < "
        f"(SELECT max(snapshot_id) FROM {_CATALOG}.ducklake_snapshot) LIMIT ?",
        [moment, SNAPSHOTS_PER_STEP],
    ).fetchall()
    if numbers := [number for (number,) in old]:
        connection.execute(f"CALL ducklake_expire_snapshots('lake', versions => {numbers})")
    return len(numbers)


def _clean_up(moment: datetime, connection: duckdb.DuckDBPyConnection) -> int:
    """Delete the files that no snapshot has needed since `moment`.

    Not by DuckLake's own function, whose `older_than` takes all of them, too; beside a catalog in
    PostgreSQL, without which there is no bucket, it takes those that are older.
    """
    if _option("data_path", connection).startswith("s3://"):
        call = "CALL ducklake_cleanup_old_files('lake', older_than => ?)"
        return len(connection.execute(call, [moment]).fetchall())
    scheduled = f"{_CATALOG}.ducklake_files_scheduled_for_deletion"
    old = connection.execute(
        f"SELECT path, path_is_relative FROM {scheduled} "  # noqa: S608 - our own name
        "WHERE schedule_start::TIMESTAMPTZ < ?",
        [moment],
    ).fetchall()
    root = Path(_option("data_path", connection))
    for path, is_relative in old:
        (root / path if is_relative else Path(path)).unlink(missing_ok=True)
    if old:
        delete = f"DELETE FROM {scheduled} WHERE path IN (SELECT unnest(?))"  # noqa: S608
        connection.execute(delete, [[path for path, _ in old]])
    return len(old)


def _drop_orphans(moment: datetime, connection: duckdb.DuckDBPyConnection) -> int:
    call = "CALL ducklake_delete_orphaned_files('lake', older_than => ?)"
    return len(connection.execute(call, [moment]).fetchall())


def _option(name: str, connection: duckdb.DuckDBPyConnection) -> str:
    """Return an option of the lake; empty when it is not set."""
    query = "SELECT value FROM lake.options() WHERE option_name = ?"
    found = connection.execute(query, [name]).fetchall()
    return str(found[0][0]) if found else ""
