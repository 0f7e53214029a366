"""Liquidated value over time, and in the hours up to now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from exchanges.events import LiquidationType, Side
from heatmap.answers.grids import check_steps
from heatmap.answers.parts import (
    completeness,
    head,
    is_lower_bound,
    meta,
    received_until,
    totals,
    totals_by_exchange,
    unknown_of,
    weigh,
)
from heatmap.bins import INTERVALS, bin_indexes, bin_start, interval
from heatmap.coverage import Interval, coverage, uncovered
from heatmap.parameters import Selection
from heatmap.queries import buckets, windows
from heatmap.rows import Cell, WindowPart
from heatmap.shapes.totals import Bucket, History, Largest, Summary, Window

SUMMARY_HOURS = [1, 4, 12, 24]
STEPS_UNASKED = 100


def history(selection: Selection, weighting: str, interval_asked: str | None) -> History:
    """Return a bucket for every step of the range. Raises BadParameters for too many steps."""
    chosen = interval_asked or interval(selection.end - selection.start, STEPS_UNASKED)
    check_steps(selection, chosen)
    cells, weights = weigh(buckets(selection, INTERVALS[chosen]), weighting)
    return {
        **head(selection, unknown_of(cells)),
        "interval": chosen,
        "data": _buckets(selection, cells, INTERVALS[chosen]),
        "totals": totals(cells, selection.exchanges),
        "per_exchange": totals_by_exchange(cells, selection.exchanges),
        "meta": meta(selection, weights),
    }


def summary(selection: Selection, weighting: str) -> Summary:
    """Return the totals of the windows that end with the selection."""
    names = selection.exchanges
    longest = replace(selection, start=selection.end - timedelta(hours=SUMMARY_HOURS[-1]))
    parts = windows(longest, SUMMARY_HOURS)
    gaps = uncovered(names, longest.start, longest.end, longest.asked_at)
    return {
        "symbol": selection.symbol,
        "end": selection.end,
        "exchanges": list(names),
        "types": list(cast(tuple[LiquidationType, ...], selection.types)),
        "completeness": completeness(names),
        "is_lower_bound": is_lower_bound(names),
        "weighting": "volume" if weighting == "volume" else "none",
        "received_until": received_until(parts),
        "windows": {
            f"{hours}h": _window(
                replace(longest, start=selection.end - timedelta(hours=hours)),
                [part for part in parts if part.window_index <= index],
                weighting,
                gaps,
            )
            for index, hours in enumerate(SUMMARY_HOURS)
        },
    }


def _buckets(selection: Selection, cells: Iterable[Cell], step: int) -> list[Bucket]:
    by_time: dict[int, list[Cell]] = defaultdict(list)
    for cell in cells:
        by_time[cell.time_index].append(cell)
    indexes = bin_indexes(selection.start, selection.end, step)
    return [_bucket(by_time[index], index, step) for index in indexes]


def _bucket(cells: list[Cell], index: int, step: int) -> Bucket:
    names = sorted({cell.exchange for cell in cells})
    both = totals(cells, names)
    return {
        "timestamp": bin_start(index, step),
        "long": both["long"],
        "short": both["short"],
        "count": both["count"],
        "exchanges": totals_by_exchange(cells, names),
    }


def _window(
    selection: Selection,
    parts: list[WindowPart],
    weighting: str,
    gaps: Mapping[str, list[Interval]],
) -> Window:
    raw = [
        Cell(p.exchange, p.side, p.window_index, None, p.value_usd, p.events, p.unknown_values)
        for p in parts
    ]
    cells, weights = weigh(raw, weighting)
    names = selection.exchanges
    return {
        "start": selection.start,
        "totals": totals(cells, names),
        "per_exchange": totals_by_exchange(cells, names),
        "largest": _largest(parts),
        "largest_per_exchange": {
            name: _largest(part for part in parts if part.exchange == name) for name in names
        },
        "weights": weights,
        "coverage": coverage(
            names, selection.start, selection.end, selection.asked_at, unknown_of(cells), gaps
        ),
    }


def _largest(parts: Iterable[WindowPart]) -> Largest | None:
    known = [part for part in parts if part.largest is not None]
    if not known:
        return None
    part = max(known, key=lambda part: (part.largest or 0.0, part.largest_id or ""))
    return {
        "event_id": str(part.largest_id),
        "exchange": part.exchange,
        "side": cast(Side, part.side),
        "value_usd": part.largest or 0.0,
        "price": part.largest_price or 0.0,
        "exchange_time": cast(datetime, part.largest_time),
    }
