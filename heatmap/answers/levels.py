"""Observed price levels, and how far they lie from the market's price, or the last stored one."""

from __future__ import annotations

from collections import defaultdict
from typing import cast

from exchanges.events import PriceKind
from heatmap.answers.grids import Grid, grid
from heatmap.answers.parts import head, meta, side_pairs, totals, unknown_of, weigh
from heatmap.bins import edge
from heatmap.parameters import Selection
from heatmap.queries import last_price, market_price
from heatmap.rows import Cell, LastPrice
from heatmap.shapes.heatmap import Levels, PriceLevel, StoredPrice

MOST_LEVELS_UNASKED = 100


def levels(selection: Selection, weighting: str, price_bin_size: float | None) -> Levels:
    """Return the price steps that hold something, lowest first.

    Raises BadParameters for a step of which there would be too many.
    """
    found = grid(selection, MOST_LEVELS_UNASKED, price_bin_size)
    cells, weights = weigh(found.cells, weighting)
    last, current = last_price(selection), market_price(selection)
    price = current or (last.price if last else None)
    return {
        **head(selection, unknown_of(cells)),
        "current_price": current,
        "last_price": _stored_price(last) if last else None,
        "price_bin_size": found.price_step if found.price_count else None,
        "levels": _levels(found._replace(cells=cells), price),
        "totals": totals(cells, selection.exchanges),
        "unplaced": totals((c for c in cells if c.price_index is None), selection.exchanges),
        "meta": meta(selection, weights),
    }


def _levels(found: Grid, last: float | None) -> list[PriceLevel]:
    first = round(found.first_price / found.price_step)
    by_price: dict[int, list[Cell]] = defaultdict(list)
    for cell in found.cells:
        if cell.price_index is not None:
            by_price[first + cell.price_index].append(cell)
    return [_level(index, found.price_step, by_price[index], last) for index in sorted(by_price)]


def _level(index: int, step: float, cells: list[Cell], last: float | None) -> PriceLevel:
    low, high = edge(index, step), edge(index + 1, step)
    middle = (low + high) / 2
    pairs = side_pairs(cells)
    return {
        "price": middle,
        "price_low": low,
        "price_high": high,
        "long": sum(pair["long"] for pair in pairs.values()),
        "short": sum(pair["short"] for pair in pairs.values()),
        "count": sum(cell.events for cell in cells),
        "distance_pct": 100 * (middle - last) / last if last else None,
        "exchange_breakdown": pairs,
    }


def _stored_price(last: LastPrice) -> StoredPrice:
    return {
        "price": last.price,
        "price_kind": cast(PriceKind, last.price_kind),
        "exchange": last.exchange,
        "exchange_time": last.exchange_time,
    }
