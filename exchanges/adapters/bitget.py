"""Bitget USDT and USDC futures: the v3 topic `liquidation`, one topic a product line.

The v2 channel of the same name is acknowledged and stays silent, hence v3. Coin-margined
futures are left out: the unit of their `amount` is not documented.

The ticker of one contract on the same socket proves that it delivers.

Sources: https://www.bitget.com/api-doc/uta/websocket/public/Liquidation-Channel
https://www.bitget.com/api-doc/uta/websocket/public/Tickers-Channel
https://www.bitget.com/api-doc/uta/public/Instruments
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

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
from exchanges.adapters.market.bitget import BitgetMarket
from exchanges.adapters.parts.places import Places
from exchanges.errors import MalformedFrame
from exchanges.events import Acknowledged, FeedEvent, Heartbeat, Liquidation, Refused, Side
from exchanges.instruments import Instrument, Instruments

TOPIC, TICKER = "liquidation", "ticker"
TICKED = {"instType": "usdt-futures", "topic": TICKER, "symbol": "BTCUSDT"}
SIDES: dict[str, Side] = {"buy": "long", "sell": "short"}
# What a contract's name ends in, by product line, and what it is quoted in.
LINES = {
    "usdt-futures": ("USDT", re.compile(r"(.+)USDT")),
    "usdc-futures": ("USDC", re.compile(r"(.+?)(?:PERP|USDC)")),
}


class Row(msgspec.Struct, gc=False):
    """The largest liquidation of one contract and side in a second."""

    symbol: str
    side: Literal["buy", "sell"]
    price: float
    amount: float
    ts: int


class Topic(msgspec.Struct):
    """What a frame is about."""

    topic: str = ""
    instType: str = ""
    symbol: str = ""


class Frame(msgspec.Struct):
    """A push (`arg`, `data`), or the answer to a request (`event`)."""

    arg: Topic = msgspec.field(default_factory=Topic)
    event: str = ""
    code: int | str = ""
    msg: str = ""
    data: list[msgspec.Raw] = []


class Ticker(msgspec.Struct, rename="camel"):
    """A ticker; whose, the frame says."""

    mark_price: float | str | None = None


class Contract(msgspec.Struct, rename="camel"):
    """One row of market/instruments."""

    symbol: str
    base_coin: str
    quote_coin: str


_FRAME = msgspec.json.Decoder(Frame)
_ROW = msgspec.json.Decoder(Row, strict=False)
_TICKER = msgspec.json.Decoder(Ticker, strict=False)


class BitgetAdapter(Adapter):
    """Bitget linear futures, quoted in USDT and in USDC."""

    name = "bitget"
    display_name = "Bitget"
    color = "#B3D9E8"
    docs_url = "https://www.bitget.com/api-doc/uta/websocket/public/Liquidation-Channel"
    completeness = "sampled"
    completeness_rule = (
        "pushed once per second; only the record with the highest liquidation quantity for long "
        "and short positions respectively per trading pair is included"
    )
    side_rule = "side is the position side: buy closed a long, sell closed a short"
    price_kind = "bankruptcy"
    size_rule = "amount in the quote coin"
    identity_rule = (
        "no id: product line, contract, side, time, amount, price, place among equals; no replay"
    )
    numbers_equals = True
    documented_fields = "action arg instType topic data symbol side price amount ts"
    connection_rule = (
        "one topic a product line, each acknowledged or refused by an event; text ping every 30 s; "
        "50 topics a socket, 10 messages/s, 24 h"
    )
    quiet_rate_per_minute = 1.0
    control = "ticker of BTCUSDT, 300 to 400 ms apart when anything in it changes"
    control_seconds = 5.0
    connection_lifetime_seconds = 86_400.0
    client_ping = ClientPing("ping", 30.0)
    market = BitgetMarket()
    instrument_urls = tuple(
        f"https://api.bitget.com/api/v3/market/instruments?category={line.upper()}"
        for line in LINES
    )

    def subscriptions(self, instruments: Instruments, options: Options) -> Sequence[Subscription]:
        """One socket, one acknowledgement a product line, and one of the ticker."""
        args = [{"instType": line, "topic": TOPIC} for line in LINES]
        asked = (_subscribe(args), _subscribe([TICKED]))
        url = "wss://ws.bitget.com/v3/ws/public"
        return [Subscription(url, asked, len(args) + 1, has_control=True)]

    def parse(
        self, frame: bytes, instruments: Instruments, received_time: datetime | None
    ) -> Sequence[FeedEvent]:
        """Return the frame's liquidations, or what an answer to our request means."""
        if frame == b"pong":
            return [Heartbeat()]
        message: Frame = decode(_FRAME, frame)
        is_control = message.arg.topic == TICKER
        if message.event == "error":
            # Without the ticker or the USDC line the connection is still of use.
            is_fatal = not is_control and message.arg.instType != "usdc-futures"
            reason = f"{message.code} {message.msg}"
            return [Refused(reason, is_fatal=is_fatal, is_control=is_control)]
        if message.event:
            return [Acknowledged(is_control)] if message.event == "subscribe" else []
        if is_control:
            tickers: list[Ticker] = [decode(_TICKER, raw) for raw in message.data]
            return [mark_or_delivered(message.arg.symbol, t.mark_price) for t in tickers]
        if message.arg.topic != TOPIC:
            return []
        return list(self._liquidations(message, instruments, received_time))

    def parse_instruments(self, body: bytes) -> list[Instrument]:
        """A contract's size does not matter: amounts are in the quote coin."""
        contracts = extract(body, "data", list[Contract])
        return [Instrument(c.symbol, c.base_coin, c.quote_coin) for c in contracts]

    def _liquidations(
        self, message: Frame, instruments: Instruments, received: datetime | None
    ) -> Iterator[Liquidation]:
        places = Places()
        line = message.arg.instType
        for raw in message.data:
            row: Row = decode(_ROW, raw)
            known = instruments.get(row.symbol)
            key = f"{line}:{row.symbol}:{row.side}:{row.ts}:{row.amount}:{row.price}"
            yield self.liquidation(
                known or _named(row.symbol, line),
                key=places.numbered(key),
                side=SIDES[row.side],
                price=row.price,
                raw_side=row.side,
                raw_size=row.amount,
                raw_unit="quote",
                time_ms=row.ts,
                received_time=received,
                confidence=1.0 if known else 0.9,
                raw=msgspec.json.encode({"action": "update", "arg": message.arg, "data": [raw]}),
            )


def _subscribe(args: list[dict[str, str]]) -> str:
    return msgspec.json.encode({"op": "subscribe", "args": args}).decode()


def _named(symbol: str, line: str) -> Instrument:
    """Return what name and product line tell of a contract that no list has yet."""
    quote, form = LINES.get(line, ("", None))
    if form is None or not (name := form.fullmatch(symbol)):
        raise MalformedFrame(f"{symbol!r} is no contract name of {line!r}")
    return Instrument(symbol, name[1], quote)
