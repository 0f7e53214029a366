"""What several answers are made of: heads, totals, market weights."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias, cast

from exchanges.adapters import adapters
from exchanges.events import Completeness, LiquidationType
from heatmap.coverage import coverage
from heatmap.parameters import Selection
from heatmap.rows import Cell, Column, WindowPart
from heatmap.shapes.common import Head, Meta, SidePair, Totals

Weights = dict[str, float]
Summed: TypeAlias = Cell | Column
_EPOCH = datetime.fromtimestamp(0, UTC)


def head(selection: Selection, unknown_values: Mapping[str, int]) -> Head:
    """Return what an answer says about its range; the unknown values are counted by venue."""
    names = selection.exchanges
    return {
        "symbol": selection.symbol,
        "timeframe": selection.timeframe,
        "start": selection.start,
        "end": selection.end,
        "exchanges": list(names),
        "types": list(cast(tuple[LiquidationType, ...], selection.types)),
        "completeness": completeness(names),
        "is_lower_bound": is_lower_bound(names),
        "coverage": coverage(
            names, selection.start, selection.end, selection.asked_at, unknown_values
        ),
    }


def completeness(exchanges: Iterable[str]) -> dict[str, Completeness]:
    """Return how much each exchange's feed shows."""
    return {name: adapters()[name].completeness for name in exchanges}


def is_lower_bound(exchanges: Iterable[str]) -> bool:
    """Return whether a total over these exchanges is at least, not exactly, what happened."""
    return any(kind != "complete" for kind in completeness(exchanges).values())


def unknown_of(cells: Iterable[Summed]) -> Counter[str]:
    """Count the rows of unknown value by exchange."""
    found: Counter[str] = Counter()
    for cell in cells:
        found[cell.exchange] += cell.unknown_values
    return found


def totals(cells: Iterable[Summed], exchanges: Iterable[str]) -> Totals:
    """Add up cells of these exchanges."""
    sides: SidePair = {"long": 0.0, "short": 0.0}
    count = unknown = 0
    for cell in cells:
        sides["long" if cell.side == "long" else "short"] += cell.value_usd or 0.0
        count += cell.events
        unknown += cell.unknown_values
    return {
        **sides,
        "count": count,
        "unknown_value_count": unknown,
        "is_lower_bound": is_lower_bound(exchanges),
    }


def totals_by_exchange(cells: Sequence[Summed], exchanges: Iterable[str]) -> dict[str, Totals]:
    """Add up the cells of each exchange."""
    of: defaultdict[str, list[Summed]] = defaultdict(list)
    for cell in cells:
        of[cell.exchange].append(cell)
    return {name: totals(of[name], [name]) for name in exchanges}


def weigh(cells: list[Cell], weighting: str) -> tuple[list[Cell], Weights | None]:
    """Multiply each cell by its venue's share of all value, or leave all as they are."""
    if weighting == "none":
        return cells, None
    weights = shares(cells)
    return [
        cell._replace(value_usd=cell.value_usd and cell.value_usd * weights[cell.exchange])
        for cell in cells
    ], weights


def received_until(parts: Iterable[Column | WindowPart]) -> dict[str, datetime]:
    """Return by exchange when the last of the rows that are counted was received.

    Rows are stored in the order in which they are received from an exchange: whoever has this
    knows of a live row whether it is counted.
    """
    newest: dict[str, int] = {}
    for part in parts:
        newest[part.exchange] = max(newest.get(part.exchange, 0), part.newest)
    return {name: _EPOCH + timedelta(microseconds=time) for name, time in newest.items()}


def shares(cells: Iterable[Summed]) -> Weights:
    """Return each venue's share of the value, together 1; all zero where there is none."""
    values: dict[str, float] = {}
    for cell in cells:
        values[cell.exchange] = values.get(cell.exchange, 0.0) + (cell.value_usd or 0.0)
    whole = sum(values.values())
    return {name: value / whole if whole else 0.0 for name, value in values.items()}


def meta(selection: Selection, weights: Weights | None) -> Meta:
    """Return what was summed and how; the weights are those of the answer's own range."""
    return {
        "layer": "observed",
        "weighting": "none" if weights is None else "volume",
        "weights": weights,
        "weights_start": None if weights is None else selection.start,
        "weights_end": None if weights is None else selection.end,
    }


def side_pairs(cells: Iterable[Cell]) -> dict[str, SidePair]:
    """Return each venue's value on both sides."""
    pairs: dict[str, SidePair] = {}
    for cell in cells:
        pair = pairs.setdefault(cell.exchange, {"long": 0.0, "short": 0.0})
        pair["long" if cell.side == "long" else "short"] += cell.value_usd or 0.0
    return pairs
