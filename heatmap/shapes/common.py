"""What every answer says about itself."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypedDict

from exchanges.events import Completeness, LiquidationType


class Failure(TypedDict):
    """Why a request failed: a sentence and a stable word."""

    detail: str
    code: str


class Refusal(Failure, total=False):
    """Why a request was refused or failed: a sentence, a stable word, and the fields at fault."""

    errors: dict[str, list[str]]


class CoverageGap(TypedDict):
    """A span in which a feed was not proven to deliver; `repaired_by` filled it later."""

    start: datetime
    end: datetime
    reason: str
    repaired_by: str | None


class Coverage(TypedDict):
    """Which part of a range one venue's feed was proven to deliver; its newest 200 gaps."""

    covered_percent: float
    completeness: Completeness
    unknown_value_count: int
    gap_count: int
    gaps: list[CoverageGap]


class Meta(TypedDict):
    """What was summed, and how: with weights, each venue's value is multiplied by its own."""

    layer: Literal["observed"]
    weighting: Literal["none", "volume"]
    weights: dict[str, float] | None
    weights_start: datetime | None
    weights_end: datetime | None


class Head(TypedDict):
    """What every answer over a time range says about itself."""

    symbol: str | None
    timeframe: str | None
    start: datetime
    end: datetime
    exchanges: list[str]
    types: list[LiquidationType]
    completeness: dict[str, Completeness]
    is_lower_bound: bool
    coverage: dict[str, Coverage]


class Totals(TypedDict):
    """Sums; a lower bound where a venue shows only part of its liquidations."""

    long: float
    short: float
    count: int
    unknown_value_count: int
    is_lower_bound: bool


class SidePair(TypedDict):
    """Both sides' value."""

    long: float
    short: float
