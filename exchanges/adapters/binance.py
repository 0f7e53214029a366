"""Binance USD-M and COIN-M futures: `!forceOrder@arr` on the routed `/market` path.

`!markPrice@arr` on the same socket tells every contract's mark price each 3 s, about 30 KB/s:
it proves that the path delivers, and a price can be held against its mark.

Since 2026-06-30 the one stream carries both: `st` 1 is USD-M, 2 is COIN-M. An un-routed
address opens and acknowledges but never delivers, hence the path.

Sources: the pages below `_DOCS`, their Important-WebSocket-Change-Notice, and
https://developers.binance.com/docs/derivatives/coin-margined-futures/Important-CM-UM-Integration-Notice
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from exchanges.adapters.base import (
    Adapter,
    ClientPing,
    Options,
    Subscription,
    decode,
    extract,
    mark_or_delivered,
)
from exchanges.adapters.market.base import MarketData
from exchanges.adapters.market.binance import BinanceMarket
from exchanges.errors import MalformedFrame
from exchanges.events import (
    Acknowledged,
    Delivered,
    FeedEvent,
    Heartbeat,
    Liquidation,
    Refused,
    Side,
)
from exchanges.instruments import Instrument, Instruments

_DOCS = (
    "https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams"
)
STREAM, CONTROL = "!forceOrder@arr", "!markPrice@arr"
ASK = '{"method":"LIST_SUBSCRIPTIONS","id":%d}'
SIDES: dict[str, Side] = {"SELL": "long", "BUY": "short"}

# COIN-M contracts are the ones quoted in USD itself: BTCUSD_PERP, BTCUSD_261225.
_COIN_M_NAME = re.compile(r"(.+)USD_(?:PERP|\d{6})")
_USD_M_NAME = re.compile(r"(.+?)(USDT|USDC|FDUSD|BUSD|USD1|BTC|ETH|BNB)(?:_\d{6})?")


class Order(msgspec.Struct, gc=False):
    """`o` of a forceOrder event; `st` has been seen here and beside `o`."""

    s: str
    S: Literal["BUY", "SELL"]
    p: float
    ap: float
    q: float
    z: float
    T: int
    st: int | None = None


class Event(msgspec.Struct, gc=False):
    """The event, as `/ws/` sends it and as `data` of a combined stream."""

    e: str = ""
    o: Order | None = None
    st: int | None = None


class Mark(msgspec.Struct, gc=False):
    """One contract of a push of mark prices."""

    s: str
    p: float | str | None = None


class Trouble(msgspec.Struct):
    """Why a request was refused."""

    msg: str = ""


class Frame(Event, gc=False):
    """A whole frame: a combined stream's `data`, a bare event, or the answer to our `id`."""

    data: Event | list[Mark] | None = None
    id: int | None = None
    result: list[str] | None = None
    error: Trouble | None = None


class Contract(msgspec.Struct, rename="camel"):
    """One row of `symbols` in exchangeInfo; only COIN-M rows have a contract size."""

    symbol: str
    base_asset: str
    quote_asset: str
    contract_size: float | None = None


_FRAME = msgspec.json.Decoder(Frame, strict=False)


class BinanceAdapter(Adapter):
    """Binance USD-M and COIN-M, one merged stream on one host."""

    name = "binance"
    display_name = "Binance"
    color = "#F0B90B"
    docs_url = f"{_DOCS}/All-Market-Liquidation-Order-Streams"
    completeness = "sampled"
    completeness_rule = (
        "only the largest one liquidation order within 1000ms will be pushed as the snapshot"
    )
    side_rule = "o.S is the order side: SELL closed a long, BUY closed a short"
    price_kind = "fill"
    size_rule = "o.z filled in all: base units (USD-M) or contracts of fixed USD (COIN-M)"
    identity_rule = "no id: instrument, order side, time, size, price; nothing is sent again"
    documented_fields = "stream data e E o s S f q p ap X l z T st ps"
    connection_rule = (
        "one routed /market/ socket for all; asked LIST_SUBSCRIPTIONS, it answers with the stream; "
        "10 messages/s, lives 24 h"
    )
    quiet_rate_per_minute = 35.0
    control = "mark prices of all contracts, every 3 s"
    control_seconds = 5.0
    connection_lifetime_seconds = 86_400.0
    client_ping = ClientPing(ASK % 2, 60.0)
    market: ClassVar[MarketData] = BinanceMarket()
    instrument_urls = (
        "https://fapi.binance.com/fapi/v1/exchangeInfo",
        "https://dapi.binance.com/dapi/v1/exchangeInfo",
    )

    def subscriptions(self, instruments: Instruments, options: Options) -> Sequence[Subscription]:
        """One socket for the whole market, which is asked back what it is subscribed to."""
        url = f"wss://fstream.binance.com/market/stream?streams={STREAM}/{CONTROL}"
        return [Subscription(url, (ASK % 1,), 1, has_control=True)]

    def parse(
        self, frame: bytes, instruments: Instruments, received_time: datetime | None
    ) -> Sequence[FeedEvent]:
        """Return the one liquidation of a forceOrder event, or what the answer means."""
        message: Frame = decode(_FRAME, frame)
        if isinstance(message.data, list):
            return [mark_or_delivered(mark.s, mark.p) for mark in message.data] or [Delivered()]
        event = message.data or message
        if event.e == "forceOrder":
            return [self._liquidation(event, instruments, received_time, frame)]
        if message.error is not None:
            return [Refused(message.error.msg)]
        return [] if message.id is None else _answer(message.id, message.result)

    def parse_instruments(self, body: bytes) -> list[Instrument]:
        """USD-M contracts are linear in base units, COIN-M ones inverse in USD."""
        contracts = extract(body, "symbols", list[Contract])
        return [
            Instrument(
                c.symbol, c.base_asset, c.quote_asset, c.contract_size or 1.0, bool(c.contract_size)
            )
            for c in contracts
        ]

    def _liquidation(
        self, event: Event, instruments: Instruments, received: datetime | None, frame: bytes
    ) -> Liquidation:
        if (order := event.o) is None:
            raise MalformedFrame("forceOrder without its order `o`")
        kind = event.st if event.st is not None else order.st
        known = instruments.get(order.s)
        instrument = known or _named(order.s, kind)
        price, size = order.ap or order.p, order.z or order.q
        is_derived = not (order.ap and order.z) or (known is None and kind is None)
        return self.liquidation(
            instrument,
            key=f"{order.s}:{order.S}:{order.T}:{size}:{price}",
            side=SIDES[order.S],
            price=price,
            price_kind="fill" if order.ap else "order",
            raw_side=order.S,
            raw_size=size,
            raw_unit="contracts" if instrument.is_inverse else "base",
            time_ms=order.T,
            received_time=received,
            confidence=0.9 if is_derived else 1.0,
            raw=frame,
        )


def _answer(number: int, streams: list[str] | None) -> list[FeedEvent]:
    """Return what the list of our subscriptions means; the first answer acknowledges them."""
    events: list[FeedEvent] = [Acknowledged() if number == 1 else Heartbeat()]
    if streams is not None and STREAM not in streams:
        return [Refused(f"the venue does not list {STREAM} among our subscriptions")]
    if number == 1 and streams is not None and CONTROL not in streams:
        reason = f"the venue does not list {CONTROL} among our subscriptions"
        # Before the acknowledgement, after which nobody listens for refusals.
        return [Refused(reason, is_fatal=False, is_control=True), *events]
    return events


def _named(symbol: str, kind: int | None) -> Instrument:
    """Return what the name tells of a contract that no list has yet (just listed)."""
    if kind != 1 and (name := _COIN_M_NAME.fullmatch(symbol)):
        return Instrument(symbol, name[1], "USD", contract_size=None, is_inverse=True)
    if kind != 2 and (name := _USD_M_NAME.fullmatch(symbol)):
        return Instrument(symbol, name[1], name[2])
    raise MalformedFrame(f"no instrument list has {symbol!r}, and its name does not tell its kind")
