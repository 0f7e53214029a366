"""One random price path per asset, shared by all venues: trends, noise, jumps.

A common factor moves everything (each asset by its `swing`), trends last about forty
seconds, there is a jump now and then, and a weak pull keeps a long run near where it started.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

STEP_SECONDS = 0.05

TREND_SECONDS = 40.0
TREND_PER_SECOND = (0.002 / 60, 0.010 / 60)
NOISE, OWN_NOISE = 0.00012, 0.00008
JUMP_EVERY_SECONDS = 50.0
JUMP = (0.0015, 0.0045)
PULL_SECONDS = 1800.0
MOMENTUM_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Asset:
    """Where the path starts (USD), the asset's part of all liquidations, how it swings."""

    price: float
    share: float
    swing: float


ASSETS = {
    "BTC": Asset(82_500.0, 34.0, 1.0),
    "ETH": Asset(2_950.0, 24.0, 1.4),
    "SOL": Asset(138.0, 11.0, 1.7),
    "XRP": Asset(2.15, 7.0, 1.6),
    "DOGE": Asset(0.158, 5.0, 1.9),
    "BNB": Asset(905.0, 4.0, 1.1),
    "1000PEPE": Asset(0.00486, 4.0, 2.3),
    "SUI": Asset(1.62, 3.0, 2.1),
    "ADA": Asset(0.47, 3.0, 1.8),
    "LINK": Asset(13.4, 2.0, 1.7),
    "AVAX": Asset(14.2, 2.0, 1.9),
    "LTC": Asset(96.0, 1.0, 1.3),
}


class Prices:
    """The paths, one step at a time; the same seed walks the same way."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._distance = dict.fromkeys(ASSETS, 0.0)
        self._momentum = dict.fromkeys(ASSETS, 0.0)
        self._trend = 0.0
        self._trend_left = 0.0

    def price(self, asset: str) -> float:
        """Return the asset's price in USD."""
        return ASSETS[asset].price * math.exp(self._distance[asset])

    def chance_of_longs(self, asset: str) -> float:
        """Return how likely a liquidation now is a long's: falls take longs, rises shorts."""
        per_minute = self._momentum[asset] * 60 / ASSETS[asset].swing
        return 1 / (1 + math.exp(max(-30.0, min(30.0, per_minute * 450))))

    def push(self, asset: str, move: float) -> None:
        """Let forced orders move the price by so much (logarithm)."""
        self._distance[asset] += move

    def advance(self) -> None:
        """Walk one step."""
        self._turn_trend()
        common = self._trend * STEP_SECONDS + self._noise(NOISE) + self._jump()
        for asset, facts in ASSETS.items():
            pull = self._distance[asset] * STEP_SECONDS / PULL_SECONDS
            move = facts.swing * (common + self._noise(OWN_NOISE)) - pull
            self._distance[asset] += move
            decay = STEP_SECONDS / MOMENTUM_SECONDS
            self._momentum[asset] += (move / STEP_SECONDS - self._momentum[asset]) * decay

    def _turn_trend(self) -> None:
        self._trend_left -= STEP_SECONDS
        if self._trend_left <= 0:
            self._trend_left = self._rng.expovariate(1 / TREND_SECONDS)
            self._trend = self._rng.uniform(*TREND_PER_SECOND) * self._rng.choice((-1, 1))

    def _jump(self) -> float:
        if self._rng.random() >= STEP_SECONDS / JUMP_EVERY_SECONDS:
            return 0.0
        goes_with_trend = self._rng.random() < 0.7
        return math.copysign(
            self._rng.uniform(*JUMP), self._trend if goes_with_trend else -self._trend
        )

    def _noise(self, per_root_second: float) -> float:
        return self._rng.gauss(0.0, per_root_second * math.sqrt(STEP_SECONDS))
