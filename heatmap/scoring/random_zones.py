"""N1: zones by chance, the same for the same seed whatever else is asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heatmap.scoring.market import Market, PriceRange
from heatmap.scoring.predictors import Density
from heatmap.zones.series import Times

Hashes = NDArray[np.uint64]
# Splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
STEP = np.uint64(0x9E3779B97F4A7C15)
MIX_1, MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
PER_UNIT = 2.0**-53


@dataclass(frozen=True)
class Random:
    """A number between 0 and 1 for each time, side and bin, by hashing them with the seed."""

    seed: int = 0
    is_quantity: bool = False

    def density(self, market: Market, times: Times, prices: PriceRange) -> Density:
        seeded = _mixed(np.full(1, self.seed, dtype=np.uint64))
        seconds = times.astype("datetime64[s]").astype(np.int64).astype(np.uint64)
        at = _mixed(seeded ^ seconds)[:, None, None]
        side = np.array([0, 1], dtype=np.uint64)[:, None]
        bins = (prices.first_bin + np.arange(prices.count)).astype(np.uint64)
        hashes = _mixed(_mixed(at ^ side) ^ bins)
        return ((hashes >> np.uint64(11)) * PER_UNIT).astype(np.float32)


def _mixed(numbers: Hashes) -> Hashes:
    # Unsigned numbers of numpy wrap around, which is what the mixing wants.
    z = numbers * MIX_1 + STEP
    z = (z ^ (z >> np.uint64(30))) * MIX_1
    z = (z ^ (z >> np.uint64(27))) * MIX_2
    return z ^ (z >> np.uint64(31))
