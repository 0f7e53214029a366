"""How long to wait before the next try."""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST_WAITS = (1.0, 2.0, 4.0)
LONGEST_WAIT = 60.0


class Backoff:
    """1 s, 2 s, 4 s, then doubling with jitter up to a minute, for ever."""

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        self.tries = 0
        self._chance = chance

    @property
    def has_failed(self) -> bool:
        """Return whether the first waits are used up."""
        return self.tries > len(FIRST_WAITS)

    def reset(self) -> None:
        """Start over: the connection has proven itself."""
        self.tries = 0

    def next_wait(self, at_least: float = 0.0) -> float:
        """Count a try and return the seconds to wait before it."""
        self.tries += 1
        if self.tries <= len(FIRST_WAITS):
            wait = FIRST_WAITS[self.tries - 1]
        else:
            longest = min(LONGEST_WAIT, 2.0 ** min(self.tries, 10))
            wait = longest * (0.5 + self._chance() / 2)
        return max(wait, at_least)
