"""Clusters and correlations."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypedDict

from heatmap.shapes.common import Head


class Cluster(TypedDict):
    """Price levels that lie close together; `density` is value per dollar of price."""

    cluster_id: int
    price_min: float
    price_max: float
    centroid_price: float
    total_volume: float
    level_count: int
    density: float
    price_spread: float
    avg_volume_per_level: float
    zone_strength: Literal["critical", "significant", "minor"]


class NoisePoint(TypedDict):
    """A price level that belongs to no cluster."""

    price_level: float
    volume: float
    distance_to_nearest: float | None


class ClusterParameters(TypedDict):
    """What the clustering was run with, after tuning."""

    epsilon: float
    min_samples: int
    distance_metric: Literal["euclidean", "manhattan"]
    auto_tune: bool


class ClusterFigures(TypedDict):
    """The clustering in a few figures."""

    symbol: str
    timeframe_minutes: int
    total_points: int
    cluster_count: int
    noise_count: int
    parameters_used: ClusterParameters
    computation_ms: float
    auto_tuned: bool
    timestamp: datetime


class Clusters(Head):
    """Clusters of observed price levels; `coverage_ratio` is the part of the value in them."""

    clusters: list[Cluster]
    noise_points: list[NoisePoint]
    metadata: ClusterFigures
    fallback_used: bool
    warning: str | None
    coverage_ratio: float | None
    total_clustered_volume: float


class Lag(TypedDict):
    """The shift with the highest correlation; above zero the second venue follows the first."""

    minutes: int
    correlation: float
    n: int


class Pair(TypedDict):
    """Two venues; `n` minutes were covered on both. Null where nothing can be said."""

    first: str
    second: str
    n: int
    correlation: float | None
    interval_low: float | None
    interval_high: float | None
    best_lag: Lag | None


class Correlations(Head):
    """How alike venues' liquidated value per minute is."""

    pairs: list[Pair]
    bucket_seconds: int
    most_lag_minutes: int
    confidence: float
    note: str
