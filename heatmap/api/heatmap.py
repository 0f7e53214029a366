"""Where positions were closed: by price, and by time and price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from heatmap.answers.heatmap import heatmap_grid, zones
from heatmap.answers.levels import levels
from heatmap.answers.timeseries import time_series
from heatmap.api.parameters import (
    interval_field,
    layer_field,
    price_bin_size_field,
    weighting_field,
)
from heatmap.api.views import StoreAnswer
from heatmap.fields import FlagField, LeverageWeightsField, TimeField, choice
from heatmap.parameters import (
    PricedParameters,
    Selection,
    check_span,
    misfit,
)
from heatmap.shapes import heatmap as shapes

# A window of the time series, and the step that goes with it.
WINDOWS = {
    "48h": (timedelta(hours=48), "30m"),
    "3d": (timedelta(days=3), "1h"),
    "7d": (timedelta(days=7), "1h"),
    "14d": (timedelta(days=14), "2h"),
    "30d": (timedelta(days=30), "4h"),
    "60d": (timedelta(days=60), "8h"),
    "90d": (timedelta(days=90), "12h"),
    "180d": (timedelta(days=180), "1d"),
    "1y": (timedelta(days=365), "1d"),
}


class ZoneParameters(PricedParameters):
    """The filters, and how values are summed."""

    price_bin_size = price_bin_size_field()
    weighting = weighting_field()
    layer = layer_field()


class Heatmap(StoreAnswer):
    """Price bands in which positions were closed, per side, with each venue's part."""

    parameters = ZoneParameters
    shape = shapes.Zones

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return the zones of one symbol over one range. Raises BadParameters."""
        selection = Selection.of(values, datetime.now(UTC))
        return zones(selection, values["weighting"], values.get("price_bin_size"))


class Levels(StoreAnswer):
    """Observed price levels with both sides, and how far they lie from the market's price."""

    parameters = ZoneParameters
    shape = shapes.Levels

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return the levels of one symbol over one range. Raises BadParameters."""
        selection = Selection.of(values, datetime.now(UTC))
        return levels(selection, values["weighting"], values.get("price_bin_size"))


class SeriesParameters(ZoneParameters):
    """The filters, the range in one of three ways, the steps, and the form of the answer."""

    start = None  # type: ignore[assignment]  # said as `start_time` here
    end = None  # type: ignore[assignment]
    time_window = choice(WINDOWS, required=False, help_text="brings its own interval")
    start_time = TimeField(required=False, help_text="with end_time, instead of a window")
    end_time = TimeField(required=False, help_text="left out: now")
    interval = interval_field()
    leverage_weights = LeverageWeightsField(
        required=False, help_text="5:15,10:30,...; checked, but observed data do not depend on it"
    )
    breakdown = FlagField(default=False, help_text="each venue's part of every level")
    format = choice(("rows", "columns"), default="rows", help_text="columns: for charts")


class HeatmapTimeseries(StoreAnswer):
    """Time steps by price levels of what was liquidated, in rows, or in columns for charts."""

    parameters = SeriesParameters
    shape = shapes.TimeSeries | shapes.GridColumns

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return the series of one symbol over one range. Raises BadParameters."""
        selection, step = _series_selection(values, datetime.now(UTC))
        if values["format"] == "columns":
            return heatmap_grid(
                selection,
                values["weighting"],
                values.get("interval"),
                values.get("price_bin_size"),
            )
        return time_series(
            selection,
            values["weighting"],
            step,
            values.get("price_bin_size"),
            values.get("leverage_weights"),
            values["breakdown"],
        )


def _series_selection(values: Mapping[str, Any], now: datetime) -> tuple[Selection, str | None]:
    """Return the selection and the step of a window, a time frame or two times."""
    given = [name for name in ("time_window", "timeframe", "start_time") if name in values]
    if len(given) > 1:
        raise misfit(given[0], f"Give one of time_window, timeframe and start_time, not {given}.")
    end = values.get("end_time", now)
    selection = Selection.of({**values, "end": end}, now)
    if "time_window" in values:
        length, step = WINDOWS[values["time_window"]]
        start, timeframe = end - length, values["time_window"]
        return replace(selection, start=start, timeframe=timeframe), values.get("interval", step)
    if "start_time" in values:
        check_span(values["start_time"], end)
        selection = replace(selection, start=values["start_time"], timeframe=None)
    return selection, values.get("interval")
