"""Courses so small that their numbers can be worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from heatmap.scoring.course import Counted, Course, counted, course_of
from heatmap.scoring.field import Forecast
from heatmap.scoring.flags import Zones, closed
from heatmap.scoring.market import Market
from heatmap.scoring.swept import NO_GAPS
from heatmap.scoring.terms import Terms
from heatmap.zones.grid import LONG, bins_of, prices_of
from tests.heatmap.scoring.worlds import a_series, day, some_events

BEFORE = 288 + 12
"""Candles of a day and an hour that nothing is asked of; three hours follow."""
CANDLES = BEFORE + 36
SINCE = day(BEFORE / 288)
ZERO = int(bins_of(100.0))
"""The bin in which all these prices begin; others are told by their distance to it."""


def price(offset: float) -> float:
    """A price in the middle of the bin so far from the first one."""
    return float(prices_of(ZERO + offset + 0.5))


def at(minutes: float) -> np.datetime64:
    """A time so many minutes after the first snapshot."""
    return SINCE + np.timedelta64(int(minutes * 60_000), "ms")


def a_market(
    lows: dict[int, int], highs: dict[int, int], *events: tuple[float, int, int, float]
) -> Market:
    """A still price, but for candles from the first snapshot on that reach bins so far away.

    Events are (minutes after the first snapshot, side, bin, quantity).
    """
    low, high = np.full((2, CANDLES), price(0))
    for candle, offset in lows.items():
        low[BEFORE + candle] = price(offset)
    for candle, offset in highs.items():
        high[BEFORE + candle] = price(offset)
    series = a_series(np.full(CANDLES, price(0)), low, high)
    rows = [(at(m), side, price(offset), quantity) for m, side, offset, quantity in events]
    return Market(series, some_events(*rows))


def a_course(market: Market, gaps: Any = NO_GAPS, **terms: Any) -> Course:
    return course_of(market, SINCE, gaps, Terms(**terms))


def all_counted(course: Course) -> Counted:
    return counted(course, np.ones(len(course.windows.at), dtype=np.bool_))


def zones_at(course: Course, *offsets: int, side: int = LONG, windows: Any = slice(None)) -> Zones:
    """Zones of density 1 in these bins, in all windows or some."""
    density = np.zeros((len(course.windows.at), 2, course.prices.count), dtype=np.float32)
    for offset in offsets:
        density[windows, side, ZERO + offset - course.prices.first_bin] = 1.0
    return zones_of_density(course, density)


def zones_of_density(course: Course, density: np.ndarray) -> Zones:
    """Zones wherever a density is above zero."""
    forecast = Forecast("ours", True, course.windows.at, density)
    known = np.ones(len(density), dtype=np.bool_)
    return Zones(forecast, density, course.at_cells(closed(density)), density > 0, known)
