"""Round steps for prices and times, so that equal questions give equal bins."""

from __future__ import annotations

import math
from datetime import timedelta

# Seconds of one time bin, from a second to a week.
_TIME_STEPS = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400, 604_800,
)  # fmt: skip


def time_step(span: timedelta, most: int) -> int:
    """Return the smallest round step in seconds that needs at most `most` bins for the span."""
    needed = span.total_seconds() / most
    return next((step for step in _TIME_STEPS if step >= needed), _TIME_STEPS[-1])


def price_step(low: float, high: float, most: int) -> float:
    """Return the smallest 1, 2 or 5 times a power of ten with at most `most` bins in low..high.

    A span of nothing gets a step of about a thousandth of the price.
    """
    needed = (high - low) / most if high > low else high / 1000
    power = 10.0 ** math.floor(math.log10(needed))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= needed)
