"""N4: just beyond the highest and lowest prices of the last 24 hours, 3 days and 7 days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heatmap.scoring.market import Market, PriceRange
from heatmap.scoring.predictors import Density
from heatmap.zones.grid import LONG, SHORT, bins_of
from heatmap.zones.series import Floats, Times

SPANS = (288, 2016 * 3 // 7, 2016)
"""Candles of 24 hours, 3 days, 7 days."""
BEYOND_BINS, INSIDE_BINS = 10.0, 2.0
INSIDE_WEIGHT = 0.5


@dataclass(frozen=True)
class Extremes:
    """Beyond an extreme the density falls slowly with the distance, on this side of it fast."""

    is_quantity: bool = False

    def density(self, market: Market, times: Times, prices: PriceRange) -> Density:
        places = np.arange(prices.count)
        closed = market.candles_until(times)
        density = np.zeros((len(times), 2, prices.count), dtype=np.float32)
        for i, until in enumerate(closed):
            for span in SPANS:
                recent = slice(max(until - span, 0), until)
                low, high = _extremes(market, recent, prices)
                density[i, LONG] += _hill(low - places)
                density[i, SHORT] += _hill(places - high)
        return density


def _extremes(market: Market, recent: slice, prices: PriceRange) -> tuple[int, int]:
    ends = market.series.mark_low[recent].min(), market.series.mark_high[recent].max()
    low, high = bins_of(ends) - prices.first_bin
    return int(low), int(high)


def _hill(beyond: np.ndarray) -> Floats:
    """Return the weight of bins so far beyond an extreme, negative for those not yet there."""
    outside = np.exp(-np.maximum(beyond, 0) / BEYOND_BINS)
    inside = INSIDE_WEIGHT * np.exp(np.minimum(beyond, 0) / INSIDE_BINS)
    return np.asarray(np.where(beyond > 0, outside, inside))
