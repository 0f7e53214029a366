"""The heatmap as rows: one a time step, each with its price levels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter

from heatmap.answers.grids import MOST_CELLS, check_steps, checked_price_step
from heatmap.answers.parts import head, meta, side_pairs, totals, unknown_of, weigh
from heatmap.bins import INTERVALS, bin_indexes, bin_start, edge, interval, price_step
from heatmap.parameters import Selection
from heatmap.queries import cells, extent
from heatmap.rows import Cell
from heatmap.shapes.heatmap import Level, PriceRange, SeriesMeta, Step, TimeSeries

MOST_LEVELS_UNASKED = 100
STEPS_UNASKED = 100


def time_series(
    selection: Selection,
    weighting: str = "none",
    interval_asked: str | None = None,
    price_bin_size: float | None = None,
    leverage_weights: dict[int, float] | None = None,
    has_breakdown: bool = False,
) -> TimeSeries:
    """Return a row for every time step of the range, with the levels that hold value.

    Raises BadParameters for steps of which there would be too many.
    """
    chosen = interval_asked or interval(selection.end - selection.start, STEPS_UNASKED)
    check_steps(selection, chosen)
    step = _price_step(selection, chosen, price_bin_size)
    found, weights = weigh(cells(selection, INTERVALS[chosen], step or 1.0), weighting)
    rows = _rows(selection, found, INTERVALS[chosen], step or 1.0, has_breakdown)
    both = totals(found, selection.exchanges)
    told: SeriesMeta = {
        **meta(selection, weights),
        "symbol": str(selection.symbol),
        "start_time": selection.start,
        "end_time": selection.end,
        "interval": chosen,
        "price_bin_size": step,
        "total_snapshots": len(rows),
        "price_range": _price_range(found, step),
        "total_long_volume": both["long"],
        "total_short_volume": both["short"],
        "total_consumed": both["count"],
        "unplaced": totals(
            (cell for cell in found if cell.price_index is None), selection.exchanges
        ),
        "leverage_weights": (
            {str(leverage): weight for leverage, weight in leverage_weights.items()}
            if leverage_weights
            else None
        ),
        "leverage_weights_applied": False,
    }
    return {**head(selection, unknown_of(found)), "data": rows, "meta": told}


def _price_step(selection: Selection, chosen: str, wanted: float | None) -> float | None:
    low, high, _ = extent(selection)
    if low is None or high is None:
        return wanted
    steps = len(bin_indexes(selection.start, selection.end, INTERVALS[chosen]))
    most = max(1, min(MOST_LEVELS_UNASKED, MOST_CELLS // steps))
    return checked_price_step(low, high, wanted, steps) or price_step(low, high, most)


def _rows(
    selection: Selection, found: list[Cell], step: int, price: float, has_breakdown: bool
) -> list[Step]:
    by_time: dict[int, list[Cell]] = defaultdict(list)
    for cell in found:
        by_time[cell.time_index].append(cell)
    return [
        {
            "timestamp": bin_start(index, step),
            "levels": _levels(by_time[index], price, has_breakdown),
            "positions_created": None,
            "positions_consumed": sum(cell.events for cell in by_time[index]),
        }
        for index in bin_indexes(selection.start, selection.end, step)
    ]


def _levels(found: Iterable[Cell], price: float, has_breakdown: bool) -> list[Level]:
    placed = sorted(
        (cell for cell in found if cell.price_index is not None), key=attrgetter("price_index")
    )
    by_price = groupby(placed, key=attrgetter("price_index"))
    return [_level(edge(index, price), list(group), has_breakdown) for index, group in by_price]


def _level(price: float, group: list[Cell], has_breakdown: bool) -> Level:
    pairs = side_pairs(group)
    level: Level = {
        "price": price,
        "long_density": sum(pair["long"] for pair in pairs.values()),
        "short_density": sum(pair["short"] for pair in pairs.values()),
    }
    if has_breakdown:
        level["exchange_breakdown"] = pairs
    return level


def _price_range(found: Iterable[Cell], step: float | None) -> PriceRange:
    placed = [cell.price_index for cell in found if cell.price_index is not None]
    if not placed or step is None:
        return {"min": None, "max": None}
    return {"min": edge(min(placed), step), "max": edge(max(placed) + 1, step)}
