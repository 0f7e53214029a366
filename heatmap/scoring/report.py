"""The scorecard as it is stored and served: plain structs, JSON of the same bytes every time."""

from __future__ import annotations

import msgspec

from heatmap.scoring.bootstrap import Number
from heatmap.scoring.comparison import Comparison
from heatmap.scoring.verdict import Verdict


class Reliability(msgspec.Struct, frozen=True):
    """A decile of the density (0 the coldest): what was said of its bins and what came."""

    decile: int
    bins: int
    predicted: float | None
    """Mean chance that at least q is liquidated."""
    realised: float | None
    predicted_notional: float | None
    """USD; null for forecasts without a unit."""
    realised_notional: float | None


class Aged(msgspec.Struct, frozen=True):
    """The hit rate by snapshots that are so many hours older than each window."""

    hours: int
    hit_rate: Number
    path_share: Number


class Totals(msgspec.Struct, frozen=True):
    """How much in a window and side, given how far the price went, rank by rank and in all."""

    name: str
    top_tenth: Number
    rank_correlation: Number
    deviance_skill: Number
    predicted_over_realised: Number
    is_scaled: bool
    """The guess has no unit and was scaled to what earlier days realised."""


class ModelScore(msgspec.Struct, frozen=True):
    """All numbers of one forecast."""

    name: str
    is_baseline: bool
    hit_rate: Number
    """H."""
    recall: Number
    """H_all."""
    path_share: Number
    """A_path: H of zones that know nothing."""
    lift: Number
    band_share: Number
    """A_band."""
    cap: Number
    precision: Number
    precision_base: Number
    precision_at: dict[str, Number]
    brier: Number
    brier_skill: Number
    predicted_over_realised: Number
    lead_shares: dict[str, Number]
    aged: list[Aged]
    reliability: list[Reliability]
    comparisons: list[Comparison]
    freshness: str
    """Against freshness at the same area: better, tie, worse or unknown."""
    verdict: Verdict


class Scorecard(msgspec.Struct, frozen=True):
    """What was scored, on what terms, and how every forecast did."""

    exchange: str
    symbol: str
    feed: str | None
    """How much the feed shows: complete, sampled or partial; null when not told."""
    since: str
    until: str
    horizon_hours: int
    lead_seconds: int
    tolerance_bins: int
    zone_share: float
    trailing_days: int
    resamples: int
    seed: int
    windows: int
    windows_left_out: int
    """Wholly in gaps, or without a threshold or one model's zones."""
    days: int
    days_with_events: int
    hours_recorded: float | None
    hours_left_out: float | None
    """In gaps of the feed."""
    candles_bridged: int
    """Candles of the scored windows in which a stated rule filled in a value."""
    bins_swept: int
    events: int
    """After the lead and recorded."""
    events_swept: int
    """Of those, in swept bins: what H is about."""
    notional_swept: float | None
    """USD."""
    digests: dict[str, str]
    """SHA-256 of the candles, the events, the gaps and each model's columns."""
    models: list[ModelScore]
    totals: list[Totals]


def encoded(scorecard: Scorecard) -> bytes:
    """Return the scorecard as JSON; the same scorecard gives the same bytes."""
    return msgspec.json.encode(scorecard)
