"""The course that all forecasts run over: windows, swept bins, and what happened in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heatmap.scoring.arrays import Flags, Ints, summed
from heatmap.scoring.market import Market, PriceRange
from heatmap.scoring.realised import Realised, realised
from heatmap.scoring.swept import Cells, Windows, swept, windows_of
from heatmap.scoring.terms import Terms
from heatmap.scoring.trailing import Day, days_of
from heatmap.zones.series import Floats, Times


@dataclass(frozen=True)
class Course:
    """N windows with C swept bins, the trailing days before `since` among them."""

    market: Market
    terms: Terms
    since: np.datetime64
    prices: PriceRange
    windows: Windows
    cells: Cells
    days: list[Day]
    realised: Realised

    @property
    def spots(self) -> Ints:
        """Return the place of each cell's bin in the range of prices, (C,)."""
        return self.cells.bin - self.prices.first_bin

    @property
    def usd_per_unit(self) -> Floats:
        """Return the value of one unit of quantity in each bin, (prices.count,)."""
        return np.ones(self.prices.count) if self.terms.is_inverse else self.prices.middles

    def candles(self, windows: Ints) -> Ints:
        """Return the candles of these windows, (len(windows), terms.candles)."""
        first = self.windows.first_candle[windows]
        return np.asarray(first[:, None] + np.arange(self.terms.candles))

    def at_cells(self, grid: np.ndarray) -> np.ndarray:
        """Return what a grid (N, 2, prices.count) holds at each cell, (C,)."""
        return np.asarray(grid[self.cells.window, self.cells.side, self.spots])


@dataclass(frozen=True)
class Counted:
    """What is added up, day by day: the recorded cells and events of the scored windows."""

    days: Ints
    """The D days that have a scored window."""
    cells: Ints
    """Which of the C cells count; (K,)."""
    cell_day: Ints
    """The place of each one's day in `days`; (K,)."""
    windows: Ints
    """Which windows are scored; (S,)."""
    window_day: Ints
    """The place of every window's day, meaningless for windows that are not scored; (N,)."""
    events: Ints
    """Which of the M realised events count."""

    def per_day(self, values: np.ndarray) -> Floats:
        """Return the daily sums of one value for each counted cell, (D,)."""
        return summed(self.cell_day, values, len(self.days))


def course_of(market: Market, since: np.datetime64, gaps: Times, terms: Terms) -> Course:
    """Return the course of a market; raises `NotScorable` when it holds no whole window."""
    windows = windows_of(market, since, terms)
    prices = market.price_range()
    cells = swept(market, windows, gaps, terms)
    happened = realised(market, windows, cells, prices, gaps, terms)
    days = days_of(windows, cells, terms)
    return Course(market, terms, since, prices, windows, cells, days, happened)


def counted(course: Course, is_scored: Flags) -> Counted:
    """Return what counts when these windows are scored, (N,)."""
    cells = np.flatnonzero(course.cells.is_recorded & is_scored[course.cells.window])
    days = np.unique(course.windows.day[is_scored])
    window_day = np.searchsorted(days, course.windows.day)
    events = np.flatnonzero(is_scored[course.realised.window])
    cell_day = window_day[course.cells.window[cells]]
    return Counted(days, cells, cell_day, np.flatnonzero(is_scored), window_day, events)
