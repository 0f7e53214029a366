"""What an export holds: its rows as of one snapshot, cut into slices of time.

Each slice is a short query of its own, sorted, so that neither a slow reader nor a large table
keeps a query open or a sort in memory. The same plan gives the same rows in the same order.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pyarrow as pa
from django.conf import settings

from exchanges import store
from heatmap.parameters import Selection
from heatmap.queries import selecting, sql

SLICE_ROWS = 100_000


class Slice(NamedTuple):
    """A span of time with so many rows of the export."""

    start: datetime
    end: datetime
    rows: int


@dataclass(frozen=True)
class Plan:
    """An export whose rows are fixed: those of `selection` in the store's `snapshot`."""

    selection: Selection
    snapshot: int
    slices: tuple[Slice, ...]

    @property
    def rows(self) -> int:
        """Return how many rows the export has."""
        return sum(piece.rows for piece in self.slices)

    def batches(self, form: str, rows_per_batch: int) -> Generator[pa.RecordBatch]:
        """Yield the rows by time as sql/export_<form>.sql tells them; at least one batch."""
        for piece in self.slices:
            part = replace(self.selection, start=piece.start, end=piece.end)
            parameters = selecting(part) | {"snapshot": self.snapshot}
            yield from store.stream(settings.LIQSITE_LAKE, _sql(form), parameters, rows_per_batch)


def plan(selection: Selection, snapshot: int | None = None) -> Plan:
    """Return the plan of an export as of a snapshot, or of now.

    Raises SnapshotGone and whatever exchanges.store.query raises.
    """
    lake = settings.LIQSITE_LAKE
    fixed = store.snapshot(lake) if snapshot is None else snapshot
    parameters = selecting(selection) | {"snapshot": fixed, "slice_rows": SLICE_ROWS}
    cuts = store.query(lake, _sql("slices"), parameters)
    return Plan(selection, fixed, tuple(_slices(selection, cuts)))


def _slices(selection: Selection, cuts: list[tuple[int, int]]) -> Iterator[Slice]:
    """Yield slices that follow on each other; a single empty one where there are no rows."""
    if not cuts:
        yield Slice(selection.start, selection.start, 0)
        return
    starts = [_minute(minute) for minute, _ in cuts]
    ends = [*starts[1:], selection.end]
    for start, end, (_, rows) in zip(starts, ends, cuts, strict=True):
        yield Slice(max(start, selection.start), end, rows)


def _minute(number: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=number)


def _sql(form: str) -> str:
    return sql(f"export_{form}", is_as_of_snapshot=True)
