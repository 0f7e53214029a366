"""Predicted levels over time, as rows and as columns."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from exchanges.events import Side
from heatmap.answers.grids import MOST_STEPS, check_steps
from heatmap.answers.predicted import Prediction, breakdowns, head, pair, predict
from heatmap.answers.sources import Wanted
from heatmap.bins import INTERVALS, bin_indexes, bin_start, interval
from heatmap.parameters import Selection
from heatmap.shapes.heatmap import CellColumns, Level
from heatmap.shapes.predicted import PredictedColumns, PredictedSeries, PredictedStep
from heatmap.zones.grid import LONG, SHORT
from heatmap.zones.series import Floats

STEPS_UNASKED = 100
_SIDES: tuple[tuple[int, Side], ...] = ((LONG, "long"), (SHORT, "short"))


def predicted_series(
    wanted: Wanted, selection: Selection, interval_asked: str | None, has_breakdown: bool
) -> PredictedSeries:
    """Return a row for every time step, with the price steps that hold something.

    Raises BadParameters for steps of which there would be too many.
    """
    found, chosen, steps = _predicted(wanted, selection, interval_asked)
    return {
        **head(found, selection.start, selection.end),
        "interval": chosen,
        "data": [
            _row(found, at, bin_start(index, INTERVALS[chosen]), has_breakdown)
            for at, index in enumerate(steps)
        ],
    }


def predicted_columns(
    wanted: Wanted, selection: Selection, interval_asked: str | None
) -> PredictedColumns:
    """Return the cells that hold something in columns per exchange and side.

    Raises BadParameters for steps of which there would be too many.
    """
    found, chosen, steps = _predicted(wanted, selection, interval_asked)
    seconds, axis = INTERVALS[chosen], found.axis
    return {
        **head(found, selection.start, selection.end),
        "interval": chosen,
        "time": {
            "start": bin_start(steps.start, seconds),
            "step_seconds": seconds,
            "count": len(steps),
        },
        "price": {"start": axis.prices[0], "step": axis.step or 1.0, "count": axis.count},
        "cells": [
            _cells(exchange, side, found.levels[:, at, number])
            for at, exchange in enumerate(found.sources.exchanges)
            for number, side in _SIDES
            if found.levels[:, at, number].any()
        ],
        "outside": {
            "long": found.outside[:, LONG].tolist(),
            "short": found.outside[:, SHORT].tolist(),
        },
    }


def _predicted(
    wanted: Wanted, selection: Selection, interval_asked: str | None
) -> tuple[Prediction, str, range]:
    """Return the prediction at the beginning of each time step of the selection."""
    chosen = interval_asked or interval(selection.end - selection.start, STEPS_UNASKED)
    check_steps(selection, chosen, MOST_STEPS)
    seconds = INTERVALS[chosen]
    steps = bin_indexes(selection.start, selection.end, seconds)
    moments = np.array(steps, dtype=np.int64) * seconds
    return predict(wanted, moments.astype("datetime64[s]"), seconds), chosen, steps


def _cells(exchange: str, side: Side, levels: Floats) -> CellColumns:
    times, prices = np.nonzero(levels)
    return {
        "exchange": exchange,
        "side": side,
        "time_index": times.tolist(),
        "price_index": prices.tolist(),
        "value_usd": levels[times, prices].tolist(),
    }


def _row(found: Prediction, at: int, timestamp: datetime, has_breakdown: bool) -> PredictedStep:
    return {
        "timestamp": timestamp,
        "frozen_at": found.frozen_at(at),
        "levels": _levels(found, at, has_breakdown),
        "outside": pair(found.outside[at]),
    }


def _levels(found: Prediction, at: int, has_breakdown: bool) -> list[Level]:
    total = np.round(found.levels[at].sum(axis=0), found.sources.wanted.digits)
    held = np.flatnonzero(total.any(axis=0))
    prices = found.axis.prices
    levels: list[Level] = [
        {"price": prices[index], "long_density": long, "short_density": short}
        for index, long, short in zip(held.tolist(), *total[:, held].tolist(), strict=True)
    ]
    if has_breakdown:
        for level, parts in zip(levels, breakdowns(found, at, held.tolist()), strict=True):
            level["exchange_breakdown"] = parts
    return levels
