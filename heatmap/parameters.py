"""What a request may ask for: checked once, at the edge, then typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from django.http import QueryDict
from rest_framework import serializers

from heatmap.fields import (
    SYMBOL,
    ExchangesField,
    FiniteField,
    SymbolField,
    TimeField,
    TypesField,
    choice,
)

__all__ = ["SYMBOL", "BadParameters", "Selection", "misfit", "validated"]

TIMEFRAMES = {
    "1h": timedelta(hours=1),
    "4h": timedelta(hours=4),
    "12h": timedelta(hours=12),
    "24h": timedelta(hours=24),
    "3d": timedelta(days=3),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "1y": timedelta(days=365),
}
LONGEST = timedelta(days=366)
LONGEST_COMPARED = timedelta(days=30)
DEFAULT_SYMBOL = "BTCUSDT"
DEFAULT_TIMEFRAME = "24h"
# What totals count; deleveraging and assignments only when they are asked for.
COUNTED_TYPES = ("forced", "backstop")

# Words of fields that are told on; those of the framework are all `invalid`.
_CODES = ("unknown_exchange", "does_not_fit")


class BadParameters(Exception):
    """The request asks for what cannot be: `detail` says it in a sentence, `errors` by field.

    `code` is `invalid` for a value that could never be right, `does_not_fit` for values that
    are right each on its own, and `unknown_exchange`.
    """

    def __init__(self, detail: str, code: str, errors: Mapping[str, list[str]]) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code
        self.errors = dict(errors)


@dataclass(frozen=True)
class Selection:
    """Which liquidations an answer is about: those of [start, end) that pass every filter.

    What is None is not filtered by; `timeframe` is None for a range of two given times.
    Nothing is known yet of times after `asked_at`.
    """

    symbol: str | None
    timeframe: str | None
    exchanges: tuple[str, ...]
    start: datetime
    end: datetime
    asked_at: datetime
    side: str | None = None
    types: tuple[str, ...] = COUNTED_TYPES
    min_value: float | None = None
    max_value: float | None = None

    @classmethod
    def of(
        cls, values: Mapping[str, Any], now: datetime, longest: timedelta | None = LONGEST
    ) -> Self:
        """Return the selection of checked values. Raises BadParameters for a range that is none."""
        start, end = span(values, now, longest)
        check_values(values.get("min_value"), values.get("max_value"))
        return cls(
            symbol=values.get("symbol"),
            timeframe=None if "start" in values else values.get("timeframe", DEFAULT_TIMEFRAME),
            exchanges=values["exchanges"],
            start=start,
            end=end,
            asked_at=now,
            side=values.get("side"),
            types=values.get("type", COUNTED_TYPES),
            min_value=values.get("min_value"),
            max_value=values.get("max_value"),
        )


class RangeParameters(serializers.Serializer[Any]):
    """A time frame that ends at `end` (left out: now), or `start` and `end`."""

    timeframe = choice(
        TIMEFRAMES,
        f"A timeframe is one of {', '.join(TIMEFRAMES)}.",
        required=False,
        help_text="how far the range reaches back from its end; left out: 24h",
    )
    start = TimeField(required=False, help_text="the first moment, instead of a timeframe")
    end = TimeField(required=False, help_text="the moment after the last; left out: now")


class SelectionParameters(RangeParameters):
    """The filters of every answer about liquidations; left out, a filter lets all pass."""

    symbol = SymbolField(required=False, help_text="left out: all symbols")
    exchanges = ExchangesField()
    side = choice(("long", "short"), required=False, help_text="of the position that was closed")
    type = TypesField(default=COUNTED_TYPES)
    min_value = FiniteField(required=False, min_value=0, help_text="USD; drops unknown values")
    max_value = FiniteField(required=False, min_value=0, help_text="USD; drops unknown values")


class PricedParameters(SelectionParameters):
    """The same for answers with a price axis, which are about one symbol."""

    symbol = SymbolField(default=DEFAULT_SYMBOL)


class NoParameters(serializers.Serializer[Any]):
    """Nothing may be asked for."""


def span(
    values: Mapping[str, Any], now: datetime, longest: timedelta | None = LONGEST
) -> tuple[datetime, datetime]:
    """Return [start, end) of checked values. Raises BadParameters when that is no range."""
    end = values.get("end") or now
    start = values.get("start") or end - TIMEFRAMES[values.get("timeframe", DEFAULT_TIMEFRAME)]
    if "start" in values and "timeframe" in values:
        raise misfit("timeframe", "Give a timeframe or a start, not both.")
    check_span(start, end, longest)
    return start, end


def check_span(start: datetime, end: datetime, longest: timedelta | None = LONGEST) -> None:
    """Raise BadParameters unless the range begins before it ends and is not too long."""
    if start >= end:
        raise misfit("start", "The start must lie before the end.")
    if longest is not None and end - start > longest:
        fits = f"{end - longest:%Y-%m-%dT%H:%M:%SZ}"
        raise misfit("start", f"A range has at most {longest.days} days; start {fits} would fit.")


def check_values(low: float | None, high: float | None) -> None:
    """Raise BadParameters when no value can pass both limits."""
    if low is not None and high is not None and low > high:
        raise misfit("max_value", "It must not lie below min_value.")


def check_compared(selection: Selection) -> None:
    """Raise BadParameters for a range too long to compare venues moment by moment."""
    if selection.end - selection.start > LONGEST_COMPARED:
        reason = "Venues are compared over at most 30 days: timeframe 30d would fit."
        raise misfit("start" if selection.timeframe is None else "timeframe", reason)


def misfit(name: str, reason: str) -> BadParameters:
    """Return the refusal of a value that does not fit to the others or to what is stored."""
    return BadParameters(f"{name}: {reason}", "does_not_fit", {name: [reason]})


def validated(
    serializer: type[serializers.Serializer[Any]], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the checked values; a name that is no parameter is refused too (a typo).

    Raises BadParameters.
    """
    values = given.dict() if isinstance(given, QueryDict) else dict(given)
    checked = serializer(data=values)
    errors: dict[str, list[Any]] = {}
    if not checked.is_valid():
        errors.update(checked.errors)
    known = f"Known: {', '.join(checked.fields)}." if checked.fields else "None is known here."
    for name in set(values) - set(checked.fields):
        errors[str(name)[:40]] = [f"Unknown parameter. {known}"]
    for name in _repeated(given) - set(errors):
        errors[name] = ["Given more than once."]
    if errors:
        raise _bad_parameters(errors)
    return dict(checked.validated_data)


def validated_body(serializer: type[serializers.Serializer[Any]], given: object) -> dict[str, Any]:
    """Return the checked values of a JSON body, whose numbers are numbers and texts are texts.

    Raises BadParameters.
    """
    if not isinstance(given, Mapping):
        raise BadParameters("The body must be a JSON object.", "invalid", {})
    for name, field in serializer().fields.items():
        if name in given and type(given[name]) not in _json_types(field):
            raise _bad_parameters({name: [_WORDS[_json_types(field)]]})
    return validated(serializer, given)


_JsonTypes = tuple[type, ...]
_NUMBER: _JsonTypes = (int, float)
_FLAG: _JsonTypes = (bool,)
_TEXT: _JsonTypes = (str,)
_WORDS: dict[_JsonTypes, str] = {
    _NUMBER: "A number is needed.",
    _FLAG: "true or false is needed.",
    _TEXT: "A text is needed.",
}


def _json_types(field: serializers.Field[Any, Any, Any, Any]) -> _JsonTypes:
    """Return which types of JSON a field takes."""
    if isinstance(field, serializers.BooleanField):
        return _FLAG
    return _NUMBER if isinstance(field, serializers.FloatField) else _TEXT


def _repeated(given: Mapping[str, Any]) -> set[str]:
    if not isinstance(given, QueryDict):
        return set()
    return {name for name, values in given.lists() if len(values) > 1}


def _bad_parameters(errors: Mapping[str, list[Any]]) -> BadParameters:
    name, [first, *_] = next(iter(errors.items()))
    code = getattr(first, "code", "invalid")
    detail = str(first) if code == "unknown_exchange" else f"{name}: {first}"
    said = {name: [str(reason) for reason in reasons] for name, reasons in errors.items()}
    return BadParameters(detail, code if code in _CODES else "invalid", said)
