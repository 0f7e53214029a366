"""At which price a position is liquidated, by leverage tiers with deductions.

With margin M, entry E, quantity q and side s, equity M + s*q*(P - E) meets the maintenance
margin q*P*rate - deduction at P. A tier's deduction makes the requirement continuous, so it is
the largest of what all tiers ask for, and the first of their prices on the way is the level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LONG, SHORT = 1.0, -1.0
NEVER = 1e-9
"""Instead of a level at or below zero, as a part of the entry price."""


@dataclass(frozen=True)
class Tiers:
    """Leverage tiers by notional in USD, smallest first; every field has one value a tier."""

    up_to: tuple[float, ...]
    rate: tuple[float, ...]
    """Maintenance margin, as a part of the notional."""
    leverage: tuple[float, ...]
    """The largest allowed."""

    def deductions(self) -> Floats:
        """Return what each tier takes off, in USD, so that no edge is a jump."""
        floors = np.array((0.0, *self.up_to[:-1]))
        return np.cumsum(floors * np.diff(self.rate, prepend=self.rate[0]))

    def largest_leverage(self, notional: Floats) -> Floats:
        """Return the largest leverage that positions of these notionals (USD) may have."""
        tier = np.searchsorted(np.array(self.up_to), notional)
        return np.array(self.leverage)[np.minimum(tier, len(self.leverage) - 1)]


def liquidation_ratio(side: float, notional: Floats, leverage: Floats, tiers: Tiers) -> Floats:
    """Return the liquidation price over the entry price of linear positions, (N,).

    `side` is LONG or SHORT; `notional` is in USD at entry; margin is notional over leverage.
    """
    rate = np.array(tiers.rate)[:, None]
    off = tiers.deductions()[:, None] / notional
    ratios = (1.0 - side / leverage - side * off) / (1.0 - side * rate)
    nearest: Floats = ratios.max(axis=0) if side == LONG else ratios.min(axis=0)
    return np.maximum(nearest, NEVER)
