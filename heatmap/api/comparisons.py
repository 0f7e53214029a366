"""What venues and price levels have in common: correlations and clusters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from rest_framework import serializers

from heatmap.answers.clusters import clusters
from heatmap.answers.correlation import correlations
from heatmap.api.views import StoreAnswer
from heatmap.fields import ExchangesField, FiniteField, FlagField, SymbolField, choice
from heatmap.parameters import (
    DEFAULT_SYMBOL,
    LONGEST,
    Selection,
    SelectionParameters,
    check_compared,
    misfit,
)
from heatmap.shapes import comparisons as shapes


class Correlation(StoreAnswer):
    """Per pair of venues: how alike their liquidations move by the minute, and who is first."""

    parameters = SelectionParameters
    shape = shapes.Correlations

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return every pair. Raises BadParameters for a range that is too long."""
        selection = Selection.of(values, datetime.now(UTC))
        check_compared(selection)
        return correlations(selection)


class ClusterParameters(serializers.Serializer[Any]):
    """One symbol over some minutes up to now, and how levels are put together."""

    symbol = SymbolField(default=DEFAULT_SYMBOL)
    exchanges = ExchangesField()
    timeframe_minutes = serializers.IntegerField(
        min_value=1, max_value=LONGEST.days * 24 * 60, default=24 * 60
    )
    side = choice(("long", "short"), required=False)
    epsilon = FiniteField(
        min_value=0.01,
        max_value=1,
        default=0.1,
        help_text="1 is the whole range of prices, or a thousandfold value",
    )
    min_samples = serializers.IntegerField(min_value=2, max_value=10, default=3)
    auto_tune = FlagField(
        default=True, help_text="another epsilon when this one leaves over half as noise"
    )
    distance_metric = choice(("euclidean", "manhattan"), default="euclidean")
    price_min = FiniteField(required=False, min_value=0)
    price_max = FiniteField(required=False, min_value=0)


class Clusters(StoreAnswer):
    """Price levels that lie close together, found by DBSCAN over price and value."""

    parameters = ClusterParameters
    shape = shapes.Clusters

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return the clusters. Raises BadParameters for prices that are no range."""
        low, high = values.get("price_min"), values.get("price_max")
        if low is not None and high is not None and low >= high:
            raise misfit("price_min", "The lowest price must lie below the highest.")
        now = datetime.now(UTC)
        minutes = timedelta(minutes=values["timeframe_minutes"])
        selection = Selection(
            symbol=values["symbol"],
            timeframe=None,
            exchanges=values["exchanges"],
            start=now - minutes,
            end=now,
            asked_at=now,
            side=values.get("side"),
        )
        return clusters(
            selection,
            values["epsilon"],
            values["min_samples"],
            values["distance_metric"],
            values["auto_tune"],
            low,
            high,
        )
