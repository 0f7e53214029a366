"""OKX swaps and dated futures: `liquidation-orders`, one topic a kind for the whole market.

The mark price of one swap on the same socket proves that it delivers.

Sources: https://www.okx.com/docs-v5/en/#public-data-websocket-liquidation-orders-channel
https://www.okx.com/docs-v5/en/#public-data-websocket-mark-price-channel
https://www.okx.com/docs-v5/en/#overview-websocket-connect
https://www.okx.com/docs-v5/en/#public-data-rest-api-get-instruments
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal
from urllib.parse import quote

import msgspec

from exchanges.adapters import base
from exchanges.adapters.base import (
    Adapter,
    ClientPing,
    Options,
    Request,
    Subscription,
    decode,
    mark_or_delivered,
)
from exchanges.adapters.market.okx import OkxMarket, answered
from exchanges.adapters.parts.places import Places
from exchanges.errors import MalformedFrame
from exchanges.events import Acknowledged, FeedEvent, Heartbeat, Liquidation, Refused, Side
from exchanges.instruments import Instrument, Instruments

CHANNEL, KINDS, PAGE = "liquidation-orders", ("SWAP", "FUTURES"), 100
MARKS, MARKED, ASKED_MARKS = "mark-price", "BTC-USDT-SWAP", "control"
SIDES: dict[str, Side] = {"sell": "long", "buy": "short"}
_REST = "https://www.okx.com/api/v5/public"
_PAIR = re.compile(r"([^-]+)-([^-_]+)")


class Detail(msgspec.Struct, gc=False):
    """One liquidation."""

    side: Literal["buy", "sell"]
    posSide: Literal["long", "short", "net"]
    sz: float
    bkPx: float
    ts: int


class Item(msgspec.Struct):
    """The liquidations of one contract."""

    instId: str
    instType: str
    details: list[msgspec.Raw]


class Mark(msgspec.Struct):
    """A mark price."""

    instId: str
    markPx: float | str | None = None


class Channel(msgspec.Struct):
    """What a push is of."""

    channel: str = ""


class Frame(msgspec.Struct):
    """A push (`arg`, `data`), or the answer to a request (`event`, its `id`)."""

    arg: Channel = msgspec.field(default_factory=Channel)
    id: str = ""
    event: str = ""
    code: str = ""
    msg: str = ""
    data: msgspec.Raw = msgspec.Raw(b"[]")


class Contract(msgspec.Struct):
    """One row of public/instruments; sizes are empty until a contract is open."""

    instId: str
    ctVal: str
    ctMult: str
    ctValCcy: str


_FRAME = msgspec.json.Decoder(Frame)
_ITEMS = msgspec.json.Decoder(list[Item])
_MARKS = msgspec.json.Decoder(list[Mark], strict=False)
_DETAIL = msgspec.json.Decoder(Detail, strict=False)
_CONTRACTS = msgspec.json.Decoder(list[Contract])


class OkxAdapter(Adapter):
    """OKX perpetual swaps and dated futures, linear and inverse."""

    name = "okx"
    display_name = "OKX"
    color = "#F9F9F9"
    docs_url = "https://www.okx.com/docs-v5/en/#public-data-websocket-liquidation-orders-channel"
    completeness = "sampled"
    completeness_rule = "each contract will only show a maximum of one order per one-second period"
    side_rule = "side is the order side: sell closed a long, buy a short; posSide must agree"
    price_kind = "bankruptcy"
    size_rule = "sz contracts of ctVal x ctMult: base units, or USD for inverse contracts"
    identity_rule = "no id: contract, sides, time, size, price, ordinal; old rows may repeat"
    documented_fields = (
        "arg channel instType data instId instFamily uly details side posSide bkPx sz bkLoss ccy ts"
    )
    connection_rule = (
        "each topic acknowledged; an error event refuses its request; text ping within 30 s"
    )
    quiet_rate_per_minute = 4.5
    control = "mark price of BTC-USDT-SWAP, 200 ms apart when it changes, else every 10 s"
    control_seconds = 10.0
    history_source = "public/liquidation-orders: about a day of a contract family, an hour late"
    history_pause_seconds = 0.2
    market = OkxMarket()
    client_ping = ClientPing("ping", 25.0)
    instrument_urls = tuple(f"{_REST}/instruments?instType={kind}" for kind in KINDS)

    def subscriptions(self, instruments: Instruments, options: Options) -> Sequence[Subscription]:
        """One socket, one acknowledgement a kind, and one of the mark price."""
        args = [{"channel": CHANNEL, "instType": kind} for kind in KINDS]
        marks = [{"channel": MARKS, "instId": MARKED}]
        asked = (_subscribe("liquidations", args), _subscribe(ASKED_MARKS, marks))
        url = "wss://ws.okx.com:8443/ws/v5/public"
        return [Subscription(url, asked, len(args) + len(marks), has_control=True)]

    def parse(
        self, frame: bytes, instruments: Instruments, received_time: datetime | None
    ) -> Sequence[FeedEvent]:
        """Return the frame's liquidations, or what an answer to our request means."""
        if frame == b"pong":
            return [Heartbeat()]
        message: Frame = decode(_FRAME, frame)
        is_control = message.id == ASKED_MARKS
        if message.event == "error":
            reason = f"{message.code} {message.msg}"
            return [Refused(reason, is_fatal=not is_control, is_control=is_control)]
        if message.event:
            return [Acknowledged(is_control)] if message.event == "subscribe" else []
        if message.arg.channel == MARKS:
            marks: list[Mark] = decode(_MARKS, message.data)
            return [mark_or_delivered(mark.instId, mark.markPx) for mark in marks]
        return list(self._liquidations(message.data, instruments, received_time))

    def parse_instruments(self, body: bytes) -> list[Instrument]:
        """Sizes are in the base, or in the quote: then the contract is inverse."""
        return [_instrument(contract) for contract in decode(_CONTRACTS, answered(body))]

    def history(
        self,
        instruments: Instruments,
        options: Options,
        since: datetime,
        until: datetime,
        symbol: str | None = None,
    ) -> base.History:
        """Page back in time, family by family."""
        wanted = (i.instrument_id for i in instruments.values() if symbol in (None, i.symbol))
        parts = (name.rpartition("-") for name in wanted)
        for family, is_swap in dict.fromkeys((p[0], p[2] == "SWAP") for p in parts):
            kind = "SWAP" if is_swap else "FUTURES"
            url = f"{_REST}/{CHANNEL}?instType={kind}&state=filled&instFamily={quote(family)}"
            after, is_over = math.ceil(until.timestamp() * 1000), False
            while not is_over:
                body = yield Request(f"{url}&limit={PAGE}&after={after}")
                rows = list(self._liquidations(answered(body), instruments, None))
                yield [row for row in rows if since <= row.exchange_time < until]
                oldest = min((row.exchange_time for row in rows), default=since)
                last = round(oldest.timestamp() * 1000)
                is_over = len(rows) < PAGE or oldest <= since or last >= after
                # The page may end inside a millisecond, which is then asked for again.
                after = min(last + 1, after - 1)

    def _liquidations(
        self, data: msgspec.Raw, instruments: Instruments, received: datetime | None
    ) -> Iterator[Liquidation]:
        places = Places()
        for one, raw in ((item, raw) for item in decode(_ITEMS, data) for raw in item.details):
            row: Detail = decode(_DETAIL, raw)
            if row.posSide not in ("net", side := SIDES[row.side]):
                raise MalformedFrame(f"a {row.side} order cannot close a {row.posSide} position")
            key = f"{one.instId}:{row.side}:{row.posSide}:{row.ts}:{row.sz}:{row.bkPx}"
            known = instruments.get(one.instId)
            yield self.liquidation(
                known or Instrument(one.instId, *_pair(one.instId), contract_size=None),
                key=places.numbered(key),
                side=side,
                price=row.bkPx,
                raw_side=row.side,
                raw_size=row.sz,
                raw_unit="contracts",
                time_ms=row.ts,
                received_time=received,
                confidence=1.0 if known else 0.9,
                raw=msgspec.json.encode({"data": [Item(one.instId, one.instType, [raw])]}),
            )


def _subscribe(number: str, args: list[dict[str, str]]) -> str:
    return msgspec.json.encode({"id": number, "op": "subscribe", "args": args}).decode()


def _instrument(c: Contract) -> Instrument:
    pair = _pair(c.instId)
    try:
        size = float(c.ctVal) * float(c.ctMult)
    except ValueError:
        size = 0.0
    is_known = size > 0 and c.ctValCcy in pair
    return Instrument(c.instId, *pair, size if is_known else None, c.ctValCcy == pair[1])


def _pair(name: str) -> tuple[str, str]:
    """Return base and quote of `BTC-USDT-SWAP`, `BTC-USD-261225`, `BTC-USD_UM-SWAP`."""
    if not (pair := _PAIR.match(name)):
        raise MalformedFrame(f"{name!r} is no contract name")
    return pair[1], pair[2]
