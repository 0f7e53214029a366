"""How predictions did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from exchanges.adapters import adapters
from heatmap.answers.scorecards import scorecards
from heatmap.api.views import StoreAnswer
from heatmap.fields import ExchangesField, SymbolField
from heatmap.shapes import scorecard as shapes


class ScorecardParameters(serializers.Serializer[Any]):
    """Which scorecards; left out, all."""

    symbol = SymbolField(required=False, help_text="left out: all symbols")
    exchanges = ExchangesField()
    horizon_hours = serializers.IntegerField(
        required=False, min_value=1, max_value=24, help_text="1, 4 or 24; left out: all"
    )


class Scorecards(StoreAnswer):
    """The newest scorecards: predictions against what happened, beside those that know nothing."""

    parameters = ScorecardParameters
    shape = shapes.Scorecards

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return the newest of each exchange, symbol and horizon; of no exchange named, of any."""
        named = values["exchanges"]
        exchanges = None if len(named) == len(adapters()) else named
        return scorecards(values.get("symbol"), exchanges, values.get("horizon_hours"))
