"""Price levels that lie close together: DBSCAN over price and value. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Metric = Literal["euclidean", "manhattan"]

# Tried in turn when the asked epsilon finds nothing, or leaves most of the levels as noise.
_EPSILONS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0)
_TOO_MUCH_NOISE = 0.5
_DECADES = 3.0

Points = NDArray[np.float64]
"""One row a level: price, value in USD."""


@dataclass(frozen=True)
class Found:
    """The cluster of every point (-1 is none), and the epsilon that found it."""

    labels: NDArray[np.int64]
    epsilon: float

    @property
    def noise(self) -> float:
        """Return the part of the points in no cluster; all of nothing is noise."""
        return float((self.labels == -1).mean()) if len(self.labels) else 1.0


def clustered(
    points: Points, epsilon: float, min_samples: int, metric: Metric, auto_tune: bool
) -> Found:
    """Cluster the points; `epsilon` is a distance after `scaled`.

    With `auto_tune` an epsilon that leaves more than half as noise gives way to the one of
    a few with the least noise that still tells clusters apart.
    """
    asked = _run(points, epsilon, min_samples, metric)
    if not auto_tune or asked.noise <= _TOO_MUCH_NOISE or len(points) < min_samples:
        return asked
    tried = [_run(points, other, min_samples, metric) for other in _EPSILONS]
    return min([asked, *tried], key=lambda found: (found.noise > _TOO_MUCH_NOISE, _count(found)))


def scaled(points: Points) -> Points:
    """Return price spread over 0 to 1, and value on a scale where a thousandfold is 1."""
    prices, values = points[:, 0], points[:, 1]
    low, high = prices.min(), prices.max()
    whole: Points = np.column_stack(
        [(prices - low) / ((high - low) or 1.0), np.log10(1 + values) / _DECADES]
    )
    return whole


def distances_to(points: Points, prices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each point how far the nearest of some prices is."""
    apart: NDArray[np.float64] = np.abs(points[:, :1] - prices[None, :]).min(axis=1)
    return apart


def _count(found: Found) -> float:
    """Order tries: most clusters first, then the least noise."""
    return -float(len(set(found.labels.tolist()) - {-1})) + found.noise


def _run(points: Points, epsilon: float, min_samples: int, metric: Metric) -> Found:
    # Loading it takes a second, which only this answer should cost.
    from sklearn.cluster import DBSCAN

    if not len(points):
        return Found(np.empty(0, dtype=np.int64), epsilon)
    labels = DBSCAN(eps=epsilon, min_samples=min_samples, metric=metric).fit_predict(scaled(points))
    return Found(labels.astype(np.int64), epsilon)
