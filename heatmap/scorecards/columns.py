"""Frozen columns out of rows, one row a column and side, and which of them were known in time."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from exchanges.errors import LooksAhead
from heatmap.scoring.market import STEP
from heatmap.zones.grid import BINS, SIDES
from heatmap.zones.series import Columns, Times


def columns_of(table: pa.Table) -> tuple[Columns, Times]:
    """Return the columns of the rows, and when each was written, datetime64[ms], (N,).

    Of a column that is there twice the one written first counts.
    """
    rows = table.sort_by([("frozen_at", "ascending"), ("written_at", "ascending")])
    frozen_at = rows["frozen_at"].to_numpy().astype("datetime64[s]")
    written = rows["written_at"].to_numpy().astype("datetime64[ms]")
    at, firsts, place = np.unique(frozen_at, return_index=True, return_inverse=True)
    first_bin = np.full(len(at), np.iinfo(np.int64).max)
    np.minimum.at(first_bin, place, rows["first_bin"].to_numpy())
    quantity = np.zeros((len(at), 2, BINS), dtype=np.float32)
    _fill(quantity, rows, place, first_bin)
    return Columns(at, first_bin, quantity), written[firsts]


def _fill(quantity: np.ndarray, rows: pa.Table, place: np.ndarray, first_bin: np.ndarray) -> None:
    filled: set[tuple[int, str]] = set()
    cells = zip(
        place.tolist(), rows["side"].to_pylist(), rows["first_bin"].to_pylist(), rows["quantity"],
        strict=True,
    )  # fmt: skip
    for column, side, first, values in cells:
        if (column, side) in filled:
            continue
        filled.add((column, side))
        shift = first - int(first_bin[column])
        told = np.asarray(values.values.to_numpy(), dtype=np.float32)[: BINS - shift]
        quantity[column, SIDES.index(side), shift : shift + len(told)] = told


def in_force(columns: Columns, written_at: Times, since: np.datetime64) -> None:
    """Raise `LooksAhead` when the zones that stood at `since` were written after the fact."""
    row = int(np.searchsorted(columns.at, since, side="right")) - 1
    is_on_time = written_at <= columns.at + STEP
    if row < 0 or is_on_time[row]:
        return
    later = columns.at[row:][is_on_time[row:]]
    hint = f"Ask for a time from {later[0]} on." if len(later) else "None was written in time."
    raise LooksAhead(
        f"The zones for {columns.at[row]} were written at {written_at[row]}, which is no forecast "
        f"of what came after {since}. {hint}"
    )


def known_then(columns: Columns, written_at: Times, since: np.datetime64) -> tuple[Columns, int]:
    """Return the columns without those from `since` on that were written late, and how many.

    Earlier ones serve to learn thresholds from, and may have been written at any time.
    """
    is_late = (columns.at >= since) & (written_at > columns.at + STEP)
    kept = Columns(columns.at[~is_late], columns.first_bin[~is_late], columns.quantity[~is_late])
    return kept, int(is_late.sum())
