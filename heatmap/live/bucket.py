"""A token bucket: so much a second, and a second's worth at once."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic


class Bucket:
    """Fills at `rate` a second up to `burst`; may be overdrawn by what does not wait."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._level = burst
        self._filled_at = clock()

    @property
    def level(self) -> float:
        """What is in it; below zero when it is overdrawn."""
        now = self._clock()
        self._level = min(self._burst, self._level + (now - self._filled_at) * self._rate)
        self._filled_at = now
        return self._level

    def wait(self, amount: float) -> float:
        """Return the seconds until `amount` can be taken, at most until the bucket is full."""
        return max(0.0, (min(amount, self._burst) - self.level) / self._rate)

    def take(self, amount: float) -> None:
        """Take out, whether it is there or not."""
        self._level = self.level - amount
