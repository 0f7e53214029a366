"""What a request may ask for: checked once, at the edge, then typed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from rest_framework import serializers

from exchanges.adapters import select
from exchanges.errors import UnknownExchange

TIMEFRAMES = {
    "1h": timedelta(hours=1),
    "4h": timedelta(hours=4),
    "12h": timedelta(hours=12),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "1y": timedelta(days=365),
}
# Letters of any script: there are contracts on coins with Chinese names.
SYMBOL = re.compile(r"^[\w:.-]{2,40}\Z")
DEFAULT_SYMBOL = "BTCUSDT"
DEFAULT_TIMEFRAME = "24h"


class BadParameters(Exception):
    """The request asks for what cannot be: `detail` says it in a sentence, `errors` by field."""

    def __init__(self, detail: str, code: str, errors: Mapping[str, list[str]]) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code
        self.errors = dict(errors)


@dataclass(frozen=True)
class HeatmapQuery:
    """One symbol on some exchanges over [start, end)."""

    symbol: str
    timeframe: str
    exchanges: tuple[str, ...]
    start: datetime
    end: datetime

    @classmethod
    def over(cls, values: Mapping[str, Any], end: datetime) -> Self:
        """Return the query of checked values, over the time frame that ends now."""
        start = end - TIMEFRAMES[values["timeframe"]]
        return cls(values["symbol"], values["timeframe"], values["exchanges"], start, end)


class ExchangesField(serializers.CharField):
    """A comma-separated list of venues; left out or blank means all."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=400, allow_blank=True, default="", **options)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return the venues' names without repeats; unknown ones are all named in the error."""
        text = super().run_validation(data)
        names = [name.strip() for name in text.split(",") if name.strip()]
        try:
            return tuple(adapter.name for adapter in select(names or None))
        except UnknownExchange as error:
            raise serializers.ValidationError(str(error), code="unknown_exchange") from error


class HeatmapParameters(serializers.Serializer[Any]):
    """Parameters of every answer about one symbol over a time range."""

    symbol = serializers.RegexField(
        SYMBOL,
        default=DEFAULT_SYMBOL,
        error_messages={"invalid": "A symbol is letters and digits, like BTCUSDT."},
    )
    timeframe = serializers.ChoiceField(
        choices=list(TIMEFRAMES),
        default=DEFAULT_TIMEFRAME,
        error_messages={"invalid_choice": f"A timeframe is one of {', '.join(TIMEFRAMES)}."},
    )
    exchanges = ExchangesField()

    @classmethod
    def parse(cls, given: Mapping[str, Any], now: datetime | None = None) -> HeatmapQuery:
        """Return the query. Raises BadParameters."""
        return HeatmapQuery.over(validated(cls, given), now or datetime.now(UTC))


class LatestParameters(HeatmapParameters):
    """Parameters of the list of the newest liquidations."""

    limit = serializers.IntegerField(min_value=1, max_value=500, default=50)


def validated(
    serializer: type[serializers.Serializer[Any]], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the checked values; a name that is no parameter is refused too (a typo)."""
    checked = serializer(data=given)
    errors: dict[str, list[Any]] = {}
    if not checked.is_valid():
        errors.update(checked.errors)
    for name in set(given) - set(checked.fields):
        errors[str(name)[:40]] = [f"Unknown parameter. Known: {', '.join(checked.fields)}."]
    if errors:
        raise _bad_parameters(errors)
    return dict(checked.validated_data)


def _bad_parameters(errors: Mapping[str, list[Any]]) -> BadParameters:
    name, [first, *_] = next(iter(errors.items()))
    code = getattr(first, "code", "invalid")
    detail = str(first) if code == "unknown_exchange" else f"{name}: {first}"
    said = {name: [str(reason) for reason in reasons] for name, reasons in errors.items()}
    return BadParameters(detail, code if code == "unknown_exchange" else "invalid", said)
