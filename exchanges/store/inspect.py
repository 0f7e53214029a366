"""What is in the store, and whether all of it is there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from exchanges.errors import StoreUnavailable
from exchanges.lake import CATALOG, Place
from exchanges.store.catalog import (
    LakeFile,
    embedded,
    inlined_rows,
    live_files,
    one_value,
    open_catalog,
)
from exchanges.store.reader import query

FOOTERS_AT_ONCE = 200
_STATUS_INSTEAD = (
    "ask it with psql (tables ducklake_table, ducklake_data_file, ducklake_snapshot), and the "
    "site's /metrics for rows, files and bytes."
)
_VERIFY_INSTEAD = "check it with pg_amcheck, and the files with the bucket's own checksums."


@dataclass(frozen=True, slots=True)
class TableStatus:
    """One table: `rows` with the inlined ones and without the deleted ones."""

    table: str
    rows: int
    inlined_rows: int
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class ExchangeStatus:
    """One venue's liquidations; times are the venue's."""

    exchange: str
    rows: int
    value_usd: float
    oldest: datetime
    newest: datetime


@dataclass(frozen=True, slots=True)
class Status:
    """The store at a glance; `trouble` is what the catalog's own check says, empty when sound."""

    tables: list[TableStatus]
    exchanges: list[ExchangeStatus]
    catalog_bytes: int
    snapshots: int
    oldest_snapshot: datetime
    unneeded_files: int
    trouble: str


@dataclass(frozen=True, slots=True)
class Damage:
    """A file that is not as the catalog says, and what is known of the rows in it."""

    file: LakeFile
    reason: str

    @property
    def hours(self) -> tuple[datetime, datetime] | None:
        """The first and the last hour of which rows are missing; None: not known."""
        sides = (self.file.low, self.file.high)
        low, high = (side.get("exchange_time") or side.get("opened_at") for side in sides)
        return (_hour(low), _hour(high)) if low and high else None

    @property
    def exchanges(self) -> str:
        """Whose rows are missing, as far as the smallest and the largest name tell."""
        low, high = self.file.low.get("exchange"), self.file.high.get("exchange")
        if not low or not high:
            return "unknown"
        return low if low == high else f"{low} to {high}, by name"


def status(lake: Place) -> Status:
    """Return what is in the store. Raises StoreUnavailable, also for one in PostgreSQL."""
    folder = embedded(lake, _STATUS_INSTEAD)
    with open_catalog(folder) as catalog:
        files, inlined = live_files(catalog), inlined_rows(catalog)
        moment = one_value(catalog, "SELECT min(snapshot_time) FROM ducklake_snapshot")
        scheduled = "SELECT count(*) FROM ducklake_files_scheduled_for_deletion"
        return Status(
            tables=[_table(name, files, inlined) for name in _names(catalog)],
            exchanges=_exchanges(lake),
            catalog_bytes=sum(f.stat().st_size for f in folder.glob(f"{CATALOG}*")),
            snapshots=one_value(catalog, "SELECT count(*) FROM ducklake_snapshot"),
            oldest_snapshot=_time(moment),
            unneeded_files=one_value(catalog, scheduled),
            trouble=check_catalog(catalog),
        )


def check_catalog(catalog: sqlite3.Connection, *, thorough: bool = False) -> str:
    """Return what SQLite finds wrong with the catalog; empty when it is sound."""
    check = "integrity_check" if thorough else "quick_check"
    found = [text for (text,) in catalog.execute(f"PRAGMA {check}(5)")]
    return "" if found == ["ok"] else "; ".join(found)


def verify(lake: Place) -> Iterator[Damage]:
    """Yield every file that is missing, of another size, unreadable or short of rows.

    Raises StoreUnavailable when the catalog itself is damaged, or in PostgreSQL.
    """
    folder = embedded(lake, _VERIFY_INSTEAD)
    with open_catalog(folder) as catalog:
        if trouble := check_catalog(catalog, thorough=True):
            raise StoreUnavailable(f"The catalog in {folder} is damaged: {trouble}")
        files = live_files(catalog)
    there = []
    for file in files:
        if reason := _why_not_there(file):
            yield Damage(file, reason)
        else:
            there.append(file)
    for start in range(0, len(there), FOOTERS_AT_ONCE):
        yield from _wrong_footers(there[start : start + FOOTERS_AT_ONCE])


def _why_not_there(file: LakeFile) -> str:
    try:
        size = file.path.stat().st_size
    except OSError as error:
        return f"cannot be found ({error.strerror})"
    return "" if size == file.bytes else f"has {size} bytes, not {file.bytes}"


def _wrong_footers(files: list[LakeFile]) -> Iterator[Damage]:
    """Yield the files whose footer cannot be read or counts other rows."""
    counts = _footers(files)
    for file in files:
        count = counts.get(str(file.path), -1)
        if count < 0:
            counts |= _footers([file])
            count = counts.get(str(file.path), -1)
        if count < 0:
            yield Damage(file, "cannot be read as Parquet")
        elif count != file.rows:
            yield Damage(file, f"has {count} rows, not {file.rows}")


def _footers(files: list[LakeFile]) -> dict[str, int]:
    """Return path -> rows; nothing when any of them cannot be read."""
    paths = [str(file.path) for file in files]
    metadata = "SELECT file_name, num_rows FROM parquet_file_metadata($paths)"
    try:
        with duckdb.connect(":memory:") as connection:
            return dict(connection.execute(metadata, {"paths": paths}).fetchall()) if paths else {}
    except duckdb.Error:
        return {}


def _table(name: str, files: list[LakeFile], inlined: Mapping[str, int]) -> TableStatus:
    of_table = [file for file in files if file.table == name]
    stored = sum(file.rows if file.kind == "data" else -file.rows for file in of_table)
    waiting = inlined.get(name, 0)
    size = sum(file.bytes for file in of_table)
    return TableStatus(name, stored + waiting, waiting, len(of_table), size)


def _names(catalog: sqlite3.Connection) -> list[str]:
    query = "SELECT table_name FROM ducklake_table WHERE end_snapshot IS NULL ORDER BY 1"
    return [name for (name,) in catalog.execute(query)]


def _exchanges(lake: Place) -> list[ExchangeStatus]:
    rows = query(
        lake,
        "SELECT exchange, count(*), coalesce(fsum(value_usd), 0), min(exchange_time), "
        "max(exchange_time) FROM liquidations GROUP BY exchange ORDER BY exchange",
        {},
    )
    return [ExchangeStatus(*row) for row in rows]


def _hour(text: str) -> datetime:
    return _time(text).replace(minute=0, second=0, microsecond=0)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
