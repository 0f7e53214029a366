"""Which closed candles may be used now: those that are whole, and late ones not for ever."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from heatmap.forecast.contracts import Contract
from heatmap.forecast.rows import Rows
from heatmap.forecast.times import STEP64, floor, stamp
from heatmap.zones.series import Times

PATIENCE = timedelta(minutes=3)
"""So long after its close a candle waits for its mark prices and open interest."""


def usable_until(
    rows: Rows, contract: Contract, closed_at: np.datetime64, now: datetime, *, is_complete: bool
) -> np.datetime64:
    """Return the close up to which the candles after `closed_at` may be used.

    That is as far as nothing is missing, or when the exchange has told all that it tells
    (`is_complete`), as far as nothing is worth waiting for.
    """
    whole = _whole_until(rows, contract, closed_at)
    if is_complete:
        return max(whole, stamp(floor(now - PATIENCE)))
    return whole


def _whole_until(rows: Rows, contract: Contract, closed_at: np.datetime64) -> np.datetime64:
    count = len(rows.candles.at)
    told = _told(rows.candles.at, closed_at, count)
    told &= _told(rows.interest.at - STEP64, closed_at, count)
    if contract.has_marks:
        told &= _told(rows.marks.at, closed_at, count)
    unbroken = count if told.all() else int(np.argmin(told))
    end: np.datetime64 = closed_at + unbroken * STEP64
    return end


def _told(opened_at: Times, first: np.datetime64, count: int) -> np.ndarray:
    """Return which of the candles from the first one on have such a row; (count,)."""
    return np.isin(first + np.arange(count) * STEP64, opened_at)
