"""Questions to the store: one typed function per SQL file, rows in, answers out.

Each may raise exchanges.errors.StoreUnavailable.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings

from exchanges import store
from exchanges.adapters import adapters
from heatmap.bins import price_step, time_step
from heatmap.parameters import HeatmapQuery

MOST_TIME_BINS = 240
MOST_PRICE_BINS = 150
MOST_ZONES = 60

# The columns of sql/latest.sql.
LIQUIDATION_COLUMNS = (
    "event_id", "exchange", "instrument_id", "symbol", "side", "price", "price_kind", "quantity",
    "value_usd", "liquidation_type", "completeness", "confidence", "exchange_time", "received_time",
)  # fmt: skip

_SQL = Path(__file__).parent / "sql"


class Cell(NamedTuple):
    """What one exchange liquidated on one side in one time bin and one price bin.

    `price_index` is None for rows whose price does not tell where the market was.
    """

    exchange: str
    side: str
    time_index: int
    price_index: int | None
    value_usd: float | None
    events: int
    unknown_values: int


class Grid(NamedTuple):
    """Even bins over the range in which something is stored, and the cells that hold value."""

    start: datetime
    time_step: int
    time_count: int
    first_price: float
    price_step: float
    price_count: int
    stored_since: datetime | None
    cells: list[Cell]


def grid(query: HeatmapQuery, most_times: int, most_prices: int) -> Grid:
    """Return the cells of a query in at most so many time and price bins."""
    low, high, stored_since = _rows("extent", **_window(query))[0]
    if stored_since is None:
        return Grid(query.start, 1, 0, 0.0, 1.0, 0, None, [])
    times = time_step(query.end - stored_since, most_times)
    prices = price_step(low or 1.0, high or 1.0, most_prices)
    found = _rows("cells", **_window(query), time_step=times, price_step=prices)
    return _grid(query, times, prices, stored_since, [Cell(*row) for row in found])


def _grid(
    query: HeatmapQuery, times: int, prices: float, since: datetime, cells: list[Cell]
) -> Grid:
    """Count the bins from the first that holds a cell: rows may have come since `extent`."""
    first_time = min(cell.time_index for cell in cells)
    placed = [cell.price_index for cell in cells if cell.price_index is not None] or [0]
    first_price = min(placed)
    start = datetime.fromtimestamp(first_time * times, UTC)
    return Grid(
        start=start,
        time_step=times,
        time_count=int((query.end - start).total_seconds() // times) + 1,
        first_price=first_price * prices,
        price_step=prices,
        price_count=max(placed) - first_price + 1,
        stored_since=since,
        cells=[_counted_from(cell, first_time, first_price) for cell in cells],
    )


def _counted_from(cell: Cell, first_time: int, first_price: int) -> Cell:
    price = None if cell.price_index is None else cell.price_index - first_price
    return cell._replace(time_index=cell.time_index - first_time, price_index=price)


def latest(query: HeatmapQuery, limit: int) -> list[dict[str, Any]]:
    """Return the newest liquidations of a query, as rows of the API."""
    rows = _rows("latest", **_window(query), limit=limit)
    return [dict(zip(LIQUIDATION_COLUMNS, row, strict=True)) for row in rows]


def symbols(now: datetime | None = None) -> list[str]:
    """Return the symbols of the last 30 days, the most liquidated first."""
    start = (now or datetime.now(UTC)) - timedelta(days=30)
    return [symbol for (symbol,) in _rows("symbols", start=start)]


def completeness(exchanges: tuple[str, ...]) -> dict[str, str]:
    """Return how much each exchange's feed shows."""
    return {name: adapters()[name].completeness for name in exchanges}


def is_lower_bound(exchanges: tuple[str, ...]) -> bool:
    """Return whether a total over these exchanges is at least, not exactly, what happened."""
    return any(kind != "complete" for kind in completeness(exchanges).values())


def _window(query: HeatmapQuery) -> dict[str, Any]:
    return {
        "symbol": query.symbol,
        "exchanges": list(query.exchanges),
        "start": query.start,
        "end": query.end,
    }


def _rows(name: str, **parameters: Any) -> list[tuple[Any, ...]]:
    return store.query(settings.LIQSITE_LAKE, _sql(name), parameters)


@cache
def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text()
