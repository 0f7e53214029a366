"""Figures from lists of times."""

from __future__ import annotations

import os
from collections.abc import Sequence
from statistics import quantiles

IS_QUICK = bool(os.environ.get("QUICK"))
"""Whether to measure little: figures are rough, but everything runs."""


def milliseconds(seconds: Sequence[float], *percents: int) -> str:
    """Return the named percentiles, e.g. `p50 1.2 ms, p99 8.0 ms (n 100)`."""
    cuts = quantiles(seconds, n=100, method="inclusive")
    told = ", ".join(f"p{percent} {cuts[percent - 1] * 1000:.1f} ms" for percent in percents)
    return f"{told} (n {len(seconds)})"
