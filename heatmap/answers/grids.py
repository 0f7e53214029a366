"""Even bins of price and time over what is stored, never more of them than can be shown."""

from __future__ import annotations

import math
from datetime import datetime
from typing import NamedTuple

from heatmap.bins import INTERVALS, bin_indexes, bin_start, edge, price_step, time_step
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
    """Bins counted from the first that holds something, and the cells with value."""

    start: datetime
    time_step: int
    time_count: int
    first_price: float
    price_step: float
    price_count: int
    stored_since: datetime | None
    cells: list[Cell]


def grid(
    selection: Selection,
    most_times: int = MOST_TIME_BINS,
    most_prices: int = MOST_PRICE_BINS,
    price_bin_size: float | None = None,
) -> Grid:
    """Return the cells of a selection, in price steps as given or as few as allowed.

    Raises BadParameters for steps of which there would be too many.
    """
    even = steps(selection, most_times, most_prices, None, price_bin_size)
    if even is None:
        return Grid(selection.start, 1, 0, 0.0, 1.0, 0, None, [])
    return _counted(selection, even, cells(selection, even.time, even.price))


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


def time_count(start: datetime, end: datetime, step: int) -> int:
    """Return how many time bins there are from a start to the bin of the end."""
    return int((end - start).total_seconds() // step) + 1


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


def _counted(selection: Selection, even: Steps, found: list[Cell]) -> Grid:
    """Count the bins from the first that holds a cell: rows may have come since the extent."""
    first_time = min((cell.time_index for cell in found), default=0)
    placed = [cell.price_index for cell in found if cell.price_index is not None] or [0]
    first_price = min(placed)
    start = bin_start(first_time, even.time)
    return Grid(
        start=start,
        time_step=even.time,
        time_count=time_count(start, selection.end, even.time),
        first_price=edge(first_price, even.price),
        price_step=even.price,
        price_count=max(placed) - first_price + 1,
        stored_since=even.stored_since,
        cells=[_from(cell, first_time, first_price) for cell in found],
    )


def _from(cell: Cell, first_time: int, first_price: int) -> Cell:
    price = None if cell.price_index is None else cell.price_index - first_price
    return cell._replace(time_index=cell.time_index - first_time, price_index=price)
