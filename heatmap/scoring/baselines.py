"""Forecasts that know nothing of positions; every scorecard prints them beside the models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heatmap.scoring.extremes import Extremes
from heatmap.scoring.freshness import Freshness
from heatmap.scoring.market import Market, PriceRange
from heatmap.scoring.one_sided import OneSided
from heatmap.scoring.predictors import Density, Predictor
from heatmap.scoring.random_zones import Random
from heatmap.zones.grid import LONG, SHORT, WIDTH, bins_of
from heatmap.zones.series import Floats, Times

FRESHNESS = "freshness"
UNINFORMED = ("random", "nearest", "fixed_leverage", "extremes")
"""N1 to N4, which a model has to beat."""
LEVERAGES = (5.0, 10.0, 25.0, 50.0, 100.0)
MAINTENANCE = 0.005
BLUR_BINS = 2.0


def baselines(seed: int, is_inverse: bool = False) -> dict[str, Predictor]:
    """Return all baselines by name: N1 to N5, and the common recipe."""
    return {
        "random": Random(seed),
        "nearest": Nearest(),
        "fixed_leverage": FixedLeverage(),
        "extremes": Extremes(),
        FRESHNESS: Freshness(),
        "one_sided": OneSided(is_inverse),
    }


@dataclass(frozen=True)
class Nearest:
    """N2: the nearer to the price, the more likely."""

    is_quantity: bool = False

    def density(self, market: Market, times: Times, prices: PriceRange) -> Density:
        distance = np.arange(prices.count) - _spots(market, times, prices)[:, None]
        near = 1 / (1 + np.abs(distance))
        return np.stack([near, near], axis=1).astype(np.float32)


@dataclass(frozen=True)
class FixedLeverage:
    """N3: where fixed leverages would end if all had entered at the price just now."""

    is_quantity: bool = False

    def density(self, market: Market, times: Times, prices: PriceRange) -> Density:
        spots = _spots(market, times, prices)[:, None]
        return np.stack(
            [_hills(spots + _offsets(side), prices.count) for side in (LONG, SHORT)], axis=1
        ).astype(np.float32)


def _spots(market: Market, times: Times, prices: PriceRange) -> np.ndarray:
    """Return the price's place in the range at each time."""
    return bins_of(market.series.close[market.candles_until(times) - 1]) - prices.first_bin


def _offsets(side: int) -> np.ndarray:
    """Return how many bins from its entry a position of each leverage is liquidated."""
    s = 1 if side == LONG else -1
    leverages = np.array(LEVERAGES)
    ratio = (1 - s / leverages) / (1 - s * MAINTENANCE)
    return np.rint(np.log(ratio) / WIDTH).astype(np.int64)


def _hills(centres: np.ndarray, count: int) -> Floats:
    """Return hills around centres (N, L), summed: (N, count)."""
    total = np.zeros((len(centres), count))
    for centre in centres.T:
        total += np.exp(-np.abs(np.arange(count) - centre[:, None]) / BLUR_BINS)
    return total
