"""Each day with what was known before it: the trailing windows that ended before it began."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heatmap.scoring.swept import Cells, Windows
from heatmap.scoring.terms import DAY, Terms


@dataclass(frozen=True)
class Day:
    """A UTC day: its windows and cells, and those of the days before it to learn from."""

    number: int
    windows: slice
    cells: slice
    trailing_windows: slice
    trailing_cells: slice


def days_of(windows: Windows, cells: Cells, terms: Terms) -> list[Day]:
    """Return the days that have windows, in the order of time."""
    return [_day(int(n), windows, cells, terms) for n in np.unique(windows.day)]


def _day(number: int, windows: Windows, cells: Cells, terms: Terms) -> Day:
    start = np.datetime64(number * DAY, "s")
    trailing = slice(
        int(np.searchsorted(windows.at, start - np.timedelta64(terms.trailing_days, "D"))),
        int(np.searchsorted(windows.at, start - terms.horizon, side="right")),
    )
    own = slice(
        int(np.searchsorted(windows.day, number)),
        int(np.searchsorted(windows.day, number, side="right")),
    )
    return Day(number, own, _cells(own, cells), trailing, _cells(trailing, cells))


def _cells(windows: slice, cells: Cells) -> slice:
    first, last = np.searchsorted(cells.window, [windows.start, windows.stop])
    return slice(int(first), int(last))
