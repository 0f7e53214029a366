"""A past without agents: slow waves that end where something else begins to tell the price."""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random
from typing import NamedTuple

from exchanges.simulator.prices import ASSETS

# How long the waves of the past are, and how far they go for an asset that swings by 1.
_WAVES = ((3_600.0 * 5, 0.004), (86_400.0, 0.009), (86_400.0 * 6.3, 0.025), (86_400.0 * 23, 0.05))
_TRADED_USD, _INTEREST_USD = 1_000_000.0, 30_000_000.0
"""For an asset whose share is 1, in five minutes and at any time."""
_BEYOND = 0.0008
"""How far a candle goes beyond its ends at most."""


class End(NamedTuple):
    """When an asset's waves end (epoch seconds), and at which price (USD)."""

    at: float
    price: float


class Waves:
    """The same seed and ends give the same past."""

    def __init__(self, seed: int, ends: Mapping[str, End]) -> None:
        self._seed, self._ends = seed, ends
        self._phases = {asset: self._phases_of(asset) for asset in ends}

    def price(self, asset: str, at: float) -> float:
        """Return the price in USD; after the end it stays as it is."""
        end = self._ends[asset]
        way = self._height(asset, min(at, end.at)) - self._height(asset, end.at)
        return end.price * math.exp(ASSETS[asset].swing * way)

    def beyond(self, asset: str, opened: int) -> tuple[float, float]:
        """Return how far above and below its ends a candle goes, as fractions."""
        chance = Random(f"{self._seed} {asset} {opened}")
        return chance.random() * _BEYOND, chance.random() * _BEYOND

    def value_usd(self, asset: str, opened: int) -> float:
        """Return what is traded in a candle."""
        chance = Random(f"value {self._seed} {asset} {opened}")
        return ASSETS[asset].share * _TRADED_USD * chance.lognormvariate(0.0, 0.5)

    def open_interest(self, asset: str, at: float) -> float:
        """Return it in base units; it grows when the price does."""
        interest = ASSETS[asset].share * _INTEREST_USD / ASSETS[asset].price
        return interest * math.exp(2 * self._height(asset, at))

    def _height(self, asset: str, at: float) -> float:
        return sum(
            height * math.sin(2 * math.pi * at / length + phase)
            for (length, height), phase in zip(_WAVES, self._phases[asset], strict=True)
        )

    def _phases_of(self, asset: str) -> list[float]:
        """Return where each wave begins; half of it is common to all assets."""
        common, own = Random(f"waves {self._seed}"), Random(f"waves {self._seed} {asset}")
        return [common.uniform(0, 2 * math.pi) + own.uniform(0, 1.5) for _ in _WAVES]
