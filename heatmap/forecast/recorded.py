"""When the feeds of liquidations were recorded, by the ledger of gaps."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from heatmap.coverage import Interval, uncovered
from heatmap.forecast.times import stamp
from heatmap.zones.series import Times

Holes = dict[str, list[tuple[np.datetime64, np.datetime64]]]
"""By exchange: when its feed was not proven to deliver and nothing filled that later."""


def holes_of(exchanges: Iterable[str], since: datetime, until: datetime, now: datetime) -> Holes:
    """Return the holes in [since, until). Raises DatabaseError."""
    return {
        exchange: [_whole_seconds(one) for one in found if not one.repaired_by]
        for exchange, found in uncovered(exchanges, since, until, now).items()
    }


def recorded(
    holes: Iterable[tuple[np.datetime64, np.datetime64]], begins: Times, seconds: int
) -> NDArray[np.bool_]:
    """Return which of the intervals of so many seconds no hole touches; (N,)."""
    ends = begins + np.timedelta64(seconds, "s")
    whole = np.ones(len(begins), dtype=bool)
    for start, end in holes:
        whole &= (ends <= start) | (begins >= end)
    return whole


def _whole_seconds(one: Interval) -> tuple[np.datetime64, np.datetime64]:
    return stamp(one.start), stamp(one.end) + np.timedelta64(1, "s")
