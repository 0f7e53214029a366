"""Frames that a sound client must survive: no JSON, cut short, of the wrong types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

FIXED = (
    "\u0000 this is not JSON",
    '{"topic":',
    "[]",
    "null",
    '{"data": 7, "topic": {}, "o": "x"}',
    '{"data": [{"p": NaN, "v": Infinity}], "price": 1e999}',
    '{"data": ' + "9" * 5_000 + "}",
    "[" * 2_000,
    "",
)


def large_garbage() -> Iterator[str]:
    """Yield what is too much for a client that does not mind sizes, each about a MiB."""
    mib = 1 << 20
    yield "[" * mib
    yield '{"a":' * (mib // 5)
    # A small frame for what it becomes in memory.
    yield '{"topic":"x","data":[' + "{}," * (mib // 3) + "{}]}"
    yield '{"topic":"' + "x" * (mib + 4096) + '"}'


def garbage_beside(frame: str, turn: int) -> str:
    """Return one kind of garbage, made of the real frame in two turns of three."""
    kind = turn % 3
    if kind == 0:
        return frame[: len(frame) * 2 // 3]
    return _with_words_for_numbers(frame) if kind == 1 else FIXED[turn // 3 % len(FIXED)]


def _with_words_for_numbers(frame: str) -> str:
    try:
        return json.dumps(_words(json.loads(frame)))
    except ValueError:
        return FIXED[0]


def _words(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _words(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_words(inner) for inner in value]
    return "many" if _is_number(value) else value


def _is_number(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True
