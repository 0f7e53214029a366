"""Sums: over time, of the hours up to now, and what is stored at all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers

from heatmap.answers import stored
from heatmap.answers.history import history, summary
from heatmap.api.parameters import interval_field, weighting_field
from heatmap.api.views import StoreAnswer
from heatmap.fields import ExchangesField, FiniteField, SymbolField, TypesField, choice
from heatmap.parameters import COUNTED_TYPES, Selection, SelectionParameters
from heatmap.shapes import totals as shapes


class HistoryParameters(SelectionParameters):
    """The filters, the time step, and how values are summed."""

    interval = interval_field()
    weighting = weighting_field()


class LiquidationHistory(StoreAnswer):
    """Liquidated value over time, both sides, in total and per venue."""

    parameters = HistoryParameters
    shape = shapes.History

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return a bucket for every step. Raises BadParameters."""
        selection = Selection.of(values, datetime.now(UTC))
        return history(selection, values["weighting"], values.get("interval"))


class SummaryParameters(serializers.Serializer[Any]):
    """The filters without a range: the windows are fixed."""

    symbol = SymbolField(required=False, help_text="left out: all symbols")
    exchanges = ExchangesField()
    side = choice(("long", "short"), required=False)
    type = TypesField(default=COUNTED_TYPES)
    min_value = FiniteField(required=False, min_value=0)
    max_value = FiniteField(required=False, min_value=0)
    weighting = weighting_field()


class LiquidationSummary(StoreAnswer):
    """Totals, counts and the largest liquidation of the last 1, 4, 12 and 24 hours."""

    parameters = SummaryParameters
    shape = shapes.Summary

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return the windows."""
        return summary(Selection.of(values, datetime.now(UTC)), values["weighting"])


class StoredParameters(serializers.Serializer[Any]):
    """A symbol, or all, on some venues."""

    symbol = SymbolField(required=False, help_text="left out: all symbols")
    exchanges = ExchangesField()


class DateRange(StoreAnswer):
    """From when to when liquidations are stored."""

    parameters = StoredParameters
    shape = shapes.DateRange

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return the first and last times."""
        return stored.date_range(values.get("symbol"), values["exchanges"], datetime.now(UTC))


class SymbolsParameters(serializers.Serializer[Any]):
    """Some venues, or all."""

    exchanges = ExchangesField()


class Symbols(StoreAnswer):
    """The symbols of the last 30 days with their venues and the value of the last 24 hours."""

    parameters = SymbolsParameters
    shape = shapes.Symbols

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return the symbols, the most liquidated first."""
        return stored.symbols(values["exchanges"], datetime.now(UTC))
