"""Bybit linear and inverse contracts: `allLiquidation.{symbol}`, pushed every 500 ms.

The ticker of the busiest contract on each socket proves that it delivers.

Sources: https://bybit-exchange.github.io/docs/v5/websocket/public/all-liquidation
https://bybit-exchange.github.io/docs/v5/websocket/public/ticker
https://bybit-exchange.github.io/docs/v5/ws/connect
https://bybit-exchange.github.io/docs/v5/market/instrument
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from datetime import datetime
from typing import Literal
from urllib.parse import quote

import msgspec

from exchanges.adapters.base import (
    Adapter,
    ClientPing,
    Options,
    Request,
    Subscription,
    decode,
    extract,
    mark_or_delivered,
)
from exchanges.adapters.market.bybit import BybitMarket
from exchanges.adapters.parts.places import Places
from exchanges.errors import MalformedFrame
from exchanges.events import Acknowledged, FeedEvent, Heartbeat, Liquidation, Refused, Side
from exchanges.instruments import Instrument, Instruments

SIDES: dict[str, Side] = {"Buy": "long", "Sell": "short"}
TOPIC, TICKER = "allLiquidation.", "tickers."
TICKERS = {"linear": "BTCUSDT", "inverse": "BTCUSD"}
ASKED_TICKER = "control"
TOPICS_PER_MESSAGE, TOPICS_PER_SOCKET = 200, 400
# Inverse contracts are of 1 USD each: BTCUSD, BTCUSDH27 (delivered in March 2027).
_INVERSE_NAME = re.compile(r"(.+)USD(?:[FGHJKMNQUVXZ]\d{2})?")
# BTCUSDT, BTCPERP (quoted in USDC), BTCUSDT-26DEC25, BTC-26DEC25 (USDC again).
_LINEAR_NAME = re.compile(r"(.+?)(USDT|USDC|PERP)?(?:-\d+[A-Z]{3}\d+)?")
_REQ_ID = re.compile(r"(linear|inverse):(\d{1,6})-(\d{1,6})")


class Row(msgspec.Struct, gc=False):
    """One liquidation."""

    T: int
    s: str
    S: Literal["Buy", "Sell"]
    v: float
    p: float


class Frame(msgspec.Struct):
    """A push (`topic`, `data`), or the answer to a request (`op`)."""

    topic: str = ""
    ts: int = 0
    data: msgspec.Raw = msgspec.Raw(b"[]")
    op: str = ""
    success: bool = True
    ret_msg: str = ""
    req_id: str = ""


class Ticker(msgspec.Struct, rename="camel"):
    """A ticker, or what has changed of it."""

    symbol: str
    mark_price: float | str | None = None


class Contract(msgspec.Struct, rename="camel"):
    """One row of instruments-info."""

    symbol: str
    base_coin: str
    quote_coin: str


_FRAME = msgspec.json.Decoder(Frame)
_ROWS = msgspec.json.Decoder(list[msgspec.Raw])
_ROW = msgspec.json.Decoder(Row, strict=False)
_TICKER = msgspec.json.Decoder(Ticker, strict=False)
_FRAME_OF_ONE = b'{"topic":%b,"type":"snapshot","ts":%d,"data":[%b]}'


class BybitAdapter(Adapter):
    """Bybit linear (USDT and USDC) and inverse (USD) contracts."""

    name = "bybit"
    display_name = "Bybit"
    color = "#EA8C74"
    docs_url = "https://bybit-exchange.github.io/docs/v5/websocket/public/all-liquidation"
    completeness = "complete"
    completeness_rule = "push all liquidations that occur on Bybit"
    side_rule = "S is the position side: Buy closed a long, Sell closed a short"
    price_kind = "bankruptcy"
    size_rule = "v executed size: base units (linear) or contracts of 1 USD (inverse)"
    identity_rule = "no id: the row, its place among equal rows, the frame's time; no replay"
    documented_fields = "topic type ts data T s S v p"
    connection_rule = (
        "linear and inverse on sockets of their own; 200 topics a request, 400 a socket; each "
        "request is answered success true or false by its req_id; ping every 20 s"
    )
    quiet_rate_per_minute = 2.2
    control = "ticker of BTCUSDT or BTCUSD, 100 ms apart when anything in it changes"
    control_seconds = 5.0
    client_ping = ClientPing('{"op":"ping"}', 20.0)
    market = BybitMarket()
    instrument_urls = (
        "https://api.bybit.com/v5/market/instruments-info?category=linear&limit=1000",
        "https://api.bybit.com/v5/market/instruments-info?category=inverse&limit=1000",
    )

    def instrument_requests(self) -> Generator[Request, bytes, None]:
        """Follow the cursor: the venue has more contracts than one page holds."""
        for url in self.instrument_urls:
            cursor, seen = "", set[str]()
            while cursor not in seen:
                seen.add(cursor)
                body = yield Request(f"{url}&cursor={quote(cursor)}" if cursor else url)
                cursor = _next_cursor(body)

    def parse_instruments(self, body: bytes) -> list[Instrument]:
        """Contracts quoted in USD itself are the inverse ones, of 1 USD each."""
        contracts = extract(body, "result.list", list[Contract])
        return [
            Instrument(c.symbol, c.base_coin, c.quote_coin, is_inverse=c.quote_coin == "USD")
            for c in contracts
        ]

    def subscriptions(self, instruments: Instruments, options: Options) -> Sequence[Subscription]:
        """Batches of topics on as few sockets as the venue's limits safely allow."""
        return [*_sockets(instruments, "linear"), *_sockets(instruments, "inverse")]

    def parse(
        self, frame: bytes, instruments: Instruments, received_time: datetime | None
    ) -> Sequence[FeedEvent]:
        """Return the frame's liquidations, or what an answer to our request means."""
        message: Frame = decode(_FRAME, frame)
        if message.topic.startswith(TOPIC):
            return self._liquidations(message, instruments, received_time)
        if message.topic.startswith(TICKER):
            ticker: Ticker = decode(_TICKER, message.data)
            return [mark_or_delivered(ticker.symbol, ticker.mark_price)]
        if message.op == "subscribe":
            if not message.success:
                return [_refused(message, instruments)]
            return [Acknowledged(is_control=message.req_id == ASKED_TICKER)]
        return [Heartbeat()] if message.op in ("ping", "pong") else []

    def _liquidations(
        self, message: Frame, instruments: Instruments, received_time: datetime | None
    ) -> list[Liquidation]:
        topic = msgspec.json.encode(message.topic)
        places = Places()
        liquidations = []
        for raw in map(bytes, decode(_ROWS, message.data)):
            row: Row = decode(_ROW, raw)
            key = f"{row.s}:{row.S}:{row.T}:{row.v}:{row.p}:{message.ts}"
            known = instruments.get(row.s)
            instrument = known or _named(row.s)
            liquidations.append(
                self.liquidation(
                    instrument,
                    key=places.numbered(key),
                    side=SIDES[row.S],
                    price=row.p,
                    raw_side=row.S,
                    raw_size=row.v,
                    raw_unit="contracts" if instrument.is_inverse else "base",
                    time_ms=row.T,
                    received_time=received_time,
                    confidence=1.0 if known else 0.9,
                    raw=_FRAME_OF_ONE % (topic, message.ts, raw),
                )
            )
        return liquidations


def _next_cursor(body: bytes) -> str:
    """Return where the next page starts; empty after the last, or where there is no page."""
    try:
        return extract(body, "result.nextPageCursor", str)
    except MalformedFrame:
        return ""


def _named(symbol: str) -> Instrument:
    """Return what the name tells of a contract that the list does not have yet."""
    if name := _INVERSE_NAME.fullmatch(symbol):
        return Instrument(symbol, name[1], "USD", is_inverse=True)
    if name := _LINEAR_NAME.fullmatch(symbol):
        return Instrument(symbol, name[1], name[2] if name[2] in ("USDT", "USDC") else "USDC")
    raise MalformedFrame(f"{symbol!r} is no contract name")


def _names(instruments: Instruments, category: str) -> list[str]:
    return [n for n, i in instruments.items() if i.is_inverse == (category == "inverse")]


def _sockets(instruments: Instruments, category: str) -> Iterator[Subscription]:
    names = _names(instruments, category)
    for first in range(0, len(names), TOPICS_PER_SOCKET):
        starts = range(first, min(first + TOPICS_PER_SOCKET, len(names)), TOPICS_PER_MESSAGE)
        messages = tuple(_subscribe(names, category, i, i + TOPICS_PER_MESSAGE) for i in starts)
        url = f"wss://stream.bybit.com/v5/public/{category}"
        has_ticker = TICKERS[category] in names
        messages += (_request(ASKED_TICKER, [f"{TICKER}{TICKERS[category]}"]),) * has_ticker
        yield Subscription(url, messages, len(messages), has_control=has_ticker)


def _subscribe(names: list[str], category: str, start: int, stop: int) -> str:
    """Return the request for a range of a category's contracts, named by its `req_id`."""
    args = [f"{TOPIC}{name}" for name in names[start:stop]]
    return _request(f"{category}:{start}-{start + len(args)}", args)


def _request(req_id: str, args: list[str]) -> str:
    return msgspec.json.encode({"op": "subscribe", "req_id": req_id, "args": args}).decode()


def _refused(message: Frame, instruments: Instruments) -> Refused:
    """One bad symbol refuses its whole batch, so each of the batch is asked for alone."""
    if message.req_id == ASKED_TICKER:
        return Refused(message.ret_msg, is_fatal=False, is_control=True)
    if not (asked := _REQ_ID.fullmatch(message.req_id)):
        return Refused(message.ret_msg)
    names = _names(instruments, asked[1])
    batch = range(int(asked[2]), min(int(asked[3]), len(names)))
    singles = tuple(_subscribe(names, asked[1], i, i + 1) for i in batch)
    return Refused(message.ret_msg, singles if len(batch) > 1 else (), is_fatal=len(batch) != 1)
