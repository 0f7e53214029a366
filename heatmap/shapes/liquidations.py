"""Single liquidations, and prices that lay apart."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from exchanges.events import Completeness, LiquidationType, PriceKind, Side, SizeUnit
from heatmap.shapes.common import Head


class LiquidationRow(TypedDict):
    """One liquidation as stored."""

    event_id: str
    exchange: str
    instrument_id: str
    symbol: str
    side: Side
    price: float
    price_kind: PriceKind
    quantity: float | None
    value_usd: float | None
    liquidation_type: LiquidationType
    completeness: Completeness
    confidence: float
    exchange_time: datetime
    received_time: datetime | None
    adapter_version: int | None


class LiquidationPage(Head):
    """Liquidations, newest first; `next_cursor` asks for those that follow, null at the end."""

    liquidations: list[LiquidationRow]
    limit: int
    next_cursor: str | None


class RawLiquidation(LiquidationRow):
    """The same with what the venue sent."""

    raw_side: str
    raw_size: float
    raw_unit: SizeUnit
    raw: str


class Rules(TypedDict):
    """How a venue's messages are read, by the adapter as it is now, and where that is stated."""

    side: str
    price_kind: PriceKind
    size: str
    identity: str
    completeness: str
    docs_url: str
    adapter_version: int


class Explained(TypedDict):
    """One liquidation, the venue's message, and the rules by which the one became the other."""

    liquidation: RawLiquidation
    rules: Rules
    is_same_adapter_version: bool | None


class VenuePrice(TypedDict):
    """A venue's mean price of one second."""

    exchange: str
    price: float
    price_kind: PriceKind
    count: int


class Spread(TypedDict):
    """One second in which venues stated different prices, the lowest first."""

    symbol: str
    timestamp: datetime
    spread_percent: float
    prices: list[VenuePrice]
    is_same_price_kind: bool


class Spreads(Head):
    """Seconds with prices apart, the widest first."""

    threshold: float
    limit: int
    spreads: list[Spread]
    count: int
