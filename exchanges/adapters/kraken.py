"""Kraken Futures: the public trade tape, of which trades of two types are kept.

`assignment` hands a position to another trader; the taker's side in one is not documented.
A hole in `seq` would show trades missed, but takes a memory to see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal
from urllib.parse import quote

import msgspec

from exchanges.adapters import base
from exchanges.adapters.base import Options, Subscription, decode, extract
from exchanges.errors import MalformedFrame
from exchanges.events import Acknowledged, Delivered, FeedEvent, Liquidation, Refused, Side
from exchanges.instruments import Instrument, Instruments

PAUSE_SECONDS = 0.02  # 100 requests a second are the limit.
HISTORY = "https://futures.kraken.com/api/history/v3/market"
SIDES: dict[str, Side] = {"sell": "long", "Sell": "long", "buy": "short", "Buy": "short"}
KINDS = {"liquidation": 1.0, "assignment": 0.8}  # and how sure the side is
# PF_XBTUSD and FF_XBTUSD_261225 are linear, PI_XBTUSD and FI_XBTUSD_261225 inverse.
_NAME = re.compile(r"[PF]([FI])_(.+?)(USDT|USDC|USD)(?:_\d{6})?")


class Trade(msgspec.Struct, gc=False):
    """One trade of the tape."""

    product_id: str
    uid: str
    side: Literal["buy", "sell", "Buy", "Sell"]
    type: str
    time: int
    qty: float
    price: float


class Frame(msgspec.Struct):
    """A trade (most are of no interest: `type`), a snapshot, an answer, or a page of history."""

    event: str = ""
    feed: str = ""
    type: str = ""
    message: str = ""
    trades: list[msgspec.Raw] = []
    elements: list[msgspec.Raw] = []
    token: str | None = msgspec.field(name="continuationToken", default=None)


class Order(msgspec.Struct, rename="camel"):
    """The history's words on the order that took the other."""

    tradeable: str
    direction: Literal["buy", "sell", "Buy", "Sell"]
    order_type: str


class Execution(msgspec.Struct, rename="camel"):
    """One trade of the history; its `uid` is the tape's."""

    uid: str
    taker_order: Order
    timestamp: int
    quantity: float
    price: float


class Contract(msgspec.Struct, rename="camel"):
    """One row of the instrument list."""

    symbol: str
    contract_size: float
    tradeable: bool = True


_FRAME = msgspec.json.Decoder(Frame)
_TRADE = msgspec.json.Decoder(Trade, strict=False)


class KrakenAdapter(base.Adapter):
    """Kraken Futures: perpetual and dated, linear and inverse."""

    name = "kraken"
    display_name = "Kraken Futures"
    color = "#A9A7E4"
    docs_url = "https://docs.kraken.com/exchange/api-reference/futures-websocket/trade"
    completeness = "complete"
    completeness_rule = "The trade feed returns information about executed trades"
    side_rule = "side is the taker's, the liquidation order: sell closed a long, buy closed a short"
    price_kind = "fill"
    size_rule = "qty in contracts: of one base unit (PF, FF) or of one USD (PI, FI)"
    identity_rule = "uid of the trade; a subscription begins with the latest trades once more"
    documented_fields = (
        "feed product_id uid side type seq time qty price trades elements timestamp event "
        "Execution execution takerReducedQuantity makerOrder takerOrder quantity markPrice "
        "limitFilled usdValue tradeable direction limitPrice orderType reduceOnly "
        "lastUpdateTimestamp"
    )
    connection_rule = "a message a product, each acknowledged or refused; a ping every 60 s"
    quiet_rate_per_minute = 0.1
    control = "ordinary trades of the same tape"
    control_seconds = 60.0
    history_source = "GET /api/history/v3/market/{symbol}/executions: all trades since March 2022"
    instrument_urls = ("https://futures.kraken.com/derivatives/api/v3/instruments",)

    def subscriptions(self, instruments: Instruments, options: Options) -> Sequence[Subscription]:
        """One socket, one message a product: a product that is gone refuses only itself."""
        asked = tuple(map(_subscribe, instruments))
        url = "wss://futures.kraken.com/ws/v1"
        if not asked:
            return []
        return [Subscription(url, asked, len(asked), PAUSE_SECONDS, has_control=True)]

    def parse(
        self, frame: bytes, instruments: Instruments, received_time: datetime | None
    ) -> Sequence[FeedEvent]:
        """Return the frame's liquidations, or what an answer to our request means."""
        message: Frame = decode(_FRAME, frame)
        if message.event == "subscribed" and message.feed == "trade":
            return [Acknowledged()]
        if message.event in ("subscribed_failed", "error", "alert"):
            return [Refused(message.message or message.event, is_fatal=False)]
        found = self._liquidations(message, frame, instruments, received_time)
        return found or [Delivered()] * message.feed.startswith("trade")

    def parse_instruments(self, body: bytes) -> list[Instrument]:
        """Contracts that are not traded are left out: they cannot be subscribed to."""
        contracts = extract(body, "instruments", list[Contract])
        return [_named(c.symbol, c.contract_size) for c in contracts if c.tradeable]

    def history(
        self,
        instruments: Instruments,
        options: Options,
        since: datetime,
        until: datetime,
        symbol: str | None = None,
    ) -> base.History:
        """Read all trades, product by product, by the token that each page gives for the next."""
        span = f"since={since.timestamp() * 1000:.0f}&before={until.timestamp() * 1000:.0f}"
        for product, instrument in instruments.items():
            url = f"{HISTORY}/{product}/executions?{span}&sort=asc&count=1000"
            page, token = url if symbol in (None, instrument.symbol) else "", ""
            while page:
                body = yield base.Request(page)
                message: Frame = decode(_FRAME, body)
                if b'"elements"' not in body:
                    raise MalformedFrame(f"the venue answered {body[:200]!r}")
                yield self._liquidations(message, body, instruments, None)
                is_over, token = message.token in (None, "", token), message.token or ""
                page = "" if is_over else f"{url}&continuation_token={quote(token)}"

    def _liquidations(
        self, message: Frame, frame: bytes, instruments: Instruments, received: datetime | None
    ) -> list[Liquidation]:
        return [
            self.liquidation(
                instruments.get(trade.product_id) or _named(trade.product_id, 1.0),
                key=trade.uid,
                side=SIDES[trade.side],
                price=trade.price,
                raw_side=trade.side,
                raw_size=trade.qty,
                raw_unit="contracts",
                time_ms=trade.time,
                received_time=received,
                liquidation_type="assignment" if trade.type == "assignment" else "forced",
                confidence=min(KINDS[trade.type], 1.0 if trade.product_id in instruments else 0.9),
                raw=raw,
            )
            for trade, raw in _trades(message, frame)
            if trade.type in KINDS
        ]


def _trades(message: Frame, frame: bytes) -> Iterator[tuple[Trade, bytes]]:
    """Yield each trade with the frame that it alone would be; most of the tape is passed over."""
    if message.feed == "trade" and message.type in KINDS:
        yield decode(_TRADE, frame), frame
    for raw in map(bytes, message.trades):
        yield decode(_TRADE, raw), b'{"feed":"trade_snapshot","trades":[%b]}' % raw
    for raw in map(bytes, message.elements):
        yield _executed(raw), b'{"elements":[%b]}' % raw


def _executed(raw: bytes) -> Trade:
    """Return a trade of the history as the tape would have it; its orders have other words."""
    done = extract(raw, "event.Execution.execution", Execution)
    name, side, kind = msgspec.structs.astuple(done.taker_order)
    kind = "liquidation" if "liquidat" in kind.lower() else kind
    return Trade(name, done.uid, side, kind, done.timestamp, done.quantity, done.price)


def _subscribe(product: str) -> str:
    request = {"event": "subscribe", "feed": "trade", "product_ids": [product]}
    return msgspec.json.encode(request).decode()


def _named(product: str, contract_size: float) -> Instrument:
    """Return what the name tells; one that tells nothing is its own symbol, of unknown value."""
    if not (name := _NAME.fullmatch(product)):
        return Instrument(product, product, "", contract_size=None)
    return Instrument(product, name[2].upper(), name[3], contract_size, name[1] == "I")
