"""How far a number could be off: days drawn anew, the same draws for all that is compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
import numpy as np

from heatmap.zones.series import Floats

Ratio = Callable[[Mapping[str, Floats]], Floats]
LOW, HIGH = 2.5, 97.5
FEWEST_DAYS = 5
SHARE_DEFINED = 0.95
DIGITS = 6


class Number(msgspec.Struct, frozen=True):
    """A value with its 95 % interval; null where it is not defined."""

    value: float | None
    low: float | None
    high: float | None


def draws(days: int, resamples: int, seed: int) -> Floats:
    """Return how often each day is drawn in each resample, (resamples, days)."""
    generator = np.random.default_rng(seed)
    even = np.full(days, 1 / days)
    return generator.multinomial(days, even, size=resamples).astype(np.float64)


def interval(ratio: Ratio, sums: Mapping[str, Floats], drawn: Floats) -> Number:
    """Return a ratio of daily sums (D,) with the percentile interval over the drawn days.

    No interval from fewer than FEWEST_DAYS days, nor where one draw of twenty leaves the ratio
    undefined.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        value = float(ratio({name: np.asarray(daily.sum()) for name, daily in sums.items()}))
        samples = ratio({name: drawn @ daily for name, daily in sums.items()})
    defined = samples[np.isfinite(samples)]
    is_sure = drawn.shape[1] >= FEWEST_DAYS and len(defined) >= SHARE_DEFINED * len(drawn)
    if not np.isfinite(value) or not is_sure:
        return Number(told(value), None, None)
    low, high = np.percentile(defined, [LOW, HIGH])
    return Number(told(value), told(low), told(high))


def told(value: float) -> float | None:
    """Return a value as it is printed: six digits, null where it is not a finite number."""
    return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None
