"""What is asked over REST, and how what comes over the wire is read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from exchanges.errors import MalformedFrame

# Milliseconds of 2010-01-01 and 2100-01-01: a time outside is not a time.
_EARLIEST_MS, _LATEST_MS = 1_262_304_000_000, 4_102_444_800_000

T = TypeVar("T")
_ANY = msgspec.json.Decoder()


class Request(msgspec.Struct, frozen=True):
    """One REST request: GET, or POST when `body` is given. `weight` is what it costs
    of a venue's budget.

    A `file:` address is a file of the operator's, read as if a venue had answered it.
    """

    url: str
    body: str | None = None
    weight: float = 1.0


def decode(decoder: msgspec.json.Decoder[Any], frame: bytes) -> Any:
    """Decode one JSON text. Raises MalformedFrame with the place that does not fit."""
    try:
        return decoder.decode(frame)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise MalformedFrame(str(error)) from error


def extract(body: bytes, path: str, kind: type[T]) -> T:
    """Return what lies at a dotted path of a JSON answer, as `kind`. Raises MalformedFrame."""
    value: Any = decode(_ANY, body)
    try:
        for step in path.split("."):
            value = value[step]
        return msgspec.convert(value, kind, strict=False)
    except (KeyError, TypeError, msgspec.ValidationError) as error:
        raise MalformedFrame(f"no {path} of the documented form in the answer: {error}") from error


def number(told: float | str | None) -> float:
    """Return a number that may be written as a text; zero for an empty one.

    Raises MalformedFrame.
    """
    try:
        return float(told or 0)
    except ValueError as error:
        raise MalformedFrame(str(error)) from error


def utc_from_ms(time_ms: int) -> datetime:
    """Return the aware UTC time of epoch milliseconds. Raises MalformedFrame."""
    if not _EARLIEST_MS < time_ms < _LATEST_MS:
        raise MalformedFrame(f"time {time_ms} is not in epoch milliseconds")
    return datetime.fromtimestamp(time_ms / 1000, UTC)
