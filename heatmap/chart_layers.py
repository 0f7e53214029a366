"""What the main chart shows besides observed liquidations: candles, and what was predicted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, cast

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from heatmap.answers.columns import heatmap_grid
from heatmap.answers.predicted_series import predicted_columns
from heatmap.answers.prices import klines
from heatmap.answers.sources import Wanted
from heatmap.bins import INTERVALS, bin_indexes, price_step
from heatmap.bins import interval as shortest_interval
from heatmap.fields import FiniteField, ListField, choice
from heatmap.freshness import kept_for
from heatmap.parameters import TIMEFRAMES, BadParameters, Selection, validated
from heatmap.shapes.heatmap import GridColumns
from heatmap.shapes.predicted import PredictedColumns
from heatmap.shapes.prices import Klines
from heatmap.zones.combining import Weighting
from heatmap.zones.grid import WIDTH

Layer = Literal["predicted", "observed", "candles"]
LAYERS: tuple[Layer, ...] = ("predicted", "observed", "candles")
WEIGHTINGS: tuple[Weighting, ...] = ("notional", "share", "equal")
MOST_STEPS, MOST_LEVELS = 150, 120
# Levels are frozen so often; shorter steps would tell each column again.
FROZEN_EVERY = timedelta(minutes=30)
# Up to here the observed ones have finer time steps of their own.
FINE_SPAN = timedelta(hours=4)
# Candles close each five minutes and levels freeze each half hour: they are read this often.
KEPT_SECONDS = 15
# How far beyond the candles the price axis reaches, as a part of the price.
REACH = {
    "5m": 0.025, "15m": 0.04, "30m": 0.05, "1h": 0.07, "2h": 0.09, "4h": 0.1,
    "8h": 0.12, "12h": 0.15, "1d": 0.2,
}  # fmt: skip


@extend_schema_field({"type": "string"})
class LayersField(ListField):
    """A comma-separated list of layers; left out means all, blank means none."""

    def chosen(self, names: list[str]) -> tuple[str, ...]:
        """Return the layers, in the order in which they are drawn."""
        if unknown := [name for name in names if name not in LAYERS]:
            known = ", ".join(LAYERS)
            raise serializers.ValidationError(f"Unknown layers: {unknown}. Known: {known}.")
        return tuple(name for name in LAYERS if name in names)


class ChartParameters(serializers.Serializer[Any]):
    """What of the page's address the chart itself is told by.

    `color_min` and `color_max` are the ends of the colour scale, in the unit of what is coloured.
    """

    layers = LayersField()
    zone_weighting = choice(WEIGHTINGS, default="notional")
    color_min = FiniteField(required=False, min_value=0)
    color_max = FiniteField(required=False, min_value=0)


NAMES = ("layers", "zone_weighting", "color_min", "color_max")


@dataclass(frozen=True)
class Shown:
    """Which layers are asked for, and how they are coloured; None is chosen by the chart."""

    layers: tuple[str, ...] = LAYERS
    zone_weighting: Weighting = "notional"
    color_min: float | None = None
    color_max: float | None = None

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Shown:
        """Read the address; what it gets wrong stays at its default."""
        own = {name: given[name] for name in NAMES if name in given}
        try:
            values = validated(ChartParameters, own)
        except BadParameters as error:
            own = {name: own[name] for name in own if name not in error.errors}
            values = validated(ChartParameters, own)
        return cls(
            layers=values["layers"] if "layers" in own else LAYERS,
            zone_weighting=values["zone_weighting"],
            color_min=values.get("color_min"),
            color_max=values.get("color_max"),
        )


@dataclass(frozen=True)
class Charted:
    """What the chart draws; None where a layer is not asked for."""

    grid: GridColumns
    predicted: PredictedColumns | None
    candles: Klines | None


@dataclass(frozen=True)
class Window:
    """The prices that are shown, and the price step in which they are counted."""

    low: float
    high: float
    step: float


def charted(
    query: Selection,
    shown: Shown,
    interval: str | None = None,
    price_bin_size: float | None = None,
) -> Charted:
    """Return what the store holds of the layers; steps that are None are chosen.

    Raises StoreUnavailable, and BadParameters for steps of which there would be too many.
    """
    span = query.end - query.start
    chosen = interval or shortest_interval(span, MOST_STEPS)
    candles = _candles(query, chosen) if {"candles", "predicted"} & set(shown.layers) else None
    window = _window(candles, chosen) if "predicted" in shown.layers else None
    step = price_bin_size or (window.step if window else None)
    predicted = None
    if "predicted" in shown.layers:
        frozen = interval or shortest_interval(max(span, MOST_STEPS * FROZEN_EVERY), MOST_STEPS)
        predicted = _predicted(query, shown, window, frozen, step)
    own = interval or (chosen if span > FINE_SPAN else None)
    grid = _observed(query, own, step, is_step_asked=price_bin_size is not None)
    return Charted(grid, predicted, candles if "candles" in shown.layers else None)


def told_rules() -> dict[str, Any]:
    """Return by what rules layers are asked for, for the page's modules to ask alike."""
    return {
        "timeframes": {name: span.total_seconds() for name, span in TIMEFRAMES.items()},
        "intervals": INTERVALS,
        "reach": REACH,
        "most_steps": MOST_STEPS,
        "most_levels": MOST_LEVELS,
        "finest_level": WIDTH,
        "frozen_every_seconds": FROZEN_EVERY.total_seconds(),
        "fine_span_seconds": FINE_SPAN.total_seconds(),
    }


def _candles(query: Selection, interval: str) -> Klines:
    indexes = bin_indexes(query.start, query.end, INTERVALS[interval])
    symbol = cast(str, query.symbol)
    return kept_for(
        KEPT_SECONDS,
        ("candles", symbol, interval, indexes),
        lambda: klines(symbol, interval, indexes, query.asked_at),
    )


def _window(candles: Klines | None, interval: str) -> Window | None:
    if candles is None or not candles["data"]:
        return None
    low = min(row["low"] for row in candles["data"]) * (1 - REACH[interval])
    high = max(row["high"] for row in candles["data"]) * (1 + REACH[interval])
    if low <= 0:
        return None
    # Finer than the model counts there is nothing to see.
    levels = min(MOST_LEVELS, max(1, math.floor(math.log(high / low) / WIDTH)))
    return Window(low, high, price_step(low, high, levels))


def _predicted(
    query: Selection, shown: Shown, window: Window | None, interval: str, step: float | None
) -> PredictedColumns:
    wanted = Wanted(
        symbol=cast(str, query.symbol),
        exchanges=query.exchanges,
        weighting=shown.zone_weighting,
        side=query.side,
        price_bin_size=step,
        price_min=window.low if window else None,
        price_max=window.high if window else None,
    )
    indexes = bin_indexes(query.start, query.end, INTERVALS[interval])
    return kept_for(
        KEPT_SECONDS,
        ("predicted", wanted, interval, indexes),
        lambda: predicted_columns(wanted, query, interval),
    )


def _observed(
    query: Selection, interval: str | None, step: float | None, *, is_step_asked: bool
) -> GridColumns:
    """Return the observed cells, in steps of their own where prices lie too far apart."""
    try:
        return heatmap_grid(query, interval=interval, price_bin_size=step)
    except BadParameters:
        if step is None or is_step_asked:
            raise
        return heatmap_grid(query, interval=interval)
