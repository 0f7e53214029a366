"""Where positions were closed: by price, and by time and price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from heatmap.answers.columns import heatmap_grid
from heatmap.answers.heatmap import zones
from heatmap.answers.levels import levels
from heatmap.answers.predicted_levels import predicted_levels
from heatmap.answers.predicted_series import predicted_columns, predicted_series
from heatmap.answers.timeseries import time_series
from heatmap.api.parameters import (
    interval_field,
    layer_field,
    observed_field,
    price_bin_size_field,
    weighting_field,
)
from heatmap.api.predicted import PREDICTING, PredictionParameters, wanted_of
from heatmap.api.views import StoreAnswer
from heatmap.fields import FlagField, LeverageWeightsField, TimeField, choice
from heatmap.parameters import (
    PricedParameters,
    Selection,
    check_span,
    misfit,
)
from heatmap.shapes import heatmap as shapes
from heatmap.shapes import predicted as predicted_shapes

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
    layer = observed_field()


class Heatmap(StoreAnswer):
    """Price bands in which positions were closed, per side, with each venue's part."""

    parameters = ZoneParameters
    shape = shapes.Zones

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return the zones of one symbol over one range. Raises BadParameters."""
        selection = Selection.of(values, datetime.now(UTC))
        return zones(selection, values["weighting"], values.get("price_bin_size"))


class LayerParameters(ZoneParameters, PredictionParameters):
    """The filters, how values are summed, and whether they were observed or predicted."""

    layer = layer_field()


class Levels(StoreAnswer):
    """Price levels with both sides, observed or predicted, and how far away they lie."""

    parameters = LayerParameters
    shape = predicted_shapes.LayerLevels | predicted_shapes.PredictedLevels

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return the levels of one symbol: observed in a range, predicted at its end.

        Raises BadParameters.
        """
        check_layer(values)
        selection = Selection.of(values, datetime.now(UTC))
        if values["layer"] == "predicted":
            return predicted_levels(wanted_of(values), selection.end)
        observed = levels(selection, values["weighting"], values.get("price_bin_size"))
        if values["layer"] == "observed":
            return observed
        return {**observed, "predicted": predicted_levels(wanted_of(values), selection.end)}


class SeriesParameters(LayerParameters):
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
    """Time steps by price levels of what was liquidated, or what the model had predicted."""

    parameters = SeriesParameters
    shape = (
        predicted_shapes.Layers
        | predicted_shapes.LayerColumns
        | predicted_shapes.PredictedSeries
        | predicted_shapes.PredictedColumns
    )

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return the series of one symbol over one range. Raises BadParameters."""
        check_layer(values)
        selection, step = _series_selection(values, datetime.now(UTC))
        if values["layer"] == "predicted":
            return _predicted(values, selection, step)
        observed = _observed(values, selection, step)
        if values["layer"] == "observed":
            return observed
        return {**observed, "predicted": _predicted(values, selection, step)}


def _observed(
    values: Mapping[str, Any], selection: Selection, step: str | None
) -> Mapping[str, Any]:
    if values["format"] == "columns":
        return heatmap_grid(
            selection, values["weighting"], values.get("interval"), values.get("price_bin_size")
        )
    return time_series(
        selection,
        values["weighting"],
        step,
        values.get("price_bin_size"),
        values.get("leverage_weights"),
        values["breakdown"],
    )


def _predicted(
    values: Mapping[str, Any], selection: Selection, step: str | None
) -> Mapping[str, Any]:
    if values["format"] == "columns":
        return predicted_columns(wanted_of(values), selection, step)
    return predicted_series(wanted_of(values), selection, step, values["breakdown"])


def check_layer(values: Mapping[str, Any]) -> None:
    """Raise BadParameters for what the layer asked for does not take."""
    layer, weighting = values["layer"], values["weighting"]
    predicting = [name for name in PREDICTING if name in values]
    if layer == "observed" and predicting:
        raise misfit(predicting[0], "It is of predicted levels: layer=predicted would fit.")
    filtering = [name for name in ("min_value", "max_value") if name in values]
    if layer == "predicted" and weighting != "none":
        raise misfit("weighting", "It is of observed values: zone_weighting is of predicted ones.")
    if layer == "predicted" and filtering:
        raise misfit(filtering[0], "It is of single liquidations, and none are predicted.")


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
