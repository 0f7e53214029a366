"""Positions that a venue tells of its accounts, by the price at which they are liquidated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers

from heatmap.answers.observed import observed
from heatmap.api.parameters import price_bin_size_field
from heatmap.api.predicted import LEAST_PRICE, MOST_PRICE
from heatmap.api.views import StoreAnswer
from heatmap.fields import FiniteField, SymbolField, TimeField
from heatmap.parameters import DEFAULT_SYMBOL
from heatmap.shapes import observed as shapes


class ObservedParameters(serializers.Serializer[Any]):
    """One symbol at one moment."""

    symbol = SymbolField(default=DEFAULT_SYMBOL)
    at = TimeField(required=False, help_text="left out: now")
    price_bin_size = price_bin_size_field()
    price_min = FiniteField(
        required=False,
        min_value=LEAST_PRICE,
        max_value=MOST_PRICE,
        help_text="left out: 0.8 of the mark price then",
    )
    price_max = FiniteField(
        required=False,
        min_value=LEAST_PRICE,
        max_value=MOST_PRICE,
        help_text="left out: 1.25 of the mark price then",
    )


class ObservedPositions(StoreAnswer):
    """Hyperliquid's observed positions: true liquidation prices of the accounts that were asked.

    Isolated and cross apart, with the part of the open interest that was seen. Off by default.
    """

    parameters = ObservedParameters
    shape = shapes.ObservedPositions

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return the levels of the last pass at or before a moment. Raises BadParameters."""
        return observed(
            values["symbol"],
            values.get("at", datetime.now(UTC)),
            values.get("price_bin_size"),
            values.get("price_min"),
            values.get("price_max"),
        )
