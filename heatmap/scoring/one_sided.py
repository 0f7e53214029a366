"""The common recipe: one-sided open interest at fixed leverages, as several public maps do it.

A rise of open interest in USD opens one side, longs when the candle rose; a fall closes a part of
all; a level is gone when the last price crosses it. Its formula takes the maintenance rate from
the entry price's distance, which puts levels about that rate too far away; that is the recipe.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heatmap.scoring.market import Market, PriceRange
from heatmap.scoring.predictors import Density
from heatmap.zones.grid import LONG, SHORT, bins_of
from heatmap.zones.series import Floats, Times

LEVERAGES = np.array([5.0, 10.0, 25.0, 50.0, 100.0])
SHARES = np.array([0.15, 0.30, 0.25, 0.20, 0.10])
MAINTENANCE = 0.005


@dataclass(frozen=True)
class OneSided:
    """Open interest rises only, one side by the candle's colour, fixed leverages."""

    is_inverse: bool = False
    """Open interest is in USD already."""
    is_quantity: bool = True

    def density(self, market: Market, times: Times, prices: PriceRange) -> Density:
        recipe = _Recipe(market, prices, self.is_inverse)
        unit = np.ones(prices.count) if self.is_inverse else prices.middles
        density = np.empty((len(times), 2, prices.count), dtype=np.float32)
        seen = 0
        for i, closed in enumerate(market.candles_until(times)):
            for candle in range(seen, closed):
                recipe.step(candle)
            seen = closed
            density[i] = recipe.usd / unit
        return density


class _Recipe:
    """The levels while candles go by; `usd` is (2, prices.count)."""

    def __init__(self, market: Market, prices: PriceRange, is_inverse: bool) -> None:
        series = market.series
        self.usd: Floats = np.zeros((2, prices.count))
        self._count = prices.count
        self._side = np.where(series.close > series.open, LONG, SHORT)
        self._low = np.maximum(bins_of(series.low) - prices.first_bin, 0)
        self._above = np.maximum(bins_of(series.high) - prices.first_bin + 1, 0)
        self._interest = series.open_interest * (1.0 if is_inverse else series.close)
        self._spots = _levels(series.close) - prices.first_bin

    def step(self, candle: int) -> None:
        self.usd[LONG, self._low[candle] :] = 0.0
        self.usd[SHORT, : self._above[candle]] = 0.0
        before = self._interest[candle - 1] if candle else self._interest[0]
        change = self._interest[candle] - before
        if change > 0:
            self._open(candle, change)
        elif change < 0:
            self.usd *= self._interest[candle] / before

    def _open(self, candle: int, change: float) -> None:
        side = self._side[candle]
        spots = self._spots[side, candle]
        is_near = (spots >= 0) & (spots < self._count)
        np.add.at(self.usd[side], spots[is_near], change * SHARES[is_near])


def _levels(entry: Floats) -> np.ndarray:
    """Return the bins of the recipe's liquidation prices, (2, T, leverages)."""
    distance = 1 / LEVERAGES - MAINTENANCE / LEVERAGES
    return np.stack([bins_of(entry[:, None] * (1 + sign * distance)) for sign in (-1, 1)])
