"""Fills of Hyperliquid's API: what one that has a `liquidation` tells about whom.

Each execution has two fills, one of each party, of equal time, coin and tid, and both have
the `liquidation` object. Side A sold and B bought, so the side of the liquidated position is
that of the liquidated user's own fill (A closed a long) and the opposite of the
counterparty's (its B closed a long).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

import msgspec

from exchanges.adapters.base import decode
from exchanges.events import LiquidationType, Side

Party = tuple[str, msgspec.Raw]
"""A user's address and fill."""

ADL = "Auto-Deleveraging"
# HLP's liquidators and strategies of 2026. They take over what is liquidated; when one of them
# is named as the liquidated user, it is being relieved of that by auto-deleveraging.
VAULTS = (
    "0x2e3d94f0562703b25c83308a05046ddaf9a8dd14",
    "0xb0a55f13d22f66e6d495ac98113841b2326e9540",
    "0x5e177e5e39c0f4e421f5865a6d8beed8d921cb70",
    "0x2ed5c4484ea3ff8b57d5f2fb152a40d9f2b68308",
    "0x010461c14e146ac35fe42271bdc1134ee31c703a",
    "0x31ca8395cf837de08b24da3f660e77761dfb974b",
    "0x469f690213c467c39a23efacfd2816896009d7d8",
    "0x63c621a33714ec48660e32f2374895c8026a3a00",
)
_VAULTS = frozenset(VAULTS)
_CLOSED: dict[str, Side] = {"A": "long", "B": "short"}
_OPPOSITE: dict[str, Side] = {"A": "short", "B": "long"}
_LIQUIDATED = re.compile(r"Liquidated \w+ (Long|Short)")


class Cause(msgspec.Struct, gc=False):
    """`liquidation` of a fill."""

    liquidatedUser: str | None = None
    method: str = "market"


class Fill(msgspec.Struct, gc=False):
    """One party's part in an execution."""

    coin: str
    px: float
    sz: float
    side: Literal["A", "B"]
    time: int
    tid: int
    dir: str = ""
    crossed: bool = True
    liquidation: Cause | None = None


FILL = msgspec.json.Decoder(Fill, strict=False)


class Execution(msgspec.Struct, gc=False):
    """An execution by which somebody was liquidated, as one of its parties has it."""

    key: str
    """What both parties' fills have in common."""
    user: str
    fill: Fill
    cause: Cause
    raw: bytes

    @property
    def names_the_liquidated(self) -> bool:
        """Return whether it says who was liquidated, rather than letting it be inferred."""
        return bool(self.cause.liquidatedUser) or self.fill.dir.startswith("Liquidated")

    @property
    def is_the_liquidateds(self) -> bool:
        """Return whether this is the liquidated user's own fill.

        Where nobody is named: the liquidated take the book's orders, but not a backstop's.
        """
        if victim := self.cause.liquidatedUser:
            return victim == self.user or victim.lower() == self.user.lower()
        is_market = self.cause.method == "market"
        return self.names_the_liquidated or self.fill.crossed == is_market

    @property
    def side(self) -> Side:
        """The side of the liquidated user's position."""
        if not self.is_the_liquidateds:
            return _OPPOSITE[self.fill.side]
        if said := _LIQUIDATED.fullmatch(self.fill.dir):
            return "long" if said[1] == "Long" else "short"
        return _CLOSED[self.fill.side]

    @property
    def kind(self) -> LiquidationType:
        """By what the position was closed."""
        if self.fill.dir == ADL or (self.cause.liquidatedUser or "").lower() in _VAULTS:
            return "adl"
        return "backstop" if self.cause.method == "backstop" else "forced"


def executions(parties: Iterable[Party]) -> Iterable[Execution]:
    """Return each execution that liquidated once, of perpetuals only; raises MalformedFrame.

    Of two parties the liquidated user tells more, and who says that it was auto-deleveraging.
    """
    found: dict[str, Execution] = {}
    for user, raw in parties:
        if not (one := _execution(user, bytes(raw))):
            continue
        other = found.get(one.key)
        if other is None or _telling(one) > _telling(other):
            found[one.key] = one
    return found.values()


def _execution(user: str, raw: bytes) -> Execution | None:
    """Return what a fill tells, None for an ordinary or spot one (`@107`, `PURR/USDC`)."""
    if b'"liquidation"' not in raw:
        return None
    fill: Fill = decode(FILL, raw)
    if fill.liquidation is None or fill.coin.startswith("@") or "/" in fill.coin:
        return None
    key = f"{fill.time}:{fill.coin}:{fill.tid}"
    return Execution(key, user, fill, fill.liquidation, raw)


def _telling(one: Execution) -> tuple[bool, bool]:
    return one.fill.dir == ADL, one.is_the_liquidateds
