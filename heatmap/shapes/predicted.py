"""What would be liquidated where, as the model held for certain at a moment: estimates."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypedDict

from exchanges.events import Side
from heatmap.shapes.common import SidePair
from heatmap.shapes.heatmap import (
    CellColumns,
    GridColumns,
    Level,
    Levels,
    PriceAxis,
    PriceRange,
    TimeAxis,
    TimeSeries,
)
from heatmap.zones.combining import Weighting
from heatmap.zones.confidence import Word


class ModelCoverage(TypedDict):
    """How far the model knew one exchange in the range.

    `covered_percent` is the part of the time steps with a frozen column; the rest is of the
    newest of them: `model_coverage` is the share of the open interest whose opening was seen.
    """

    covered_percent: float
    frozen_at: datetime | None
    model_coverage: float | None
    kernel: str | None
    is_imputed: bool


class PredictedHead(TypedDict):
    """What every prediction says about itself.

    Prices are those of `reference`; `weights` are each exchange's part of all, null where USD are
    simply added up; `unit` is `share` where they are not.
    """

    layer: Literal["predicted"]
    is_estimate: Literal[True]
    model: str
    symbol: str
    start: datetime
    end: datetime
    exchanges: list[str]
    reference: str | None
    reference_price: float | None
    zone_weighting: Weighting
    unit: Literal["usd", "share"]
    weights: dict[str, float] | None
    coverage: dict[str, ModelCoverage]
    price_bin_size: float | None
    price_range: PriceRange


class PredictedStep(TypedDict):
    """One time step: what was held for certain when it began; `outside` lies off the price axis.

    `frozen_at` is that of its newest column, null where there is none.
    """

    timestamp: datetime
    frozen_at: datetime | None
    levels: list[Level]
    outside: SidePair


class PredictedSeries(PredictedHead):
    """One row a time step, each with the price steps that hold something."""

    interval: str
    data: list[PredictedStep]


class Layers(TimeSeries, total=False):
    """What was observed, and with `layer=both` what had been predicted."""

    predicted: PredictedSeries


class OutsideColumns(TypedDict):
    """Of each time step, what lies off the price axis."""

    long: list[float]
    short: list[float]


class PredictedColumns(PredictedHead):
    """Time steps by price steps, in columns for charts; `value_usd` is in `unit`."""

    interval: str
    time: TimeAxis
    price: PriceAxis
    cells: list[CellColumns]
    outside: OutsideColumns


class LayerColumns(GridColumns, total=False):
    """What was observed, and with `layer=both` what had been predicted."""

    predicted: PredictedColumns


class PredictedLevel(TypedDict):
    """One price step, and how far its middle lies from the reference price."""

    price: float
    price_low: float
    price_high: float
    long: float
    short: float
    distance_pct: float
    exchange_breakdown: dict[str, SidePair]


class PredictedLevels(PredictedHead):
    """The price steps of one moment that hold something, lowest first."""

    frozen_at: datetime | None
    levels: list[PredictedLevel]
    totals: SidePair
    outside: SidePair


class LayerLevels(Levels, total=False):
    """Levels observed, and with `layer=both` those predicted."""

    predicted: PredictedLevels


class MapLevel(PredictedLevel):
    """The same with its band, and all that lies between the price and its far edge."""

    band: str
    cumulative_long: float
    cumulative_short: float


class Band(TypedDict):
    """All levels within a distance, which isolated positions of this leverage have."""

    band: str
    from_pct: float
    to_pct: float | None
    long: float
    short: float
    per_exchange: dict[str, SidePair]


class MaxPain(TypedDict):
    """The price step that holds most."""

    price: float
    value: float


class LiquidationMap(PredictedHead):
    """Price by leverage-equivalent distance at one moment, with the sums up to each price.

    `current_price` is where the newest candle closed, null when that is long ago.
    """

    frozen_at: datetime | None
    current_price: float | None
    levels: list[MapLevel]
    bands: list[Band]
    per_exchange: dict[str, SidePair]
    totals: SidePair
    outside: SidePair
    max_pain: MaxPain | None
    max_pain_long: MaxPain | None
    max_pain_short: MaxPain | None


class PredictedZone(TypedDict):
    """One band of price, as it was frozen.

    `probability`: that at least the usual bin's amount is liquidated if price trades through it,
    judged by so many `outcomes`; `base_probability` is that of any bin. Null: not known.
    """

    side: Side
    price_low: float
    price_high: float
    value_usd: float
    exchange_breakdown: dict[str, float]
    probability: float | None
    outcomes: int
    base_probability: float | None
    model_coverage: float
    confidence: Word


class FrozenZones(TypedDict):
    """The last snapshot at or before a moment; null and empty where there is none.

    `snapshot` is the SHA-256 of the columns that it was made of.
    """

    layer: Literal["predicted"]
    is_estimate: Literal[True]
    model: str
    symbol: str
    at: datetime
    snapshot: str | None
    frozen_at: datetime | None
    written_at: datetime | None
    age_seconds: float | None
    model_coverage: float | None
    zones: list[PredictedZone]
    count: int
    totals: SidePair
    per_exchange: dict[str, SidePair]
