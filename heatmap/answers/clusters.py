"""Clusters of observed price levels."""

from __future__ import annotations

from collections import defaultdict
from time import perf_counter
from typing import Literal

import numpy as np

from heatmap.answers.grids import Grid, grid
from heatmap.answers.parts import head, unknown_of
from heatmap.bins import edge
from heatmap.clustering import Found, Metric, Points, clustered, distances_to
from heatmap.parameters import Selection
from heatmap.shapes.comparisons import Cluster, ClusterFigures, Clusters, NoisePoint

MOST_POINTS = 500
# Of all clustered value, the part from which a cluster is critical, or significant.
_CRITICAL, _SIGNIFICANT = 0.3, 0.1

NO_POINTS = "No observed price level in this range."
NO_CLUSTERS = "No levels lie close enough together: widen epsilon or lower min_samples."


def clusters(
    selection: Selection,
    epsilon: float,
    min_samples: int,
    metric: Metric,
    auto_tune: bool,
    price_min: float | None,
    price_max: float | None,
) -> Clusters:
    """Return clusters of price levels, the largest first, and the levels in none."""
    began = perf_counter()
    found = grid(selection, MOST_POINTS)
    points = _points(found, price_min, price_max)
    result = clustered(points, epsilon, min_samples, metric, auto_tune)
    told = _clusters(points, result, found.price_step)
    noise = _noise(points, result)
    inside, whole = sum(c["total_volume"] for c in told), float(points[:, 1].sum())
    figures: ClusterFigures = {
        "symbol": str(selection.symbol),
        "timeframe_minutes": round((selection.end - selection.start).total_seconds() / 60),
        "total_points": len(points),
        "cluster_count": len(told),
        "noise_count": len(noise),
        "parameters_used": {
            "epsilon": result.epsilon,
            "min_samples": min_samples,
            "distance_metric": metric,
            "auto_tune": auto_tune,
        },
        "computation_ms": round(1000 * (perf_counter() - began), 2),
        "auto_tuned": result.epsilon != epsilon,
        "timestamp": selection.end,
    }
    return {
        **head(selection, unknown_of(found.cells)),
        "clusters": told,
        "noise_points": noise,
        "metadata": figures,
        "fallback_used": False,
        "warning": None if told else NO_CLUSTERS if len(points) else NO_POINTS,
        "coverage_ratio": inside / whole if whole else None,
        "total_clustered_volume": inside,
    }


def _points(found: Grid, price_min: float | None, price_max: float | None) -> Points:
    """Return the middle and the value of every level within the prices."""
    first = round(found.first_price / found.price_step)
    values: dict[float, float] = defaultdict(float)
    for cell in found.cells:
        if cell.price_index is not None:
            low, high = (edge(first + cell.price_index + n, found.price_step) for n in (0, 1))
            values[(low + high) / 2] += cell.value_usd or 0.0
    low_end, high_end = price_min or 0.0, price_max or np.inf
    rows = [(p, v) for p, v in sorted(values.items()) if low_end <= p <= high_end]
    return np.array(rows, dtype=np.float64).reshape(-1, 2)


def _clusters(points: Points, result: Found, step: float) -> list[Cluster]:
    groups = [
        points[result.labels == label] for label in sorted(set(result.labels.tolist()) - {-1})
    ]
    whole = sum(float(group[:, 1].sum()) for group in groups)
    told = [_cluster(group, whole, step) for group in groups]
    told.sort(key=lambda cluster: -cluster["total_volume"])
    for number, cluster in enumerate(told):
        cluster["cluster_id"] = number
    return told


def _cluster(group: Points, whole: float, step: float) -> Cluster:
    prices, values = group[:, 0], group[:, 1]
    volume = float(values.sum())
    low, high = float(prices.min()) - step / 2, float(prices.max()) + step / 2
    centroid = float((prices * values).sum()) / volume if volume else float(prices.mean())
    return {
        "cluster_id": 0,
        "price_min": low,
        "price_max": high,
        "centroid_price": centroid,
        "total_volume": volume,
        "level_count": len(group),
        "density": volume / (high - low),
        "price_spread": high - low,
        "avg_volume_per_level": volume / len(group),
        "zone_strength": _strength(volume / whole if whole else 0.0),
    }


def _strength(part: float) -> Literal["critical", "significant", "minor"]:
    if part >= _CRITICAL:
        return "critical"
    return "significant" if part >= _SIGNIFICANT else "minor"


def _noise(points: Points, result: Found) -> list[NoisePoint]:
    alone, inside = points[result.labels == -1], points[result.labels != -1]
    apart = distances_to(alone, inside[:, 0]).tolist() if len(inside) else [None] * len(alone)
    return [
        {"price_level": price, "volume": volume, "distance_to_nearest": distance}
        for (price, volume), distance in zip(alone.tolist(), apart, strict=True)
    ]
