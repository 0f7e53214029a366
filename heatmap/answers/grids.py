"""Even bins of price and time over what is stored, never more of them than can be shown."""

from __future__ import annotations

import math
from datetime import datetime
from typing import NamedTuple

from heatmap.bins import INTERVALS, bin_indexes, edge, price_step, time_step
from heatmap.parameters import Selection, misfit
from heatmap.queries import cells, extent
from heatmap.rows import Cell

MOST_TIME_BINS = 240
MOST_PRICE_BINS = 150
MOST_STEPS = 1000
MOST_LEVELS = 1000
MOST_CELLS = 60_000


class Steps(NamedTuple):
    """How long a time bin is, how high a price bin, and when the first stored row happened."""

    time: int
    price: float
    stored_since: datetime


class Grid(NamedTuple):
    """Price bins counted from the lowest that holds something, and the cells with value."""

    first_price: float
    price_step: float
    price_count: int
    cells: list[Cell]


def grid(selection: Selection, most_prices: int, price_bin_size: float | None = None) -> Grid:
    """Return the cells of a selection, in price steps as given or as few as allowed.

    Raises BadParameters for steps of which there would be too many.
    """
    even = steps(selection, 1, most_prices, None, price_bin_size)
    if even is None:
        return Grid(0.0, 1.0, 0, [])
    found = cells(selection, even.time, even.price)
    placed = [cell.price_index for cell in found if cell.price_index is not None] or [0]
    first = min(placed)
    counted = [_counted_from(first, cell) for cell in found]
    return Grid(edge(first, even.price), even.price, max(placed) - first + 1, counted)


def steps(
    selection: Selection,
    most_times: int,
    most_prices: int,
    interval: str | None,
    price_bin_size: float | None,
) -> Steps | None:
    """Return steps as given, or such that there are as few as allowed; None for nothing stored.

    Raises BadParameters for steps of which there would be too many.
    """
    low, high, since = extent(selection)
    if since is None:
        return None
    times = INTERVALS[interval] if interval else time_step(selection.end - since, most_times)
    count = len(bin_indexes(since, selection.end, times))
    prices = checked_price_step(low, high, price_bin_size, count)
    return Steps(times, prices or price_step(low or 1.0, high or 1.0, most_prices), since)


def checked_price_step(
    low: float | None, high: float | None, wanted: float | None, steps: int
) -> float | None:
    """Return the wanted price step. Raises BadParameters when it makes too many cells."""
    if wanted is None or low is None or high is None:
        return wanted
    most = max(1, min(MOST_LEVELS, MOST_CELLS // max(1, steps)))
    check_price_step(low, high, wanted, most)
    return wanted


def check_price_step(low: float, high: float, wanted: float, most: int) -> None:
    """Raise BadParameters when a price step makes more than `most` levels of a range."""
    levels = math.floor(high / wanted) - math.floor(low / wanted) + 1
    if levels <= most:
        return
    fits = price_step(low, high, max(1, most - 1))
    reason = f"{levels:,} price steps, at most {most:,} are given here: {fits:.12g} would fit."
    raise misfit("price_bin_size", reason)


def check_steps(selection: Selection, interval: str, most: int = MOST_STEPS) -> None:
    """Raise BadParameters when a range has too many steps of an interval."""
    steps = len(bin_indexes(selection.start, selection.end, INTERVALS[interval]))
    if steps <= most:
        return
    span = selection.end - selection.start
    fits = next(name for name, s in INTERVALS.items() if span.total_seconds() / s <= most - 1)
    reason = f"{steps:,} steps of {interval}, at most {most:,} are given: {fits} would fit."
    raise misfit("interval", reason)


def _counted_from(first: int, cell: Cell) -> Cell:
    return cell._replace(price_index=None if cell.price_index is None else cell.price_index - first)
