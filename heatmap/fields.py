"""The kinds of values a request may hold, each with the words in which it is refused.

Every field states in OpenAPI exactly what it takes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, get_args

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from exchanges.adapters import adapters, select
from exchanges.errors import UnknownExchange
from exchanges.events import LiquidationType

# Letters of any script: there are contracts on coins with Chinese names.
SYMBOL = re.compile(r"^[\w:.-]{2,40}\Z")
TYPES: tuple[str, ...] = get_args(LiquidationType)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)

_MOST_LETTERS = 400


def choice(
    values: Iterable[str], refusal: str | None = None, **options: Any
) -> serializers.ChoiceField:
    """Return a field of a few words; the refusal names them unless it is given."""
    known = list(values)
    said = refusal or f"One of {', '.join(known)}."
    return serializers.ChoiceField(
        choices=known,
        error_messages={"invalid_choice": said, "blank": said, "null": said},
        **options,
    )


@extend_schema_field({"type": "string", "pattern": r"^[\w:.-]{2,40}$"})
class SymbolField(serializers.RegexField):
    """A symbol, ours: base and quote in one word."""

    def __init__(self, **options: Any) -> None:
        said = "A symbol is letters and digits, like BTCUSDT."
        options.setdefault("help_text", "like BTCUSDT or 1000PEPEUSDT")
        super().__init__(SYMBOL, error_messages={"invalid": said, "blank": said}, **options)


class ListField(serializers.CharField):
    """Words from a fixed set, comma-separated, blanks trimmed; left out or blank means default."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=_MOST_LETTERS, default="", **options)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return the words without repeats."""
        is_blank = data is serializers.empty or not str(data).strip()
        text = "" if is_blank else super().run_validation(data)
        return self.chosen([name.strip() for name in text.split(",") if name.strip()])

    def chosen(self, names: list[str]) -> tuple[str, ...]:
        """Return what the names stand for. Raises ValidationError naming the unknown ones."""
        raise NotImplementedError


def list_schema(words: Iterable[str]) -> dict[str, Any]:
    """Return OpenAPI's schema of a comma-separated list of words, blanks allowed."""
    word = f"({'|'.join(words)})?"
    return {
        "type": "string",
        "pattern": rf"^ *{word} *(, *{word} *)*$",
        "minLength": 0,
        "maxLength": _MOST_LETTERS,
        "description": f"comma-separated, of {', '.join(words)}",
    }


@extend_schema_field(list_schema(adapters()))
class ExchangesField(ListField):
    """A comma-separated list of venues; left out or blank means all."""

    def __init__(self, **options: Any) -> None:
        super().__init__(help_text="comma-separated; left out: all", **options)

    def chosen(self, names: list[str]) -> tuple[str, ...]:
        """Return the venues; unknown ones are all named in the error."""
        try:
            return tuple(adapter.name for adapter in select(names or None))
        except UnknownExchange as error:
            raise serializers.ValidationError(str(error), code="unknown_exchange") from error


@extend_schema_field(list_schema(["all", *TYPES]))
class TypesField(ListField):
    """Liquidation types; `all` means every one."""

    def __init__(self, default: tuple[str, ...], **options: Any) -> None:
        said = f"comma-separated, of {', '.join(TYPES)}, or all; left out: {', '.join(default)}"
        self.usual = default
        super().__init__(help_text=said, **options)

    def chosen(self, names: list[str]) -> tuple[str, ...]:
        """Return the types, in the order of the vocabulary."""
        unknown = [name for name in names if name not in (*TYPES, "all")]
        if unknown:
            said = f"Unknown types: {unknown}. Known: {', '.join(TYPES)}, all."
            raise serializers.ValidationError(said)
        if not names:
            return self.usual
        return tuple(kind for kind in TYPES if kind in names or "all" in names)


class TimeField(serializers.DateTimeField):
    """An ISO-8601 time; without a zone it is UTC."""

    said = "A time is ISO-8601 in UTC, like 2026-11-22T12:00:00Z."

    def __init__(self, **options: Any) -> None:
        kinds = ("invalid", "date", "make_aware", "overflow")
        messages: dict[str, Any] = dict.fromkeys(kinds, self.said)
        super().__init__(default_timezone=UTC, error_messages=messages, **options)

    def to_internal_value(self, value: Any) -> datetime:
        """Return an aware time that the store can hold."""
        moment = super().to_internal_value(value)
        if not EARLIEST <= moment < LATEST:
            said = f"A time lies between {EARLIEST.year} and {LATEST.year}."
            raise serializers.ValidationError(said, code="does_not_fit")
        return moment.astimezone(UTC)


class FiniteField(serializers.FloatField):
    """A number; `nan` and `inf` are none."""

    def to_internal_value(self, data: Any) -> float:
        """Return a finite number."""
        number = super().to_internal_value(data)
        if not math.isfinite(number):
            self.fail("invalid")
        return number


class FlagField(serializers.BooleanField):
    """`true` or `false`, and nothing that merely looks like it."""

    TRUE_VALUES = {True, "true"}
    FALSE_VALUES = {False, "false"}
    NULL_VALUES: set[Any] = set()


LEVERAGES = (5, 10, 25, 50, 100)
_WEIGHT = r"(5|10|25|50|100):\d{1,6}(\.\d{1,6})?"


@extend_schema_field({"type": "string", "pattern": rf"^{_WEIGHT}(,{_WEIGHT})*$"})
class LeverageWeightsField(serializers.CharField):
    """Weights by leverage, like `5:15,10:30`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=200, **options)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return {leverage: weight}."""
        text = super().run_validation(data)
        weights = dict(_weight(part) for part in text.split(","))
        if not any(weights.values()):
            said = "All weights are zero. At least one must be above."
            raise serializers.ValidationError(said, code="does_not_fit")
        return weights


def _weight(text: str) -> tuple[int, float]:
    leverage, colon, weight = (part.strip() for part in text.partition(":"))
    if not colon:
        raise _bad_weight(f"Invalid format: '{text}'. Expected 'leverage:weight'")
    if leverage not in map(str, LEVERAGES):
        known = list(LEVERAGES)
        raise _bad_weight(f"Invalid leverage '{leverage}'. Must be one of: {known}")
    try:
        number = float(weight)
    except ValueError:
        raise _bad_weight(f"Invalid weight '{weight}'. It is a number.") from None
    if not math.isfinite(number) or number < 0:
        raise _bad_weight(f"Invalid weight '{weight}'. It must not be negative.")
    return int(leverage), number


def _bad_weight(said: str) -> serializers.ValidationError:
    return serializers.ValidationError(said)
