"""Frozen columns, zones, kernels, tiers and scorecards that tests store, as the worker does."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from exchanges.lake import Place
from exchanges.store.connection import connect
from heatmap.zones.grid import SIDES, first_bin_around
from heatmap.zones.series import Series

HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
"""The last full hour."""

COLUMN_SCHEMA = pa.schema(
    [
        ("exchange", pa.string()),
        ("symbol", pa.string()),
        ("frozen_at", pa.timestamp("us", "UTC")),
        ("side", pa.string()),
        ("first_bin", pa.int64()),
        ("quantity", pa.list_(pa.float32())),
        ("price", pa.float64()),
        ("coverage", pa.float64()),
        ("kernel", pa.string()),
        ("written_at", pa.timestamp("us", "UTC")),
    ]
)


def insert(lake: Place, table: str, rows: pa.Table) -> None:
    """Store rows as they are."""
    with connect(lake, read_only=False) as connection:
        connection.register("new_rows", rows)
        connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM new_rows")


def a_column(
    exchange: str = "binance",
    longs: dict[int, float] | None = None,
    shorts: dict[int, float] | None = None,
    price: float = 80_000.0,
    **told: Any,
) -> list[dict[str, Any]]:
    """Return both sides' rows of a column: quantities by how many bins they lie from the price.

    Longs lie so many bins below, shorts so many above.
    """
    first = first_bin_around(price)
    bins = ({600 - k: q for k, q in (longs or {}).items()},
            {600 + k: q for k, q in (shorts or {}).items()})  # fmt: skip
    own = {
        "exchange": exchange,
        "symbol": "BTCUSDT",
        "frozen_at": HOUR,
        "first_bin": first,
        "price": price,
        "coverage": 0.9,
        "kernel": f"flat-{exchange}",
        "written_at": HOUR,
    }
    return [own | {"side": side, "quantity": _list(of)} | told
            for side, of in zip(SIDES, bins, strict=True)]  # fmt: skip


def _list(of: dict[int, float]) -> list[float]:
    """Return the list of a side, trailing zeros left out."""
    return [of.get(k, 0.0) for k in range(max(of, default=-1) + 1)]


def store_columns(lake: Place, *columns: list[dict[str, Any]]) -> None:
    """Store columns."""
    rows = [row for column in columns for row in column]
    insert(lake, "zone_columns", pa.Table.from_pylist(rows, COLUMN_SCHEMA))


def a_zone(side: str = "long", low: float = 75_000.0, **told: Any) -> dict[str, Any]:
    """Return a zone of a snapshot of the last full hour."""
    own = {
        "snapshot": "ab" * 32,
        "symbol": "BTCUSDT",
        "frozen_at": HOUR,
        "side": side,
        "low": low,
        "high": low + 400,
        "value_usd": 3e6,
        "parts": {"binance": 2e6, "bybit": 1e6},
        "probability": 0.4,
        "outcomes": 55,
        "base_probability": 0.2,
        "coverage": 0.9,
        "confidence": "medium",
        "written_at": HOUR,
    }
    return own | told


ZONE_SCHEMA = pa.schema(
    [
        ("snapshot", pa.string()),
        ("symbol", pa.string()),
        ("frozen_at", pa.timestamp("us", "UTC")),
        ("side", pa.string()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("value_usd", pa.float64()),
        ("parts", pa.map_(pa.string(), pa.float64())),
        ("probability", pa.float64()),
        ("outcomes", pa.int32()),
        ("base_probability", pa.float64()),
        ("coverage", pa.float64()),
        ("confidence", pa.string()),
        ("written_at", pa.timestamp("us", "UTC")),
    ]
)


def store_zones(lake: Place, *zones: dict[str, Any]) -> None:
    """Store zones."""
    rows = [zone | {"parts": list(zone["parts"].items())} for zone in zones]
    insert(lake, "zones", pa.Table.from_pylist(rows, ZONE_SCHEMA))


def store_market(lake: Place, series: Series, *, has_marks: bool = True) -> None:
    """Store the candles, marks and open interest of a series."""
    count = len(series.close)
    named = {"exchange": [series.exchange] * count, "symbol": [series.symbol] * count}
    opened = pa.array(series.opened_at).cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))
    prices = {name: getattr(series, name) for name in ("open", "high", "low", "close", "volume")}
    insert(lake, "candles", pa.table(named | {"opened_at": opened} | prices))
    marks = {"opened_at": opened, "high": series.mark_high, "low": series.mark_low}
    if has_marks:
        insert(lake, "mark_candles", pa.table(named | marks))
    closes = pa.array(series.opened_at + np.timedelta64(300, "s"))
    at = closes.cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))
    interest = {"at": at, "quantity": series.open_interest}
    insert(lake, "open_interest", pa.table(named | interest))


def store_tiers(lake: Place, rows: Iterable[tuple[Any, ...]], **told: Any) -> None:
    """Store tiers of (floor, cap, maintenance rate, most leverage, deduction)."""
    names = ("floor", "cap", "maintenance_rate", "max_leverage", "deduction")
    own = {"exchange": "bybit", "symbol": "BTCUSDT", "unit": "usd", "told_at": HOUR}
    listed = [own | dict(zip(names, row, strict=True)) | told for row in rows]
    schema = pa.schema(
        [
            *((name, pa.string()) for name in ("exchange", "symbol", "unit")),
            ("told_at", pa.timestamp("us", "UTC")),
            *((name, pa.float64()) for name in names),
        ]
    )
    insert(lake, "leverage_tiers", pa.Table.from_pylist(listed, schema))


def store_score(lake: Place, card: str, **told: Any) -> None:
    """Store a scorecard."""
    own = {
        "scored_at": HOUR,
        "exchange": "binance",
        "symbol": "BTCUSDT",
        "horizon_hours": 1,
        "since": HOUR - timedelta(days=7),
        "until": HOUR,
        "verdict": "pass",
        "card": card,
    }
    insert(lake, "scores", pa.Table.from_pylist([own | told]))
