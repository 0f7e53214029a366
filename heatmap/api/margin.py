"""What a position demands and where it is liquidated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from exchanges.adapters import adapters
from heatmap.answers.margin import Asked, margin, tiers
from heatmap.api.views import PostedAnswer, StoreAnswer
from heatmap.fields import ExchangesField, FiniteField, FlagField, SymbolField, choice
from heatmap.parameters import misfit
from heatmap.shapes import margin as shapes

LEAST, MOST = 1e-9, 1e12
MOST_LEVERAGE = 1000
DEFAULT_EXCHANGE = "binance"


def _amount(**options: Any) -> FiniteField:
    return FiniteField(required=False, min_value=LEAST, max_value=MOST, **options)


class MarginParameters(serializers.Serializer[Any]):
    """An isolated position of a linear contract, by its notional or by entry price and size."""

    symbol = SymbolField()
    exchange = choice(adapters(), default=DEFAULT_EXCHANGE)
    notional = _amount(help_text="USD")
    entry_price = _amount()
    position_size = _amount(help_text="base units, with entry_price instead of a notional")
    leverage = FiniteField(required=False, min_value=1, max_value=MOST_LEVERAGE)
    side = choice(("long", "short"), required=False)
    include_tier_details = FlagField(default=False)
    include_display = FlagField(default=False)


class MarginCalculate(PostedAnswer):
    """Maintenance margin, tier and liquidation price of an isolated position, by the venue's tiers.

    The liquidation price needs entry_price, leverage and side.
    """

    parameters = MarginParameters
    shape = shapes.Margin

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return what the position demands. Raises BadParameters and UnknownTiers."""
        return margin(
            _asked(values),
            has_tier=values["include_tier_details"],
            has_display=values["include_display"],
        )


def _asked(values: Mapping[str, Any]) -> Asked:
    price, size = values.get("entry_price"), values.get("position_size")
    if ("notional" in values) == (size is not None):
        raise misfit("notional", "Give a notional, or an entry_price and a position_size.")
    if size is not None and price is None:
        raise misfit("entry_price", "A position_size needs the price at which it was entered.")
    notional = values["notional"] if size is None else size * price
    return Asked(
        symbol=values["symbol"],
        exchange=values["exchange"],
        notional=notional,
        entry_price=price,
        position_size=size,
        leverage=values.get("leverage"),
        side=values.get("side"),
    )


class TierParameters(serializers.Serializer[Any]):
    """Whose tiers, and which position to place in them."""

    exchanges = ExchangesField()
    current_notional = _amount(help_text="USD: current_tier is then its tier")


class MarginTiers(StoreAnswer):
    """The leverage tiers of one symbol on each exchange of which they are known."""

    parameters = TierParameters
    shape = shapes.Tiers

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return the tiers with their source and date."""
        return tiers(values["symbol"], values["exchanges"], values.get("current_notional"))
