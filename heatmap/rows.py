"""What the store answers: a typed row for each question of `heatmap.queries`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple


class Cell(NamedTuple):
    """What one exchange liquidated on one side in one time bin and one price bin.

    `price_index` is None for rows whose price does not tell where the market was, and where
    prices are not asked for.
    """

    exchange: str
    side: str
    time_index: int
    price_index: int | None
    value_usd: float | None
    events: int
    unknown_values: int


class Column(NamedTuple):
    """What one exchange liquidated on one side: in all, and cell by cell in lists of equal length.

    Rows whose price does not tell where the market was are a column of their own: `is_placed` is
    false, and their price indexes are None. `newest` is when the last row was received, in
    microseconds.
    """

    exchange: str
    side: str
    value_usd: float | None
    events: int
    unknown_values: int
    newest: int
    is_placed: bool
    time_indexes: list[int]
    price_indexes: list[int]
    cell_values: list[float | None]


class Extent(NamedTuple):
    """The price and time range of a selection; None where nothing is stored."""

    low: float | None
    high: float | None
    stored_since: datetime | None


class WindowPart(NamedTuple):
    """What one exchange liquidated on one side, told with the shortest window that holds it."""

    exchange: str
    side: str
    window_index: int
    value_usd: float | None
    events: int
    unknown_values: int
    largest: float | None
    largest_id: str | None
    largest_price: float | None
    largest_time: datetime | None
    newest: int


class LastPrice(NamedTuple):
    """The newest price that tells where the market was."""

    price: float
    price_kind: str
    exchange: str
    exchange_time: datetime


class KlineRow(NamedTuple):
    """A candle made of so many parts; bins are counted from the epoch."""

    exchange: str
    time_index: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    parts: int


class Stored(NamedTuple):
    """The first and last stored liquidation of one exchange."""

    exchange: str
    first_time: datetime
    last_time: datetime
    events: int
    unknown_values: int


class SymbolPart(NamedTuple):
    """What one exchange liquidated of one symbol."""

    symbol: str
    exchange: str
    value_usd: float | None
    events: int
    unknown_values: int
    last_time: datetime


class SpreadRow(NamedTuple):
    """One second of one symbol in which venues' prices lay apart, cheapest venue first."""

    symbol: str
    second: datetime
    spread_percent: float
    prices: list[dict[str, Any]]


class Minutes(NamedTuple):
    """What one exchange liquidated in each minute in which it liquidated anything."""

    exchange: str
    minutes: list[int]
    value_usd: list[float]
    unknown_values: int


class Cursor(NamedTuple):
    """The last row of a page."""

    exchange_time: datetime
    event_id: str
