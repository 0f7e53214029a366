"""Round steps for prices and times, so that equal questions give equal bins."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

INTERVALS = {
    "5m": 300,
    "15m": 900,
    "30m": 1800,
    "1h": 3600,
    "2h": 7200,
    "4h": 14_400,
    "8h": 28_800,
    "12h": 43_200,
    "1d": 86_400,
}

# Seconds of one time bin, from a second to a week.
_TIME_STEPS = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400, 604_800,
)  # fmt: skip


def time_step(span: timedelta, most: int) -> int:
    """Return the smallest round step in seconds that needs at most `most` bins for the span."""
    needed = span.total_seconds() / most
    return next((step for step in _TIME_STEPS if step >= needed), _TIME_STEPS[-1])


def interval(span: timedelta, most: int) -> str:
    """Return the shortest interval of the API that needs at most `most` bins for the span."""
    needed = span.total_seconds() / most
    return next((name for name, step in INTERVALS.items() if step >= needed), "1d")


def price_step(low: float, high: float, most: int) -> float:
    """Return the smallest 1, 2 or 5 times a power of ten with at most `most` bins in low..high.

    A span of nothing gets a step of about a thousandth of the price.
    """
    needed = (high - low) / most if high > low else high / 1000
    power = 10.0 ** math.floor(math.log10(needed))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= needed)


def edge(index: int, step: float) -> float:
    """Return the lower edge of a price bin, without the dust of binary fractions."""
    return float(f"{index * step:.12g}")


def bin_start(index: int, step: int) -> datetime:
    """Return when a time bin begins."""
    return datetime.fromtimestamp(index * step, UTC)


def bin_indexes(start: datetime, end: datetime, step: int) -> range:
    """Return the time bins that [start, end) touches."""
    return range(math.floor(start.timestamp() / step), math.ceil(end.timestamp() / step))
