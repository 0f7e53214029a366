"""A market of its own in the demo's store: candles, frozen columns, a kernel, liquidations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from exchanges.events import Liquidation
from exchanges.store import Writer
from exchanges.store.write_lock import writing
from heatmap.zones.engine import advance, start
from heatmap.zones.grid import SIDES
from heatmap.zones.series import Columns, Series
from tests.browser.demo import Demo
from tests.heatmap.api.frozen_rows import COLUMN_SCHEMA, store_market
from tests.heatmap.zones.make import FLAT, STEP, market
from tests.make import a_liquidation

CANDLES = 3 * 288


def store_story(demo: Demo, symbol: str, zones_of: Sequence[str] = ("binance",)) -> None:
    """Store three days of a symbol that no simulated venue lists; the worker goes on beside.

    Each module takes a symbol of its own, for what it stores another would see as well. The
    venues `zones_of` predict the same of it; candles and open interest are Binance's.
    """
    now = np.datetime64(int(datetime.now(UTC).timestamp()) // 3600 * 3600, "s")
    told = market(CANDLES, price=80_000.0)
    opened = now - (CANDLES - np.arange(CANDLES)) * STEP
    unknown = np.full(CANDLES, np.nan)
    series = replace(told, symbol=symbol, opened_at=opened, taker_buy=unknown)
    columns = advance(start(series), series, FLAT).columns
    with Writer(demo.lake) as writer:
        writer.append(_liquidations(series))
        for exchange in zones_of:
            writer.append_table("zone_columns", _columns(exchange, series, columns))
        writer.append_table("kernels", _kernel(series))
    with writing(demo.lake):
        store_market(demo.lake, series)
    demo.wait_until_answering(f"liquidations/heatmap?symbol={symbol}")


def _liquidations(series: Series) -> list[Liquidation]:
    """Return one each ten minutes of the last five hours, at the price of then."""
    ends = [datetime.fromtimestamp(int(at.astype(np.int64)), UTC) for at in series.opened_at]
    return [
        a_liquidation(
            event_id=f"bybit:{series.symbol}{back}",
            exchange="bybit" if back % 4 else "binance",
            completeness="complete" if back % 4 else "sampled",
            symbol=series.symbol,
            side=SIDES[back % 3 == 0],
            price=float(series.close[-back]),
            value_usd=1000.0 * back,
            exchange_time=ends[-back] + timedelta(minutes=4),
            received_time=ends[-back] + timedelta(minutes=4),
        )
        for back in range(2, 60, 2)
    ]


def _columns(exchange: str, series: Series, columns: Columns) -> pa.Table:
    closes = dict(zip((series.opened_at + STEP).tolist(), series.close.tolist(), strict=True))
    rows = [
        {
            "exchange": exchange, "symbol": series.symbol, "side": SIDES[side],
            "frozen_at": at.replace(tzinfo=UTC), "first_bin": int(columns.first_bin[index]),
            "quantity": columns.quantity[index, side].tolist(), "price": closes[at],
            "coverage": 0.8, "kernel": "flat-story", "written_at": at.replace(tzinfo=UTC),
        }
        for index, at in enumerate(columns.at.tolist())
        for side in (0, 1)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, COLUMN_SCHEMA)


def _kernel(series: Series) -> pa.Table:
    used_from = pa.array([series.opened_at[0].astype("datetime64[us]").item()], pa.timestamp("us"))
    named = {
        "kernel": "flat-story",
        "exchange": "binance",
        "symbol": series.symbol,
        "method": "flat",
    }
    weights = {f"{side}_weights": [FLAT.weights[at].tolist()] for at, side in enumerate(SIDES)}
    times = used_from.cast(pa.timestamp("us", "UTC"))
    return pa.table({name: [word] for name, word in named.items()} | {"used_from": times} | weights)
