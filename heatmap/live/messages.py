"""What a client may say: a JSON text in, a checked message out, or a refusal."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from exchanges.adapters import select
from exchanges.errors import UnknownExchange
from heatmap.live.limits import Limits
from heatmap.parameters import SYMBOL

ErrorCode = Literal[
    "INVALID_SYMBOL", "INVALID_ACTION", "INVALID_MESSAGE", "RATE_LIMITED", "SERVER_ERROR"
]


class Refused(Exception):
    """A message cannot be followed; `code` and the sentence go to the client."""

    def __init__(self, code: ErrorCode, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Subscribe(
    msgspec.Struct, frozen=True, tag_field="action", tag="subscribe", forbid_unknown_fields=True
):
    """Symbols to add; the rest is for all symbols of the connection from now on."""

    symbols: list[str]
    exchanges: list[str] | None = None
    min_value: float = 0.0
    update_interval: float | None = None
    snapshot: bool = True


class Unsubscribe(
    msgspec.Struct, frozen=True, tag_field="action", tag="unsubscribe", forbid_unknown_fields=True
):
    """Symbols to leave; none named means all."""

    symbols: list[str] | None = None


class Ping(msgspec.Struct, frozen=True, tag_field="action", tag="ping", forbid_unknown_fields=True):
    """A sign of life."""


Message = Subscribe | Unsubscribe | Ping
_decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)
_ACTIONS = ("subscribe", "unsubscribe", "ping")


class Subscription(msgspec.Struct, frozen=True):
    """What a client wants; clients of equal subscriptions share their frames.

    `exchanges` are the venues' names in order, `min_value` is in US dollars.
    """

    symbols: tuple[str, ...]
    exchanges: tuple[str, ...]
    min_value: float
    update_interval: float
    snapshot: bool


def read_message(text: str | None, limits: Limits) -> Message:
    """Return what the client says. Raises Refused."""
    if text is None or len(text.encode()) > limits.message_bytes:
        sentence = f"A message is a text of at most {limits.message_bytes} bytes."
        raise Refused("INVALID_MESSAGE", sentence)
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _refused(text, error) from error


def _refused(text: str, error: Exception) -> Refused:
    try:
        action = msgspec.json.decode(text).get("action")
    except (msgspec.DecodeError, AttributeError, RecursionError):
        action = None
    if action is not None and action not in _ACTIONS:
        return Refused("INVALID_ACTION", f"An action is one of {', '.join(_ACTIONS)}.")
    return Refused("INVALID_MESSAGE", f"The message is not as documented: {error}.")


def extended(before: Subscription | None, wish: Subscribe, limits: Limits) -> Subscription:
    """Return the subscription after a wish. Raises Refused."""
    _check_symbols(wish.symbols)
    symbols = tuple(sorted({*(before.symbols if before else ()), *wish.symbols}))
    # Told twice, a symbol counts twice here: a list longer than documented is refused as such.
    if not wish.symbols or max(len(wish.symbols), len(symbols)) > limits.symbols:
        raise Refused("INVALID_MESSAGE", f"A connection has 1 to {limits.symbols} symbols.")
    return Subscription(
        symbols=symbols,
        exchanges=_exchanges(wish.exchanges),
        min_value=_min_value(wish.min_value),
        update_interval=_interval(wish.update_interval, limits),
        snapshot=wish.snapshot,
    )


def reduced(before: Subscription | None, wish: Unsubscribe) -> Subscription | None:
    """Return what is left after a wish. Raises Refused."""
    _check_symbols(wish.symbols or [])
    if before is None or wish.symbols is None:
        return None
    symbols = tuple(symbol for symbol in before.symbols if symbol not in wish.symbols)
    return msgspec.structs.replace(before, symbols=symbols) if symbols else None


def _check_symbols(symbols: list[str]) -> None:
    if any(not SYMBOL.fullmatch(symbol) for symbol in symbols):
        raise Refused("INVALID_SYMBOL", "A symbol is letters and digits, like BTCUSDT.")


def _exchanges(names: list[str] | None) -> tuple[str, ...]:
    if names == []:
        raise Refused("INVALID_MESSAGE", "Leave `exchanges` out for all of them.")
    try:
        return tuple(sorted(adapter.name for adapter in select(names)))
    except UnknownExchange as error:
        raise Refused("INVALID_MESSAGE", f"{error}.") from error


def _min_value(value: float) -> float:
    if not 0 <= value < float("inf"):
        raise Refused("INVALID_MESSAGE", "`min_value` is US dollars, 0 or more.")
    return value


def _interval(seconds: float | None, limits: Limits) -> float:
    shortest, longest = limits.shortest_interval, limits.longest_interval
    if seconds is None:
        return limits.usual_interval
    if not shortest <= seconds <= longest:
        sentence = f"`update_interval` is seconds from {shortest:g} to {longest:g}."
        raise Refused("INVALID_MESSAGE", sentence)
    return seconds


def told(subscription: Subscription | None) -> dict[str, Any]:
    """Return a subscription as the client is told it."""
    if subscription is None:
        return {"symbols": []}
    return msgspec.structs.asdict(subscription)
