"""The terms of a scorecard: all that can be chosen, chosen before anything is looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exchanges.errors import NotScorable
from heatmap.zones.series import STEP_SECONDS

HOUR = 3600
DAY = 86_400
WIDEST_TOLERANCE = 10
OLDEST_HOURS = 24
AGES = (1, 6, OLDEST_HOURS)
"""Hours by which the snapshot is older in the table that shows how zones keep."""


@dataclass(frozen=True)
class Terms:
    """How zones are scored. Raises `NotScorable` when the terms make no sense together."""

    horizon_hours: int = 1
    """Length of a window; divides a day, so that windows do not overlap and fit into days."""
    lead_candles: int = 1
    """Candles after the snapshot that count for nobody; at least one."""
    tolerance_bins: int = 0
    """Bins by which zones are widened on each edge, before their area is measured."""
    zone_share: float = 0.30
    """Share of the swept bins that zones are to cover, by the threshold of earlier days."""
    trailing_days: int = 14
    """Days before a day from which its threshold and its probabilities are learned."""
    resamples: int = 1000
    seed: int = 0
    is_inverse: bool = False
    """Quantities are in USD already, not in base units."""

    def __post_init__(self) -> None:
        for is_right, rule in (
            (self.horizon_hours > 0 and 24 % self.horizon_hours == 0, "horizon divides 24 hours"),
            (1 <= self.lead_candles < self.candles, "lead is a candle or more, within the horizon"),
            (0 <= self.tolerance_bins <= WIDEST_TOLERANCE, "tolerance is 0 to 10 bins"),
            (0 < self.zone_share < 1, "zone share lies between 0 and 1"),
            (self.trailing_days >= 1, "at least one trailing day"),
            (self.resamples >= 100, "at least 100 resamples"),
            (self.seed >= 0, "the seed is not negative"),
        ):
            if not is_right:
                raise NotScorable(f"These terms cannot be scored: wanted is that {rule}.")

    @property
    def candles(self) -> int:
        """Return how many candles a window holds."""
        return self.horizon_hours * HOUR // STEP_SECONDS

    @property
    def horizon(self) -> np.timedelta64:
        return np.timedelta64(self.horizon_hours * HOUR, "s")
