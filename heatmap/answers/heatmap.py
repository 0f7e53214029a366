"""The heatmap in two shapes: price bands, and time by price in columns for charts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple, cast

from exchanges.events import Side
from heatmap.answers.grids import Grid, check_steps, grid
from heatmap.answers.parts import (
    head,
    meta,
    received_until,
    totals,
    totals_by_exchange,
    unknown_of,
    weigh,
)
from heatmap.parameters import Selection
from heatmap.queries import Cell, market_price
from heatmap.shapes.heatmap import CellColumns, GridColumns, Zone, ZoneFigures, ZonePart, Zones

MOST_ZONES = 60


class _Placed(NamedTuple):
    """What one exchange liquidated on one side in one price step."""

    exchange: str
    side: Side
    price_index: int
    value_usd: float | None


def heatmap_grid(
    selection: Selection,
    weighting: str = "none",
    interval: str | None = None,
    price_bin_size: float | None = None,
) -> GridColumns:
    """Return time bins, price bins and the cells that hold value, in columns per venue and side.

    Raises BadParameters for steps of which there would be too many.
    """
    if interval:
        check_steps(selection, interval)
    found = grid(selection, interval=interval, price_bin_size=price_bin_size)
    cells, weights = weigh(found.cells, weighting)
    return {
        **head(selection, unknown_of(cells)),
        "time": {"start": found.start, "step_seconds": found.time_step, "count": found.time_count},
        "price": {"start": found.first_price, "step": found.price_step, "count": found.price_count},
        "cells": _columns(cells),
        "totals": totals(cells, selection.exchanges),
        "unplaced": totals(_unplaced(cells), selection.exchanges),
        "per_exchange": totals_by_exchange(cells, selection.exchanges),
        "stored_since": found.stored_since,
        "received_until": received_until(cells),
        "meta": meta(selection, weights),
    }


def zones(
    selection: Selection, weighting: str = "none", price_bin_size: float | None = None
) -> Zones:
    """Return the price bands in which positions were closed, with each venue's part in USD.

    Raises BadParameters for bands of which there would be too many.
    """
    found = grid(selection, 1, MOST_ZONES, price_bin_size=price_bin_size)
    cells, weights = weigh(found.cells, weighting)
    bands = _zones(found._replace(cells=cells))
    return {
        **head(selection, unknown_of(cells)),
        # Of a candle: a liquidation's price is not the market's.
        "current_price": market_price(selection),
        "zones": bands,
        "per_exchange": {name: _part(bands, name) for name in selection.exchanges},
        "unknown_value_count": sum(cell.unknown_values for cell in cells),
        "unplaced": totals(_unplaced(cells), selection.exchanges),
        "metadata": _figures(selection, bands),
        "meta": meta(selection, weights),
        "timestamp": selection.end,
    }


def bands(found: GridColumns) -> list[Zone]:
    """Return the price steps of a grid that hold something, all its times together."""
    placed = (
        _Placed(column["exchange"], column["side"], index, value)
        for column in found["cells"]
        for index, value in zip(column["price_index"], column["value_usd"], strict=True)
    )
    return _bands(placed, found["price"]["start"], found["price"]["step"])


def _unplaced(cells: Iterable[Cell]) -> Iterable[Cell]:
    return (cell for cell in cells if cell.price_index is None)


def _columns(cells: Iterable[Cell]) -> list[CellColumns]:
    columns: dict[tuple[str, str], CellColumns] = {}
    for cell in cells:
        if cell.price_index is None:
            continue
        column = columns.setdefault(
            (cell.exchange, cell.side),
            {
                "exchange": cell.exchange,
                "side": cast(Side, cell.side),
                "time_index": [],
                "price_index": [],
                "value_usd": [],
            },
        )
        column["time_index"].append(cell.time_index)
        column["price_index"].append(cell.price_index)
        column["value_usd"].append(cell.value_usd)
    return list(columns.values())


def _zones(found: Grid) -> list[Zone]:
    placed = (
        _Placed(cell.exchange, cast(Side, cell.side), cell.price_index, cell.value_usd)
        for cell in found.cells
        if cell.price_index is not None
    )
    return _bands(placed, found.first_price, found.price_step)


def _bands(placed: Iterable[_Placed], first: float, step: float) -> list[Zone]:
    """Return what exchanges hold by price step and side, lowest price first."""
    parts: dict[tuple[int, Side], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for exchange, side, index, value_usd in placed:
        parts[index, side][exchange] += value_usd or 0.0
    return [
        {
            "price_low": first + index * step,
            "price_high": first + (index + 1) * step,
            "total_density": sum(breakdown.values()),
            "side": side,
            "exchange_breakdown": dict(breakdown),
        }
        for (index, side), breakdown in sorted(parts.items())
    ]


def _part(bands: Sequence[Zone], exchange: str) -> ZonePart:
    volumes = [
        b["exchange_breakdown"][exchange] for b in bands if exchange in b["exchange_breakdown"]
    ]
    return {"zone_count": len(volumes), "total_volume": sum(volumes)}


def _figures(selection: Selection, bands: Sequence[Zone]) -> ZoneFigures:
    densest = max(bands, key=lambda band: band["total_density"], default=None)
    return {
        "total_volume": sum(band["total_density"] for band in bands),
        "highest_density_price": (
            (densest["price_low"] + densest["price_high"]) / 2 if densest else None
        ),
        "num_buckets": len({band["price_low"] for band in bands}),
        "time_range_hours": (selection.end - selection.start).total_seconds() / 3600,
    }
