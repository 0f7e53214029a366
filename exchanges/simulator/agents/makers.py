"""Market makers: they take the other side of all that agents do, and trade among themselves.

So longs, shorts and open interest are one number, which moves a little all the time.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Floats = NDArray[np.float64]

COUNT = 16
CHURN_A_DAY, CHURN_SPREAD = 1.4, 0.6
"""Traded among makers a day, in open interests, and how uneven that is (log)."""
SHIFT = 0.00005
"""What one maker's position changes in a minute by that, in open interests."""
HOME = 0.01
"""Part of its distance from the others that a maker gives up in a minute."""


class Makers:
    """Their positions in lots, which are whole numbers; together what agents are short of."""

    def __init__(self, rng: Generator) -> None:
        self._rng = rng
        self._held = np.zeros(COUNT)

    @property
    def lots(self) -> float:
        """Held by makers together, negative when short."""
        return float(self._held.sum())

    @property
    def longs(self) -> float:
        """Held by the makers who are long."""
        return float(np.maximum(self._held, 0.0).sum())

    def draws(self, steps: int) -> tuple[Floats, Floats]:
        """Return what the next steps' trading will be like: (steps, COUNT), (steps,)."""
        shifts = self._rng.standard_normal((steps, COUNT))
        churn = np.exp(CHURN_SPREAD * self._rng.standard_normal(steps) - CHURN_SPREAD**2 / 2)
        return shifts, churn

    def trade(self, net_bought: float, shifts: Floats, size: float, minutes: float) -> None:
        """Sell agents what they bought (negative: buy), then trade among each other.

        `size` is the usual change of a maker's position by the latter, in lots.
        """
        goal = self.lots - net_bought
        held = self._held - (self._held - goal / COUNT) * min(0.5, HOME * minutes)
        self._held = np.rint(held + size * shifts)
        self._held[0] += goal - self._held.sum()
