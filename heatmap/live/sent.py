"""How much was sent lately."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from time import monotonic

_SECONDS = 60


class SentLastMinute:
    """Counts messages by the second, for a minute."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._by_second: Counter[int] = Counter()

    def count(self) -> None:
        """Count one message."""
        second = int(self._clock())
        if second not in self._by_second:
            self._forget(second)
        self._by_second[second] += 1

    @property
    def total(self) -> int:
        """The messages of the last minute; may be asked from any thread."""
        since = int(self._clock()) - _SECONDS
        return sum(count for second, count in self._by_second.copy().items() if second > since)

    def _forget(self, second: int) -> None:
        for old in [old for old in self._by_second if old <= second - _SECONDS]:
            del self._by_second[old]
