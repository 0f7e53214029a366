"""What Hyperliquid tells of an account: its open positions on the first dex.

`szi` is signed, in coin units: negative is short. `liquidationPx` is the venue's own; that of a
cross position depends on the whole account and holds while the rest of it stays, and it is null
where no price of this coin alone would do it. Of `leverage` an isolated position also has
`rawUsd`, its margin. `positionValue` is at the mark price.

Source: https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint/perpetuals
(retrieve user's perpetuals account summary: weight 2)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

import msgspec

from exchanges.adapters.parts.wire import Request, decode
from exchanges.errors import MalformedFrame
from exchanges.events import Side

MarginMode = Literal["isolated", "cross"]

WEIGHT = 2.0
LEAST_PRICE, MOST_PRICE = 1e-12, 1e12
_URL = "https://api.hyperliquid.xyz/info"


class Position(msgspec.Struct, frozen=True):
    """One open position; quantity in base units, prices in USD, None where it is not told."""

    symbol: str
    side: Side
    margin_mode: MarginMode
    quantity: float
    entry_price: float | None
    liquidation_price: float | None
    leverage: float | None
    mark_price: float | None


class _Leverage(msgspec.Struct, gc=False):
    type: MarginMode
    value: float


class _Told(msgspec.Struct, rename="camel"):
    coin: str
    szi: float
    leverage: _Leverage
    entry_px: float | None = None
    liquidation_px: float | None = None
    position_value: float | None = None


class _Entry(msgspec.Struct):
    position: _Told


class _State(msgspec.Struct, rename="camel"):
    asset_positions: list[_Entry]


_STATE = msgspec.json.Decoder(_State, strict=False)


def state_request(address: str) -> Request:
    """Return what asks for an account's state."""
    body = msgspec.json.encode({"type": "clearinghouseState", "user": address}).decode()
    return Request(_URL, body, WEIGHT)


def positions(body: bytes, symbols: Mapping[str, str]) -> list[Position]:
    """Return an account's open positions in these coins, by coin the symbol.

    Raises MalformedFrame for an answer of another form, whatever it holds beside them.
    """
    state: _State = decode(_STATE, body)
    told = [entry.position for entry in state.asset_positions]
    return [_position(one, symbols[one.coin]) for one in told if one.coin in symbols and one.szi]


def _position(told: _Told, symbol: str) -> Position:
    if not math.isfinite(told.szi):
        raise MalformedFrame(f"szi {told.szi} of {told.coin} is no quantity")
    quantity = abs(told.szi)
    return Position(
        symbol=symbol,
        side="long" if told.szi > 0 else "short",
        margin_mode=told.leverage.type,
        quantity=quantity,
        entry_price=_price(told.entry_px),
        liquidation_price=_price(told.liquidation_px),
        leverage=_price(told.leverage.value),
        mark_price=_price(told.position_value and told.position_value / quantity),
    )


def _price(told: float | None) -> float | None:
    """Return a number that can be a price, or None: nothing is made of one that cannot."""
    return told if told is not None and LEAST_PRICE <= told <= MOST_PRICE else None
