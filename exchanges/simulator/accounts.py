"""How one agent's liquidation is printed: as those of the people it stands for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from random import Random

PRIOR_SECONDS = 300.0
"""For so long a guess at how often agents are liquidated counts as much as what was seen."""
UNEVEN = 1.0
"""Standard deviation of the logarithm of people's sizes."""


class Accounts:
    """Keeps the mean rate of what is printed of one asset."""

    def __init__(self, rate: float, usual: float) -> None:
        """`rate` a second is wanted; about `usual` agents a second are liquidated."""
        self._rate = rate
        self._seconds = PRIOR_SECONDS
        self._agents = PRIOR_SECONDS * usual

    def wait(self, seconds: float) -> None:
        """Let time go on."""
        self._seconds += seconds

    def split(self, quantity: float, rng: Random) -> Iterator[float]:
        """Yield the quantities of the people behind one agent, which make up its own.

        Where fewer are wanted than there are agents, some agents are not printed at all.
        """
        self._agents += 1
        many = math.floor(self._rate * self._seconds / self._agents + rng.random())
        parts = [rng.lognormvariate(0.0, UNEVEN) for _ in range(many)]
        whole = sum(parts)
        for part in parts:
            yield quantity * part / whole
