"""By price, and by time and price."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypedDict

from exchanges.events import PriceKind, Side
from heatmap.shapes.common import Head, Meta, SidePair, Totals


class Zone(TypedDict):
    """One price band on one side, with each venue's part in it."""

    price_low: float
    price_high: float
    total_density: float
    side: Side
    exchange_breakdown: dict[str, float]


class ZonePart(TypedDict):
    """One venue's part of all zones."""

    zone_count: int
    total_volume: float


class ZoneFigures(TypedDict):
    """The zones in a few figures."""

    total_volume: float
    highest_density_price: float | None
    num_buckets: int
    time_range_hours: float


class Zones(Head):
    """Price bands in which positions were closed."""

    current_price: float | None
    zones: list[Zone]
    per_exchange: dict[str, ZonePart]
    unknown_value_count: int
    unplaced: Totals
    metadata: ZoneFigures
    meta: Meta
    timestamp: datetime


class TimeAxis(TypedDict):
    """Even time bins."""

    start: datetime
    step_seconds: int
    count: int


class PriceAxis(TypedDict):
    """Even price bins."""

    start: float
    step: float
    count: int


class CellColumns(TypedDict):
    """The cells of one venue and side, as columns of equal length."""

    exchange: str
    side: Side
    time_index: list[int]
    price_index: list[int]
    value_usd: list[float | None]


class GridColumns(Head):
    """Time bins by price bins of what was observed, in columns for charts."""

    time: TimeAxis
    price: PriceAxis
    cells: list[CellColumns]
    totals: Totals
    unplaced: Totals
    per_exchange: dict[str, Totals]
    stored_since: datetime | None
    received_until: dict[str, datetime]
    meta: Meta


class LevelTotals(TypedDict):
    """One price step: `price` is its lower edge."""

    price: float
    long_density: float
    short_density: float


class Level(LevelTotals, total=False):
    """One price step, with `breakdown=true` with each venue's part: `price` is its lower edge."""

    exchange_breakdown: dict[str, SidePair]


class Step(TypedDict):
    """One time step; what opened positions is not observed, so `positions_created` is null."""

    timestamp: datetime
    levels: list[Level]
    positions_created: int | None
    positions_consumed: int


class PriceRange(TypedDict):
    """The lowest and highest edge of the price steps; null when nothing is stored."""

    min: float | None
    max: float | None


class SeriesMeta(Meta):
    """The series in a few figures; leverage weights change predictions, not observations."""

    symbol: str
    start_time: datetime
    end_time: datetime
    interval: str
    price_bin_size: float | None
    total_snapshots: int
    price_range: PriceRange
    total_long_volume: float
    total_short_volume: float
    total_consumed: int
    unplaced: Totals
    leverage_weights: dict[str, float] | None
    leverage_weights_applied: Literal[False]


class TimeSeries(Head):
    """One row a time step, each with the price steps that hold value."""

    data: list[Step]
    meta: SeriesMeta


class StoredPrice(TypedDict):
    """The newest stored price of a liquidation, and which price the venue states."""

    price: float
    price_kind: PriceKind
    exchange: str
    exchange_time: datetime


class PriceLevel(TypedDict):
    """One price step and how far its middle lies from the market's, or the last stored, price."""

    price: float
    price_low: float
    price_high: float
    long: float
    short: float
    count: int
    distance_pct: float | None
    exchange_breakdown: dict[str, SidePair]


class Levels(Head):
    """Observed price levels, lowest first."""

    current_price: float | None
    last_price: StoredPrice | None
    price_bin_size: float | None
    levels: list[PriceLevel]
    totals: Totals
    unplaced: Totals
    meta: Meta
