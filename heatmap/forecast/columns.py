"""Frozen columns: how they are rounded, stored, read back, and told by one hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from exchanges import store
from exchanges.lake import Place
from heatmap.forecast.contracts import Pair
from heatmap.forecast.times import moment
from heatmap.zones.grid import BINS, SIDES, prices_of

Cells = NDArray[np.float32]

MANTISSA_BITS = 10
"""Of 23 that are kept: three significant digits, so that columns compress."""
_DROPPED = 23 - MANTISSA_BITS

_NEWEST = """
SELECT exchange, symbol, epoch(max(frozen_at))::BIGINT FROM zone_columns GROUP BY ALL
"""
_READ = """
SELECT exchange, epoch(frozen_at)::BIGINT AS frozen_at, side, first_bin, quantity, price,
    coverage, kernel
FROM zone_columns
WHERE symbol = $symbol AND frozen_at > $after AND frozen_at <= $until
    AND epoch(frozen_at)::BIGINT % $every = 0
ORDER BY exchange, frozen_at, side
"""


@dataclass(frozen=True)
class Column:
    """What was known of one symbol on one exchange at a moment."""

    exchange: str
    symbol: str
    frozen_at: np.datetime64
    """datetime64[s]: the close of the last candle that was used."""
    first_bin: int
    quantity: Cells
    """(2, BINS) in base units, also of inverse contracts; rounded."""
    price: float
    coverage: float
    kernel: str


def rounded(cells: NDArray[np.floating]) -> Cells:
    """Return cells, none negative, with MANTISSA_BITS of their mantissa, to the nearest."""
    bits = cells.astype(np.float32).view(np.uint32)
    half, mask = np.uint32(1 << (_DROPPED - 1)), np.uint32(0xFFFFFFFF << _DROPPED & 0xFFFFFFFF)
    return ((bits + half) & mask).view(np.float32)


def in_base_units(cells: NDArray[np.floating], first_bin: int) -> NDArray[np.floating]:
    """Return the USD of an inverse contract in base units, each at the middle of its bin."""
    return cells / prices_of(first_bin + np.arange(BINS) + 0.5)


def digest(columns: Iterable[Column]) -> str:
    """Return the SHA-256 over columns, by exchange and then side.

    Of each side: the line `exchange|symbol|frozen_at in epoch seconds|side|first_bin|price|`
    (price as Python's repr) in ASCII, and the stored quantities as little-endian float32.
    """
    whole = hashlib.sha256()
    for one in sorted(columns, key=lambda column: column.exchange):
        seconds = int(one.frozen_at.astype("datetime64[s]").astype(np.int64))
        for side, cells in zip(SIDES, one.quantity, strict=True):
            head = (one.exchange, one.symbol, seconds, side, one.first_bin, repr(one.price), "")
            whole.update("|".join(map(str, head)).encode())
            whole.update(_trimmed(cells).astype("<f4").tobytes())
    return whole.hexdigest()


def table_of(columns: Sequence[Column], written_at: datetime) -> pa.Table:
    """Return the rows of columns, one a side."""
    rows = [
        {
            "exchange": one.exchange,
            "symbol": one.symbol,
            "frozen_at": moment(one.frozen_at),
            "side": side,
            "first_bin": one.first_bin,
            "quantity": _trimmed(cells),
            "price": one.price,
            "coverage": one.coverage,
            "kernel": one.kernel,
            "written_at": written_at,
        }
        for one in columns
        for side, cells in zip(SIDES, one.quantity, strict=True)
    ]
    return pa.Table.from_pylist(rows, _SCHEMA)


def newest_frozen(lake: Place) -> dict[Pair, np.datetime64]:
    """Return up to when the columns of each contract are stored. Raises StoreUnavailable."""
    return {
        (exchange, symbol): np.datetime64(seconds, "s")
        for exchange, symbol, seconds in store.query(lake, _NEWEST, {})
    }


def read_columns(
    lake: Place, symbol: str, after: datetime, until: datetime, every_seconds: int = 1
) -> list[Column]:
    """Return the columns of a symbol frozen in (after, until], by exchange and time.

    Only those at whole multiples of `every_seconds`. Raises StoreUnavailable.
    """
    asked = {"symbol": symbol, "after": after, "until": until, "every": every_seconds}
    rows = store.table(lake, _READ, asked)
    if not rows.num_rows:
        return []
    lists = rows["quantity"].combine_chunks()
    told = {name: rows[name].to_pylist() for name in rows.column_names if name != "quantity"}
    # Of each column two rows follow each other: long, then short.
    return [_column(symbol, told, lists, row) for row in range(0, rows.num_rows, 2)]


def _column(symbol: str, told: dict[str, list[Any]], lists: pa.ListArray, row: int) -> Column:
    quantity = np.zeros((2, BINS), dtype=np.float32)
    for side in (0, 1):
        stored = lists[row + side].values.to_numpy()
        quantity[side, : len(stored)] = stored
    return Column(
        told["exchange"][row],
        symbol,
        np.datetime64(told["frozen_at"][row], "s"),
        told["first_bin"][row],
        quantity,
        told["price"][row],
        told["coverage"][row],
        told["kernel"][row],
    )


def _trimmed(cells: Cells) -> Cells:
    """Return the cells without the zeros after the last that is none."""
    filled = np.flatnonzero(cells)
    return cells[: int(filled[-1]) + 1] if len(filled) else cells[:0]


_TIME = pa.timestamp("us", tz="UTC")
_SCHEMA = pa.schema(
    [
        ("exchange", pa.string()),
        ("symbol", pa.string()),
        ("frozen_at", _TIME),
        ("side", pa.string()),
        ("first_bin", pa.int64()),
        ("quantity", pa.list_(pa.float32())),
        ("price", pa.float64()),
        ("coverage", pa.float64()),
        ("kernel", pa.string()),
        ("written_at", _TIME),
    ]
)
