"""From stored rows to the shapes that the API and the pages serve."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from heatmap.coverage import coverage
from heatmap.parameters import HeatmapQuery
from heatmap.queries import (
    MOST_PRICE_BINS,
    MOST_TIME_BINS,
    MOST_ZONES,
    Cell,
    Grid,
    completeness,
    grid,
    is_lower_bound,
)


def heatmap_grid(query: HeatmapQuery) -> dict[str, Any]:
    """Return time bins, price bins and the cells that hold value, in columns per venue and side."""
    found = grid(query, MOST_TIME_BINS, MOST_PRICE_BINS)
    return _head(query) | {
        "time": {"start": found.start, "step_seconds": found.time_step, "count": found.time_count},
        "price": {"start": found.first_price, "step": found.price_step, "count": found.price_count},
        "cells": _columns(found.cells),
        "totals": _totals(found.cells),
        "unplaced": _totals(cell for cell in found.cells if cell.price_index is None),
        "per_exchange": {
            name: _totals(cell for cell in found.cells if cell.exchange == name)
            for name in query.exchanges
        },
        "stored_since": found.stored_since,
    }


def zones(query: HeatmapQuery) -> dict[str, Any]:
    """Return the price bands in which positions were closed, with each venue's part in USD."""
    found = grid(query, 1, MOST_ZONES)
    bands = _zones(found)
    return _head(query) | {
        # Venues' mark prices are not collected, and a liquidation's price is not the market's.
        "current_price": None,
        "zones": bands,
        "per_exchange": {name: _part(bands, name) for name in query.exchanges},
        "unknown_value_count": sum(cell.unknown_values for cell in found.cells),
        "unplaced": _totals(cell for cell in found.cells if cell.price_index is None),
    }


def _head(query: HeatmapQuery) -> dict[str, Any]:
    return {
        "symbol": query.symbol,
        "timeframe": query.timeframe,
        "start": query.start,
        "end": query.end,
        "exchanges": list(query.exchanges),
        "completeness": completeness(query.exchanges),
        "is_lower_bound": is_lower_bound(query.exchanges),
        "coverage": coverage(query.exchanges, query.start, query.end, query.end),
    }


def _columns(cells: Iterable[Cell]) -> list[dict[str, Any]]:
    columns: dict[tuple[str, str], dict[str, Any]] = {}
    for cell in (cell for cell in cells if cell.price_index is not None):
        column = columns.setdefault(
            (cell.exchange, cell.side),
            {
                "exchange": cell.exchange,
                "side": cell.side,
                "time_index": [],
                "price_index": [],
                "value_usd": [],
            },
        )
        column["time_index"].append(cell.time_index)
        column["price_index"].append(cell.price_index)
        column["value_usd"].append(cell.value_usd)
    return list(columns.values())


def _totals(cells: Iterable[Cell]) -> dict[str, Any]:
    totals: dict[str, Any] = {"long": 0.0, "short": 0.0, "count": 0, "unknown_value_count": 0}
    for cell in cells:
        totals[cell.side] += cell.value_usd or 0.0
        totals["count"] += cell.events
        totals["unknown_value_count"] += cell.unknown_values
    return totals


def _zones(found: Grid) -> list[dict[str, Any]]:
    parts: dict[tuple[int, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for cell in found.cells:
        if cell.price_index is not None:
            parts[cell.price_index, cell.side][cell.exchange] += cell.value_usd or 0.0
    return [
        {
            "price_low": found.first_price + index * found.price_step,
            "price_high": found.first_price + (index + 1) * found.price_step,
            "total_density": sum(breakdown.values()),
            "side": side,
            "exchange_breakdown": dict(breakdown),
        }
        for (index, side), breakdown in sorted(parts.items())
    ]


def _part(bands: list[dict[str, Any]], exchange: str) -> dict[str, Any]:
    volumes = [
        b["exchange_breakdown"][exchange] for b in bands if exchange in b["exchange_breakdown"]
    ]
    return {"zone_count": len(volumes), "total_volume": sum(volumes)}
