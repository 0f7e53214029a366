"""Well-formed frames that cannot be true: a real frame with one value altered."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from exchanges.simulator.contracts import Liquidation

HOUR_MS = 3_600_000
UNKNOWN_SIDE = "sideways"

_SIDES = frozenset(("buy", "sell", "long", "short", "b", "a"))
_IDS = frozenset(("trade_id", "trade_id_str", "trade_seq", "uid", "seq", "tid", "hash", "id"))
# Larger than any time in microseconds: an id of ours.
_LEAST_ID = 1 << 58
_fresh = count(1)

Alter = Callable[[Any], Any]
Fits = Callable[[Any, Liquidation], bool]

KINDS = (
    "price nan",
    "size negative",
    "side unknown",
    "price half",
    "time ahead",
    "price infinite",
    "size zero",
    "price negative",
    "size nan",
    "price zero",
    "size infinite",
)


def nonsense_beside(frame: str, row: Liquidation, turn: int) -> str | None:
    """Return the frame with one impossible value where it tells of `row`.

    None when the venue does not send that value as such (a side that is a sign, say).
    """
    return nonsense(frame, row, KINDS[turn % len(KINDS)])


def nonsense(frame: str, row: Liquidation, kind: str) -> str | None:
    """Return the frame with the impossible value of this kind, and ids of its own."""
    what, how = kind.split()
    try:
        message = json.loads(frame)
    except ValueError:
        return None
    leaves = list(_leaves(message))
    has_side = any(_is_side(holder[key], row) for holder, key in leaves)
    places = [(holder, key) for holder, key in leaves if _FITS[what](holder[key], row)]
    # Where the sign is the side, a negative size is the other side's.
    if not places or (kind == "size negative" and not has_side):
        return None
    for holder, key in places:
        holder[key] = _ALTERED[how](holder[key])
    _give_new_ids(message, row)
    return json.dumps(message, separators=(",", ":"))


def _leaves(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield (holder, key) of everything that is no object or list; marks are left true."""
    for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
        if isinstance(inner, dict | list):
            yield from _leaves(inner)
        elif not str(key).startswith(("mark", "index")):
            yield value, key


def _number(leaf: Any) -> float | None:
    try:
        return None if isinstance(leaf, bool) else float(leaf)
    except (TypeError, ValueError):
        return None


def _is_price(leaf: Any, row: Liquidation) -> bool:
    return _number(leaf) == row.price


def _is_size(leaf: Any, row: Liquidation) -> bool:
    number = _number(leaf)
    return number is not None and abs(number) in (row.size, row.size * row.contract.unit)


def _is_side(leaf: Any, row: Liquidation) -> bool:
    return isinstance(leaf, str) and leaf.lower() in _SIDES


def _is_time(leaf: Any, row: Liquidation) -> bool:
    if isinstance(leaf, str) and leaf.endswith("Z"):
        return _iso_ms(leaf) == row.time_ms
    return _number(leaf) in (row.time_ms, row.time_ms * 1000, row.time_ms * 1_000_000)


def _iso_ms(text: str) -> int | None:
    try:
        return round(datetime.fromisoformat(text).timestamp() * 1000)
    except ValueError:
        return None


def _as_sent(leaf: Any, number: float) -> Any:
    """Return another number the way this one is sent: as text, or as a number."""
    if isinstance(leaf, str):
        return f"{number:.12g}"
    return number


def _later(leaf: Any) -> Any:
    """Return a time an hour later, in the unit in which it is sent."""
    if isinstance(leaf, str) and leaf.endswith("Z"):
        later = datetime.fromisoformat(leaf).astimezone(UTC) + timedelta(hours=1)
        return f"{later:%Y-%m-%dT%H:%M:%S}.{later.microsecond // 1000:03}Z"
    digits = len(str(leaf))
    moved = int(leaf) + HOUR_MS * 10 ** (digits - 13)
    return str(moved) if isinstance(leaf, str) else moved


def _give_new_ids(message: Any, row: Liquidation) -> None:
    """Keep the frame from being taken for the real one sent again."""
    for holder, key in _leaves(message):
        leaf = holder[key]
        if isinstance(leaf, int) and (key in _IDS or leaf > _LEAST_ID) and not _is_time(leaf, row):
            holder[key] = leaf + (next(_fresh) << 21)
        # A channel may be named by the contract, under the same key as an id.
        elif isinstance(leaf, str) and key in _IDS and leaf != row.instrument:
            holder[key] = _other_digits(leaf)


def _other_digits(text: str) -> str:
    """Return another id of the same length and kind."""
    fresh = str(next(_fresh))
    return text[: -len(fresh)] + fresh if len(text) > len(fresh) else fresh


_FITS: dict[str, Fits] = {
    "price": _is_price,
    "size": _is_size,
    "side": _is_side,
    "time": _is_time,
}
_ALTERED: dict[str, Alter] = {
    "nan": lambda leaf: _as_sent(leaf, float("nan")),
    "infinite": lambda leaf: _as_sent(leaf, float("inf")),
    "negative": lambda leaf: _as_sent(leaf, -abs(float(leaf))),
    "zero": lambda leaf: _as_sent(leaf, 0.0),
    "half": lambda leaf: _as_sent(leaf, float(leaf) * 1.5),
    "unknown": lambda _: UNKNOWN_SIDE,
    "ahead": _later,
}
