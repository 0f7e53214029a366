"""What liquidations add to the cells of a heatmap, in the bins of the client's snapshot."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any, NamedTuple

from heatmap.live.pushed import Row

# As in sql/cells.sql: the others are stored, but count as no liquidation of the market.
COUNTED_TYPES = frozenset({"forced", "backstop"})


class Bins(NamedTuple):
    """Even steps, counted from the epoch and from price zero."""

    time_step_seconds: int
    price_step: float


class _Column(NamedTuple):
    symbol: str
    exchange: str
    side: str
    bins: Bins


_Sum = list[float]


class CellSums:
    """Sums per exchange, side, time bin and price bin; at most `most` cells."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._cells: dict[tuple[_Column, int, int], _Sum] = {}
        self._left_out = 0

    def __bool__(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self._cells)

    def add(self, row: Row, bins: Bins) -> None:
        """Count a row; one whose price is not where the market was has no cell."""
        if row.liquidation_type not in COUNTED_TYPES or row.price_kind == "entry":
            return
        column = _Column(row.symbol, row.exchange, row.side, bins)
        time_index = int(row.exchange_time.timestamp() // bins.time_step_seconds)
        key = (column, time_index, math.floor(row.price / bins.price_step))
        cell = self._cells.setdefault(key, [0.0, 0, 0])
        cell[0] += row.value_usd or 0.0
        cell[1] += 1
        cell[2] += row.value_usd is None
        self._bound()

    def _bound(self) -> None:
        """Leave out the oldest cell where there are too many."""
        if len(self._cells) > self._most:
            del self._cells[next(iter(self._cells))]
            self._left_out += 1

    def told(self) -> tuple[list[dict[str, Any]], int]:
        """Return the cells in columns, and how many were left out."""
        columns: dict[_Column, dict[str, list[float]]] = defaultdict(_empty)
        for (head, time_index, price_index), (usd, count, unknown) in self._cells.items():
            column = columns[head]
            column["time_index"].append(time_index)
            column["price_index"].append(price_index)
            column["value_usd"].append(round(usd, 2))
            column["count"].append(count)
            column["unknown_value_count"].append(unknown)
        return [_told(head) | column for head, column in columns.items()], self._left_out

    def clear(self) -> None:
        """Begin anew."""
        self._cells, self._left_out = {}, 0


def _empty() -> dict[str, list[float]]:
    names = ("time_index", "price_index", "value_usd", "count", "unknown_value_count")
    return {name: [] for name in names}


def _told(head: _Column) -> dict[str, Any]:
    named = {"symbol": head.symbol, "exchange": head.exchange, "side": head.side}
    return named | head.bins._asdict()
