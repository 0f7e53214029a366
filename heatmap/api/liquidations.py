"""Single liquidations, and seconds in which venues' prices lay apart."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers

from heatmap.answers import listing, spread
from heatmap.api.views import StoreAnswer
from heatmap.fields import FiniteField
from heatmap.parameters import Selection, SelectionParameters, check_compared
from heatmap.shapes import liquidations as shapes


class ListParameters(SelectionParameters):
    """The filters, and where a page begins and how long it is."""

    limit = serializers.IntegerField(min_value=1, max_value=500, default=50)
    cursor = serializers.RegexField(
        r"^[A-Za-z0-9_=-]{1,800}\Z",
        required=False,
        help_text="next_cursor of the page before",
        error_messages={"invalid": "Give the next_cursor of another answer as it stands."},
    )


class Liquidations(StoreAnswer):
    """Liquidations, newest first, page by page."""

    parameters = ListParameters
    shape = shapes.LiquidationPage

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return one page. Raises BadParameters."""
        selection = Selection.of(values, datetime.now(UTC))
        return listing.page(selection, values["limit"], values.get("cursor"))


class LiquidationDetail(StoreAnswer):
    """One liquidation explained: the venue's message and the rules by which it was read."""

    shape = shapes.Explained

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return the liquidation. Raises UnknownLiquidation."""
        return listing.explained(values["event_id"])


class SpreadParameters(SelectionParameters):
    """The filters, how far apart prices must lie, and how many seconds at most."""

    threshold = FiniteField(min_value=0, max_value=1000, default=2.0, help_text="percent")
    limit = serializers.IntegerField(min_value=1, max_value=500, default=50)


class LiquidationSpread(StoreAnswer):
    """Seconds in which venues' liquidations of one symbol had prices apart, widest first."""

    parameters = SpreadParameters
    shape = shapes.Spreads

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return the spreads. Raises BadParameters for a range that is too long."""
        selection = Selection.of(values, datetime.now(UTC))
        check_compared(selection)
        return spread.spreads(selection, values["threshold"], values["limit"])
