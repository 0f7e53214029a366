"""Sums, and what is stored at all."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypedDict

from exchanges.events import Completeness, LiquidationType, Side
from heatmap.shapes.common import Coverage, Head, Meta, Totals


class Bucket(TypedDict):
    """One time step of the history, in total and per venue that has something in it."""

    timestamp: datetime
    long: float
    short: float
    count: int
    exchanges: dict[str, Totals]


class History(Head):
    """Liquidated value over time."""

    interval: str
    data: list[Bucket]
    totals: Totals
    per_exchange: dict[str, Totals]
    meta: Meta


class Largest(TypedDict):
    """The largest single liquidation of a window."""

    event_id: str
    exchange: str
    side: Side
    value_usd: float
    price: float
    exchange_time: datetime


class Window(TypedDict):
    """The totals of the hours up to now."""

    start: datetime
    totals: Totals
    per_exchange: dict[str, Totals]
    largest: Largest | None
    largest_per_exchange: dict[str, Largest | None]
    weights: dict[str, float] | None
    coverage: dict[str, Coverage]


class Summary(TypedDict):
    """Totals of several windows that all end at the same moment."""

    symbol: str | None
    end: datetime
    exchanges: list[str]
    types: list[LiquidationType]
    completeness: dict[str, Completeness]
    is_lower_bound: bool
    weighting: Literal["none", "volume"]
    received_until: dict[str, datetime]
    windows: dict[str, Window]


class StoredRange(TypedDict):
    """From when to when one venue has something stored."""

    start_date: datetime
    end_date: datetime
    count: int


class DateRange(TypedDict):
    """From when to when something is stored; null when nothing is."""

    symbol: str | None
    start_date: datetime | None
    end_date: datetime | None
    count: int
    per_exchange: dict[str, StoredRange]
    coverage: dict[str, Coverage]


class SymbolRow(TypedDict):
    """One symbol of the last 30 days, with what was liquidated in the last 24 hours."""

    symbol: str
    exchanges: list[str]
    value_usd_24h: float
    count_24h: int
    unknown_value_count_24h: int
    last_time: datetime
    is_lower_bound: bool


class Symbols(TypedDict):
    """The symbols of the last 30 days, the most liquidated of the last 24 hours first."""

    start: datetime
    end: datetime
    symbols: list[SymbolRow]
    count: int
    is_lower_bound: bool
    coverage: dict[str, Coverage]
