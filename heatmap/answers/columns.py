"""The heatmap as time by price, in columns for charts."""

from __future__ import annotations

from typing import NamedTuple, cast

from exchanges.events import Side
from heatmap.answers.grids import (
    MOST_PRICE_BINS,
    MOST_TIME_BINS,
    Steps,
    check_steps,
    steps,
)
from heatmap.answers.parts import (
    Weights,
    head,
    meta,
    received_until,
    shares,
    totals,
    totals_by_exchange,
    unknown_of,
)
from heatmap.bins import bin_start, edge
from heatmap.parameters import Selection
from heatmap.queries import columns
from heatmap.rows import Column
from heatmap.shapes.heatmap import CellColumns, GridColumns, PriceAxis, TimeAxis


class Bins(NamedTuple):
    """A time bin and a price bin."""

    time: int
    price: int


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
    even = steps(selection, MOST_TIME_BINS, MOST_PRICE_BINS, interval, price_bin_size)
    found = columns(selection, even.time, even.price) if even else []
    found, weights = _weigh(found, weighting)
    first = _first_bins(found)
    times, prices = _axes(selection, even or Steps(1, 1.0, selection.start), found, first)
    return {
        **head(selection, unknown_of(found)),
        "time": times,
        "price": prices,
        "cells": _cells(found, first),
        "totals": totals(found, selection.exchanges),
        "unplaced": totals((c for c in found if not c.is_placed), selection.exchanges),
        "per_exchange": totals_by_exchange(found, selection.exchanges),
        "stored_since": even.stored_since if even else None,
        "received_until": received_until(found),
        "meta": meta(selection, weights),
    }


def _weigh(found: list[Column], weighting: str) -> tuple[list[Column], Weights | None]:
    """Multiply each column by its venue's share of all value, or leave all as they are."""
    if weighting == "none":
        return found, None
    weights = shares(found)
    return [_times(column, weights[column.exchange]) for column in found], weights


def _times(column: Column, weight: float) -> Column:
    return column._replace(
        value_usd=column.value_usd and column.value_usd * weight,
        cell_values=[value and value * weight for value in column.cell_values],
    )


def _first_bins(found: list[Column]) -> Bins:
    """Return the first time bin and the lowest price bin that hold something."""
    return Bins(
        min((min(column.time_indexes) for column in found), default=0),
        min((min(column.price_indexes) for column in found if column.is_placed), default=0),
    )


def _axes(
    selection: Selection, even: Steps, found: list[Column], first: Bins
) -> tuple[TimeAxis, PriceAxis]:
    """Count the bins from the first that holds a cell: rows may have come since the extent."""
    start = bin_start(first.time, even.time) if found else selection.start
    times = int((selection.end - start).total_seconds() // even.time) + 1
    highest = max((max(c.price_indexes) for c in found if c.is_placed), default=0)
    prices = highest - first.price + 1
    return (
        {"start": start, "step_seconds": even.time, "count": times if found else 0},
        {
            "start": edge(first.price, even.price),
            "step": even.price,
            "count": prices if found else 0,
        },
    )


def _cells(found: list[Column], first: Bins) -> list[CellColumns]:
    """Return the placed cells, their bins counted from the first."""
    return [
        {
            "exchange": column.exchange,
            "side": cast(Side, column.side),
            "time_index": [index - first.time for index in column.time_indexes],
            "price_index": [index - first.price for index in column.price_indexes],
            "value_usd": column.cell_values,
        }
        for column in found
        if column.is_placed
    ]
