"""Series, events and columns as rows of the lake's tables: the other way round than `inputs`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from heatmap.zones.grid import SIDES
from heatmap.zones.series import STEP_SECONDS, Columns, Events, Series, Times


def market_rows(series: Series) -> dict[str, pa.Table]:
    """Return the candles, mark candles and open interest of a series."""
    named = {"exchange": series.exchange, "symbol": series.symbol}
    opened = {"opened_at": series.opened_at}
    prices = {name: getattr(series, name) for name in ("open", "high", "low", "close", "volume")}
    marks = {"high": series.mark_high, "low": series.mark_low}
    closed_at = series.opened_at + np.timedelta64(STEP_SECONDS, "s")
    interest = {"at": closed_at, "quantity": series.open_interest}
    return {
        "candles": _table(named, {**opened, **prices}),
        "mark_candles": _table(named, {**opened, **marks}),
        "open_interest": _table(named, interest),
    }


def event_rows(events: Events, exchange: str, symbol: str) -> pa.Table:
    """Return events as liquidations whose price is a fill; their place in order is their id."""
    count = len(events.at)
    same: Mapping[str, Any] = {
        "exchange": exchange,
        "instrument_id": symbol,
        "symbol": symbol,
        "price_kind": "fill",
        "liquidation_type": "forced",
        "completeness": "complete",
        "confidence": 1.0,
        "raw_unit": "base",
        "raw": "{}",
    }
    sides = [SIDES[side] for side in events.side.tolist()]
    own = {
        "event_id": [f"{exchange}:{number:09}" for number in range(count)],
        "side": sides,
        "price": events.price,
        "quantity": events.quantity,
        "value_usd": events.price * events.quantity,
        "exchange_time": events.at,
        "received_time": events.at,
        "raw_side": sides,
        "raw_size": events.quantity,
    }
    return _table(same, own)


def column_rows(
    columns: Columns, exchange: str, symbol: str, written_at: Times, kernel: str = "fitted"
) -> pa.Table:
    """Return frozen columns, a row a side; price and coverage are not told with them (NaN)."""
    same = {"exchange": exchange, "symbol": symbol, "kernel": kernel}
    both = len(SIDES) * len(columns.at)
    own = {
        "frozen_at": np.repeat(columns.at, len(SIDES)),
        "side": list(SIDES) * len(columns.at),
        "first_bin": np.repeat(columns.first_bin, len(SIDES)),
        "quantity": [_trimmed(cells) for column in columns.quantity for cells in column],
        "price": np.full(both, np.nan),
        "coverage": np.full(both, np.nan),
        "written_at": np.repeat(written_at, len(SIDES)),
    }
    return _table(same, own)


def _trimmed(cells: np.ndarray) -> np.ndarray:
    """Return the cells without the zeros at their end."""
    held = np.flatnonzero(cells)
    return cells[: held[-1] + 1] if len(held) else cells[:0]


def _table(same: Mapping[str, Any], own: Mapping[str, Any]) -> pa.Table:
    count = len(next(iter(own.values())))
    arrays = {name: pa.array([value] * count) for name, value in same.items()}
    arrays |= {name: _array(values) for name, values in own.items()}
    return pa.table(arrays)


def _array(values: Any) -> pa.Array:
    if getattr(values, "dtype", None) is not None and values.dtype.kind == "M":
        return pa.array(values.astype("datetime64[us]")).cast(pa.timestamp("us", tz="UTC"))
    if len(values) and isinstance(values[0], np.ndarray):
        return pa.array(values, pa.list_(pa.float32()))
    return pa.array(values)
