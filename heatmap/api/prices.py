"""What prices did."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers

from heatmap.answers.prices import klines
from heatmap.api.views import StoreAnswer
from heatmap.bins import INTERVALS
from heatmap.bins import interval as shortest_interval
from heatmap.fields import SymbolField, TimeField, choice
from heatmap.parameters import DEFAULT_SYMBOL, misfit
from heatmap.shapes import prices as shapes

LEAST_KLINES, MOST_KLINES, USUAL_KLINES = 10, 2000, 500


class KlineParameters(serializers.Serializer[Any]):
    """A symbol, the interval, and a range or how many."""

    symbol = SymbolField(default=DEFAULT_SYMBOL)
    interval = choice(INTERVALS, default="15m")
    limit = serializers.IntegerField(
        min_value=LEAST_KLINES,
        max_value=MOST_KLINES,
        required=False,
        help_text="at most so many, the newest of the range; left out: all of a range from "
        f"start_time, else {USUAL_KLINES}",
    )
    start_time = TimeField(required=False, help_text="candles opened from then on")
    end_time = TimeField(required=False, help_text="and before then; left out: now")


class Klines(StoreAnswer):
    """Candles of one symbol, open, high, low, close and volume, of the venue that has most."""

    parameters = KlineParameters
    shape = shapes.Klines

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return the candles. Raises BadParameters."""
        now = datetime.now(UTC)
        return klines(values["symbol"], values["interval"], _indexes(values, now), now)


def _indexes(values: Mapping[str, Any], now: datetime) -> range:
    """Return the time bins that begin in the range. Raises BadParameters."""
    step, end = INTERVALS[values["interval"]], values.get("end_time", now)
    stop = math.ceil(end.timestamp() / step)
    if "start_time" not in values:
        return range(stop - values.get("limit", USUAL_KLINES), stop)
    if values["start_time"] >= end:
        raise misfit("start_time", "The start must lie before the end.")
    first = min(math.ceil(values["start_time"].timestamp() / step), stop)
    if "limit" in values:
        return range(max(first, stop - values["limit"]), stop)
    if stop - first > MOST_KLINES:
        raise misfit("interval", _too_many(stop - first, values, end))
    return range(first, stop)


def _too_many(count: int, values: Mapping[str, Any], end: datetime) -> str:
    said = f"{count} candles of {values['interval']} are too many, {MOST_KLINES} is the most"
    # One less, because the range may begin and end within a candle.
    fits = shortest_interval(end - values["start_time"], MOST_KLINES - 1)
    if (end - values["start_time"]).total_seconds() / INTERVALS[fits] <= MOST_KLINES - 1:
        return f"{said}; interval {fits} would fit."
    return f"{said}; limit {MOST_KLINES} would give the newest of them."
