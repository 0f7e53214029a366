"""The vocabulary: what a frame can mean. Everything here is frozen and knows no I/O."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Side = Literal["long", "short"]
PriceKind = Literal["fill", "order", "bankruptcy", "entry"]
SizeUnit = Literal["base", "quote", "contracts"]
TierUnit = Literal["usd", "base"]
LiquidationType = Literal["forced", "backstop", "adl", "assignment"]
Completeness = Literal["complete", "sampled", "partial"]
State = Literal[
    "off", "connecting", "subscribed", "live", "silent", "reconnecting", "failed", "blocked"
]

CONNECTED_STATES: frozenset[State] = frozenset({"subscribed", "live"})


class Liquidation(msgspec.Struct, frozen=True, gc=False):
    """One forced closing of a position by a venue, as stored.

    `side` is the side of the POSITION that was closed. `quantity` is in base units and
    `value_usd` in US dollars (a stablecoin counts as one dollar); both are None when the
    contract size is not known. `raw_side`, `raw_size` and `raw_unit` are what the venue sent.
    `event_id` names the event for ever: the venue's id where there is one, else its natural
    key with the ordinal among equals. `raw` is the venue's message, cut down to this one
    row where a frame carries many. `adapter_version` is that of the adapter that read it, None
    for a row that no adapter read.
    """

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
    raw_side: str
    raw_size: float
    raw_unit: SizeUnit
    raw: str
    adapter_version: int | None = None


NormalizedLiquidation = Liquidation


class Candle(msgspec.Struct, frozen=True, gc=False):
    """Five minutes of one contract's trade prices, closed; `volume` is in base units."""

    exchange: str
    symbol: str
    opened_at: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float


class MarkCandle(msgspec.Struct, frozen=True, gc=False):
    """How far one contract's mark price went in five minutes, closed."""

    exchange: str
    symbol: str
    opened_at: datetime
    high: float
    low: float


class OpenInterest(msgspec.Struct, frozen=True, gc=False):
    """What was open of one contract at a full five minutes, in base units, counted on ONE side."""

    exchange: str
    symbol: str
    at: datetime
    quantity: float


class LeverageTier(msgspec.Struct, frozen=True, gc=False):
    """The rule for positions whose size lies in (floor, cap]; `cap` None: without an end.

    `unit` says what floor and cap are in: US dollars (a stablecoin counts as one dollar) or base
    units. `maintenance_rate` is a fraction of the notional; from what that comes to `deduction` is
    taken off, in the quote currency (inverse contracts: in base units). It is None where the venue
    tells none, and 0 where its rate is known to hold for the whole position.
    """

    exchange: str
    symbol: str
    floor: float
    cap: float | None
    unit: TierUnit
    maintenance_rate: float
    max_leverage: float
    deduction: float | None


class Acknowledged(msgspec.Struct, frozen=True, gc=False):
    """The venue confirmed a subscription message; `is_control`: only that of the control
    stream, which without another one is no subscription to liquidations."""

    is_control: bool = False


class Refused(msgspec.Struct, frozen=True, gc=False):
    """The venue refused a subscription message.

    `retry` holds smaller messages to send instead; with none, `is_fatal` says whether the
    whole connection is of no use or only what the refused message asked for. `is_control` says
    that it was the control stream, so that its silence proves nothing.
    """

    reason: str
    retry: tuple[str, ...] = ()
    is_fatal: bool = True
    is_control: bool = False


class Reply(msgspec.Struct, frozen=True, gc=False):
    """The venue asked something and wants this message back, as it stands."""

    message: str


class Heartbeat(msgspec.Struct, frozen=True, gc=False):
    """The connection answers; it proves nothing about liquidations."""


class Delivered(msgspec.Struct, frozen=True, gc=False):
    """The same path delivered something that is no liquidation; it proves that the
    subscription works."""


class MarkPrice(msgspec.Struct, frozen=True, gc=False):
    """The venue's mark price of a contract; it also proves that the path delivers."""

    instrument_id: str
    price: float


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """A frame that did not fit, whole, with the reason; never dropped, never guessed."""

    exchange: str
    received_time: datetime
    reason: str
    frame: str


FeedEvent = Liquidation | Acknowledged | Refused | Reply | Heartbeat | Delivered | MarkPrice
StoredEvent = Liquidation | Rejected


class ExchangeHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How one venue's feed is doing now.

    `message_count` (frames that carried liquidations) and `error_count` are over the last
    60 seconds; `uptime_percent` is over the last 24 hours of recorded samples, None before
    the first. `unknown_value_count` counts, since the worker's start, liquidations whose value
    in USD is not known, `refused_market_count` rows of market data (candles, open
    interest, leverage tiers) that could not be true. `last_heartbeat` is when anything last proved
    that the connection lives.
    """

    exchange: str
    state: State
    since: datetime
    reason: str
    is_connected: bool
    last_heartbeat: datetime | None
    last_event_at: datetime | None
    message_count: int
    error_count: int
    unknown_value_count: int
    refused_market_count: int
    uptime_percent: float | None
    last_error: str
