"""N5: hours since the price last visited a bin. The baseline to beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heatmap.scoring.market import Market, PriceRange
from heatmap.scoring.predictors import Density
from heatmap.scoring.terms import HOUR
from heatmap.zones.grid import bins_of
from heatmap.zones.series import STEP_SECONDS, Times


@dataclass(frozen=True)
class Freshness:
    """The same for both sides. A bin never visited counts from the first candle."""

    is_quantity: bool = False

    def density(self, market: Market, times: Times, prices: PriceRange) -> Density:
        low = np.maximum(bins_of(market.series.mark_low) - prices.first_bin, 0)
        above = np.maximum(bins_of(market.series.mark_high) - prices.first_bin + 1, 0)
        visited = np.zeros(prices.count)
        density = np.empty((len(times), 2, prices.count), dtype=np.float32)
        seen = 0
        for i, closed in enumerate(market.candles_until(times)):
            for candle in range(seen, closed):
                visited[low[candle] : above[candle]] = candle + 1
            seen = closed
            density[i] = (closed - visited) * (STEP_SECONDS / HOUR)
        return density
