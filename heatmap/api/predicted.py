"""What the model holds for certain: a map by distance, frozen zones, and why a cell is there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from heatmap.answers.explained import explained
from heatmap.answers.frozen_zones import frozen_zones
from heatmap.answers.predicted_levels import BAND_NAMES, liquidation_map
from heatmap.answers.sources import Wanted
from heatmap.api.parameters import price_bin_size_field
from heatmap.api.views import StoreAnswer
from heatmap.fields import (
    ExchangesField,
    FiniteField,
    FlagField,
    ListField,
    SymbolField,
    TimeField,
    choice,
    list_schema,
)
from heatmap.parameters import DEFAULT_SYMBOL, BadParameters
from heatmap.shapes import predicted as shapes
from heatmap.shapes.explained import Explained

LEAST_PRICE, MOST_PRICE = 1e-12, 1e12
MOST_LEGS, USUAL_LEGS = 500, 50
# The names of PredictionParameters.
PREDICTING = ("zone_weighting", "impute", "price_min", "price_max")


class PredictionParameters(serializers.Serializer[Any]):
    """How predicted levels of several exchanges are put together, and which prices are shown."""

    zone_weighting = choice(
        ("notional", "share", "equal"),
        required=False,
        help_text="of predicted levels; left out: notional, USD added up. share weighs each "
        "exchange's shape by what it traded in 30 days, equal alike: parts of one, not USD",
    )
    impute = FlagField(
        required=False,
        help_text="true: exchanges without open interest get the reference's shape by what they "
        "traded, and are flagged; left out: false",
    )
    price_min = FiniteField(
        required=False,
        min_value=LEAST_PRICE,
        max_value=MOST_PRICE,
        help_text="of predicted levels; left out: 0.8 of the lowest price",
    )
    price_max = FiniteField(
        required=False,
        min_value=LEAST_PRICE,
        max_value=MOST_PRICE,
        help_text="of predicted levels; left out: 1.25 of the highest price",
    )


def wanted_of(values: Mapping[str, Any]) -> Wanted:
    """Return what is asked of a prediction. Raises BadParameters for prices that are no range."""
    low, high = values.get("price_min"), values.get("price_max")
    if low is not None and high is not None and low >= high:
        said = "The lowest price must lie below the highest."
        both: dict[str, list[str]] = {"price_min": [said], "price_max": [said]}
        raise BadParameters(f"price_min: {said}", "does_not_fit", both)
    return Wanted(
        symbol=values["symbol"],
        exchanges=values["exchanges"],
        weighting=values.get("zone_weighting", "notional"),
        is_imputing=values.get("impute", False),
        side=values.get("side"),
        price_bin_size=values.get("price_bin_size"),
        price_min=low,
        price_max=high,
    )


@extend_schema_field(list_schema(BAND_NAMES))
class BandsField(ListField):
    """Leverage-equivalent distances; left out or blank means all."""

    def __init__(self, **options: Any) -> None:
        said = f"comma-separated, of {', '.join(BAND_NAMES)}; left out: all"
        super().__init__(help_text=said, **options)

    def chosen(self, names: list[str]) -> tuple[str, ...]:
        """Return the bands, the nearest first."""
        unknown = [name for name in names if name not in BAND_NAMES]
        if unknown:
            said = f"Unknown bands: {unknown}. Known: {', '.join(BAND_NAMES)}."
            raise serializers.ValidationError(said)
        return tuple(name for name in BAND_NAMES if name in names or not names)


class MapParameters(PredictionParameters):
    """One symbol at one moment."""

    symbol = SymbolField(default=DEFAULT_SYMBOL)
    exchanges = ExchangesField()
    at = TimeField(required=False, help_text="left out: now")
    side = choice(("long", "short"), required=False)
    price_bin_size = price_bin_size_field()
    bands = BandsField()


class LiquidationMap(StoreAnswer):
    """Predicted levels by price and leverage-equivalent distance, with the sums up to each."""

    parameters = MapParameters
    shape = shapes.LiquidationMap

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return the map. Raises BadParameters."""
        now = datetime.now(UTC)
        return liquidation_map(wanted_of(values), values.get("at", now), now, values["bands"])


class FrozenZoneParameters(serializers.Serializer[Any]):
    """One symbol at one moment."""

    symbol = SymbolField(default=DEFAULT_SYMBOL)
    at = TimeField(required=False, help_text="left out: now")
    side = choice(("long", "short"), required=False)
    min_value = FiniteField(default=0, min_value=0, help_text="USD")


class FrozenZones(StoreAnswer):
    """The zones of the last snapshot at or before a moment, as they were frozen, with its hash."""

    parameters = FrozenZoneParameters
    shape = shapes.FrozenZones

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return the zones of all exchanges together, each one's part named."""
        at = values.get("at", datetime.now(UTC))
        return frozen_zones(values["symbol"], at, values.get("side"), values["min_value"])


class ExplainParameters(serializers.Serializer[Any]):
    """One cell: a price of the reference exchange at a moment."""

    symbol = SymbolField(default=DEFAULT_SYMBOL)
    exchanges = ExchangesField()
    time = TimeField(required=False, help_text="left out: now")
    price = FiniteField(min_value=LEAST_PRICE, max_value=MOST_PRICE)
    side = choice(
        ("long", "short"),
        required=False,
        help_text="left out: long below the price at that time, short above",
    )
    limit = serializers.IntegerField(
        min_value=1, max_value=MOST_LEGS, default=USUAL_LEGS, help_text="legs of each exchange"
    )


class Explain(StoreAnswer):
    """Of what a predicted cell is made: the legs opened into it, and what became of them."""

    parameters = ExplainParameters
    shape = Explained

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return the legs by exchange, the largest that stand first."""
        return explained(
            values["symbol"],
            values["exchanges"],
            values.get("time", datetime.now(UTC)),
            values["price"],
            values.get("side"),
            values["limit"],
        )
