"""Bybit linear contracts: `allLiquidation.{symbol}`, pushed every 500 ms.

Sources: https://bybit-exchange.github.io/docs/v5/websocket/public/all-liquidation
https://bybit-exchange.github.io/docs/v5/ws/connect
https://bybit-exchange.github.io/docs/v5/market/instrument
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Generator, Sequence
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
)
from exchanges.errors import MalformedFrame
from exchanges.events import Acknowledged, FeedEvent, Heartbeat, Liquidation, Refused, Side
from exchanges.instruments import Instrument, Instruments

SIDES: dict[str, Side] = {"Buy": "long", "Sell": "short"}
TOPIC = "allLiquidation."
TOPICS_PER_MESSAGE, TOPICS_PER_SOCKET = 200, 400
# BTCUSDT, BTCPERP (quoted in USDC), BTCUSDT-26DEC25, BTC-26DEC25 (USDC again).
_NAME = re.compile(r"(.+?)(USDT|USDC|PERP)?(?:-\d+[A-Z]{3}\d+)?")


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


class Contract(msgspec.Struct, rename="camel"):
    """One row of instruments-info."""

    symbol: str
    base_coin: str
    quote_coin: str


_FRAME = msgspec.json.Decoder(Frame)
_ROWS = msgspec.json.Decoder(list[msgspec.Raw])
_ROW = msgspec.json.Decoder(Row, strict=False)
_FRAME_OF_ONE = b'{"topic":%b,"type":"snapshot","ts":%d,"data":[%b]}'


class BybitAdapter(Adapter):
    """Bybit linear (USDT and USDC) contracts."""

    name = "bybit"
    display_name = "Bybit"
    color = "#EA8C74"
    docs_url = "https://bybit-exchange.github.io/docs/v5/websocket/public/all-liquidation"
    completeness = "complete"
    completeness_rule = "push all liquidations that occur on Bybit"
    side_rule = "S is the position side: Buy closed a long, Sell closed a short"
    price_kind = "bankruptcy"
    size_rule = "v executed size in base units"
    identity_rule = "no id: the row, its place among equal rows, the frame's time; no replay"
    documented_fields = "topic type ts data T s S v p"
    connection_rule = (
        "200 topics a request, 400 a socket; each request is answered success true or false by its "
        "req_id; ping every 20 s"
    )
    quiet_rate_per_minute = 2.2
    client_ping = ClientPing('{"op":"ping"}', 20.0)
    instrument_urls = (
        "https://api.bybit.com/v5/market/instruments-info?category=linear&limit=1000",
    )

    def instrument_requests(self) -> Generator[Request, bytes, None]:
        """Follow the cursor: the venue has more contracts than one page holds."""
        for url in self.instrument_urls:
            body = yield Request(url)
            while cursor := extract(body, "result.nextPageCursor", str):
                body = yield Request(f"{url}&cursor={quote(cursor)}")

    def parse_instruments(self, body: bytes) -> list[Instrument]:
        """All linear contracts are sized in base units."""
        contracts = extract(body, "result.list", list[Contract])
        return [Instrument(c.symbol, c.base_coin, c.quote_coin) for c in contracts]

    def subscriptions(self, instruments: Instruments, options: Options) -> Sequence[Subscription]:
        """Batches of topics on as few sockets as the venue's limits safely allow."""
        url = "wss://stream.bybit.com/v5/public/linear"
        batches = [
            _subscribe(instruments, i, i + TOPICS_PER_MESSAGE)
            for i in range(0, len(instruments), TOPICS_PER_MESSAGE)
        ]
        step = TOPICS_PER_SOCKET // TOPICS_PER_MESSAGE
        sockets = [tuple(batches[i : i + step]) for i in range(0, len(batches), step)]
        return [Subscription(url, messages, len(messages)) for messages in sockets]

    def parse(
        self, frame: bytes, instruments: Instruments, received_time: datetime | None
    ) -> Sequence[FeedEvent]:
        """Return the frame's liquidations, or what an answer to our request means."""
        message: Frame = decode(_FRAME, frame)
        if message.topic.startswith(TOPIC):
            return self._liquidations(message, instruments, received_time)
        if message.op == "subscribe":
            return [Acknowledged() if message.success else _refused(message, instruments)]
        return [Heartbeat()] if message.op in ("ping", "pong") else []

    def _liquidations(
        self, message: Frame, instruments: Instruments, received_time: datetime | None
    ) -> list[Liquidation]:
        topic = msgspec.json.encode(message.topic)
        twins: Counter[str] = Counter()
        liquidations = []
        for raw in map(bytes, decode(_ROWS, message.data)):
            row: Row = decode(_ROW, raw)
            key = f"{row.s}:{row.S}:{row.T}:{row.v}:{row.p}:{message.ts}"
            known = instruments.get(row.s)
            liquidations.append(
                self.liquidation(
                    known or _named(row.s),
                    key=f"{key}:{twins[key]}",
                    side=SIDES[row.S],
                    price=row.p,
                    raw_side=row.S,
                    raw_size=row.v,
                    raw_unit="base",
                    time_ms=row.T,
                    received_time=received_time,
                    confidence=1.0 if known else 0.9,
                    raw=_FRAME_OF_ONE % (topic, message.ts, raw),
                )
            )
            twins[key] += 1
        return liquidations


def _named(symbol: str) -> Instrument:
    """Return what the name tells of a contract that the list does not have yet."""
    if not (name := _NAME.fullmatch(symbol)):
        raise MalformedFrame(f"{symbol!r} is no contract name")
    return Instrument(symbol, name[1], name[2] if name[2] in ("USDT", "USDC") else "USDC")


def _subscribe(instruments: Instruments, start: int, stop: int) -> str:
    """Return the request for a range of the instruments, named by its `req_id`."""
    args = [f"{TOPIC}{name}" for name in list(instruments)[start:stop]]
    request = {"op": "subscribe", "req_id": f"{start}-{start + len(args)}", "args": args}
    return msgspec.json.encode(request).decode()


def _refused(message: Frame, instruments: Instruments) -> Refused:
    """One bad symbol refuses its whole batch, so each of the batch is asked for alone."""
    start, _, stop = message.req_id.partition("-")
    if not (start.isdecimal() and stop.isdecimal()):
        return Refused(message.ret_msg)
    batch = range(int(start), min(int(stop), len(instruments)))
    singles = tuple(_subscribe(instruments, i, i + 1) for i in batch) if len(batch) > 1 else ()
    return Refused(message.ret_msg, singles, is_fatal=len(batch) != 1)
