"""How alike venues' liquidations move, minute by minute, and who comes first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from heatmap.answers.parts import head
from heatmap.bins import bin_indexes
from heatmap.coverage import Interval, uncovered
from heatmap.parameters import Selection
from heatmap.queries import minutes
from heatmap.rows import Minutes
from heatmap.shapes.comparisons import Correlations, Lag, Pair

BUCKET_SECONDS = 60
MOST_LAG = 10
LEAST_MINUTES = 4
CONFIDENCE = 0.95
_DEVIATIONS = 1.959963984540054

NOTE = (
    "Pearson correlation of liquidated value a minute, over minutes in which both feeds were "
    "covered. The interval is Fisher's and takes minutes as independent, which in a cascade they "
    "are not: it is narrower than the truth."
)

Series = NDArray[np.float64]
"""Value a minute; NaN where the feed was not covered."""


def correlations(selection: Selection) -> Correlations:
    """Return every pair of the selection's venues."""
    found = minutes(selection)
    series = _series(selection, found)
    pairs = [_pair(*names, series) for names in combinations(selection.exchanges, 2)]
    return {
        **head(selection, {part.exchange: part.unknown_values for part in found}),
        "pairs": pairs,
        "bucket_seconds": BUCKET_SECONDS,
        "most_lag_minutes": MOST_LAG,
        "confidence": CONFIDENCE,
        "note": NOTE,
    }


def pearson(first: Series, second: Series) -> tuple[float | None, int]:
    """Return the correlation where both are known, and of how many values.

    None when there are too few of them, or one does not vary.
    """
    both = ~(np.isnan(first) | np.isnan(second))
    n = int(both.sum())
    if n < LEAST_MINUTES:
        return None, n
    a, b = first[both], second[both]
    a, b = a - a.mean(), b - b.mean()
    scale = math.sqrt(float(a @ a)) * math.sqrt(float(b @ b))
    if not scale or not math.isfinite(scale):
        return None, n
    return max(-1.0, min(1.0, float(a @ b) / scale)), n


def fisher(correlation: float, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a correlation of n values (n above 3)."""
    if abs(correlation) == 1.0:
        return correlation, correlation
    middle, width = math.atanh(correlation), _DEVIATIONS / math.sqrt(n - 3)
    return math.tanh(middle - width), math.tanh(middle + width)


def best_lag(first: Series, second: Series, most: int = MOST_LAG) -> Lag | None:
    """Return the shift of at most so many minutes with the highest correlation.

    Above zero the second follows the first. Of equal ones the smallest shift counts.
    """
    best: Lag | None = None
    if np.isnan(first).all() or np.isnan(second).all():
        return None
    for shift in sorted(range(-most, most + 1), key=abs):
        correlation, n = pearson(*_shifted(first, second, shift))
        if correlation is not None and (best is None or correlation > best["correlation"]):
            best = {"minutes": shift, "correlation": correlation, "n": n}
    return best


def _shifted(first: Series, second: Series, minutes: int) -> tuple[Series, Series]:
    if minutes >= 0:
        return first[: max(0, len(first) - minutes)], second[minutes:]
    return first[-minutes:], second[: max(0, len(second) + minutes)]


def _pair(first: str, second: str, series: Mapping[str, Series]) -> Pair:
    correlation, n = pearson(series[first], series[second])
    low, high = (None, None) if correlation is None else fisher(correlation, n)
    return {
        "first": first,
        "second": second,
        "n": n,
        "correlation": correlation,
        "interval_low": low,
        "interval_high": high,
        "best_lag": best_lag(series[first], series[second]),
    }


def _series(selection: Selection, found: list[Minutes]) -> dict[str, Series]:
    span = bin_indexes(selection.start, selection.end, BUCKET_SECONDS)
    series = {name: np.zeros(len(span)) for name in selection.exchanges}
    for part in found:
        series[part.exchange][np.array(part.minutes) - span.start] = part.value_usd
    gaps = uncovered(selection.exchanges, selection.start, selection.end, selection.asked_at)
    for name in selection.exchanges:
        for gap in gaps[name]:
            _blank(series[name], gap, span.start)
    return series


def _blank(values: Series, gap: Interval, first: int) -> None:
    """Make the minutes that a gap touches unknown, unless it was repaired."""
    if not gap.repaired_by:
        touched = bin_indexes(gap.start, gap.end, BUCKET_SECONDS)
        values[max(0, touched.start - first) : max(0, touched.stop - first)] = np.nan
