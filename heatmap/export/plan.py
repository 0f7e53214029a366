"""What an export holds: its rows as of one snapshot, cut into slices of time.

Each slice is a short query of its own, sorted, so that neither a slow reader nor a large table
keeps a query open or a sort in memory. The same plan gives the same rows in the same order.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from django.conf import settings

from exchanges import store

SLICE_ROWS = 100_000

_SQL = Path(__file__).parents[1] / "sql"


@dataclass(frozen=True)
class ExportQuery:
    """Which liquidations over [start, end); None is any."""

    exchanges: tuple[str, ...]
    start: datetime
    end: datetime
    symbol: str | None = None
    side: str | None = None
    type: str | None = None
    min_value: float | None = None
    max_value: float | None = None


class Slice(NamedTuple):
    """A span of time with so many rows of the export."""

    start: datetime
    end: datetime
    rows: int


@dataclass(frozen=True)
class Plan:
    """An export whose rows are fixed: those of `query` in the store's `snapshot`."""

    query: ExportQuery
    snapshot: int
    slices: tuple[Slice, ...]

    @property
    def rows(self) -> int:
        """Return how many rows the export has."""
        return sum(piece.rows for piece in self.slices)

    def batches(self, form: str, rows_per_batch: int) -> Generator[pa.RecordBatch]:
        """Yield the rows by time as sql/export_<form>.sql tells them; at least one batch."""
        for piece in self.slices:
            parameters = _parameters(self.query, self.snapshot)
            parameters |= {"start": piece.start, "end": piece.end}
            yield from store.stream(settings.LIQSITE_LAKE, _sql(form), parameters, rows_per_batch)


def plan(query: ExportQuery, snapshot: int | None = None) -> Plan:
    """Return the plan of an export as of a snapshot, or of now.

    Raises SnapshotGone and whatever exchanges.store.query raises.
    """
    lake = settings.LIQSITE_LAKE
    fixed = store.snapshot(lake) if snapshot is None else snapshot
    parameters = _parameters(query, fixed) | {"slice_rows": SLICE_ROWS}
    cuts = store.query(lake, _sql("slices"), parameters)
    return Plan(query, fixed, tuple(_slices(query, cuts)))


def _slices(query: ExportQuery, cuts: list[tuple[int, int]]) -> Iterator[Slice]:
    """Yield slices that follow on each other; a single empty one where there are no rows."""
    if not cuts:
        yield Slice(query.start, query.start, 0)
        return
    starts = [_minute(minute) for minute, _ in cuts]
    ends = [*starts[1:], query.end]
    for start, end, (_, rows) in zip(starts, ends, cuts, strict=True):
        yield Slice(max(start, query.start), end, rows)


def _minute(number: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=number)


def _parameters(query: ExportQuery, snapshot: int) -> dict[str, Any]:
    return asdict(query) | {"exchanges": list(query.exchanges), "snapshot": snapshot}


@cache
def _sql(form: str) -> str:
    chosen, told = ((_SQL / f"export_{name}.sql").read_text() for name in ("rows", form))
    return f"WITH chosen AS NOT MATERIALIZED (\n{chosen})\n{told}"
