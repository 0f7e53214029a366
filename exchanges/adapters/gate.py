"""Gate perpetuals, one socket a settlement currency: `futures.public_liquidates`.

The documents contradict each other on the sign of the socket's `size`, so the side is told by
the price: the limit of a liquidation order lies below the mark for a long, above for a short.
Marks come from `futures.tickers` on the same socket; before the first of them a row has no side.

Sources: the page below, and https://www.gate.com/docs/developers/apiv4/en/#futures
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from exchanges.adapters import base
from exchanges.adapters.base import (
    Adapter,
    Options,
    Request,
    Subscription,
    decode,
    mark_or_delivered,
)
from exchanges.adapters.market.gate import SETTLES, GateMarket
from exchanges.adapters.parts.places import Places
from exchanges.errors import HistoryUnavailable, MalformedFrame
from exchanges.events import Acknowledged, FeedEvent, Liquidation, Refused
from exchanges.instruments import Instrument, Instruments

LIQUIDATES, TICKERS = "futures.public_liquidates", "futures.tickers"
LARGEST_ANSWER = 1000
LAST_HOUR = timedelta(hours=1)
_REST = "https://api.gateio.ws/api/v4/futures"


class Row(msgspec.Struct, gc=False):
    """One order, of the socket (`price`, `size`) or the history (`size` is the position's)."""

    contract: str
    size: float
    time: float = 0
    time_ms: int = 0
    price: float = 0.0
    order_size: float = 0.0
    order_price: float = 0.0
    fill_price: float = 0.0


class Contract(msgspec.Struct):
    """One row of the contract list (`name`) or of a ticker push (`contract`)."""

    name: str = ""
    contract: str = ""
    type: str = ""
    quanto_multiplier: float = 0.0
    mark_price: float | str | None = None


class Frame(msgspec.Struct):
    """A push, or the answer to a request; `mark_price` is in our own `raw` only."""

    channel: str = ""
    event: str = ""
    mark_price: float = 0.0
    result: msgspec.Raw = msgspec.Raw(b"[]")
    error: dict[str, object] | None = None


_FRAME, _ROW = msgspec.json.Decoder(Frame), msgspec.json.Decoder(Row, strict=False)
_ROWS = msgspec.json.Decoder(list[msgspec.Raw])
_PUSH = b'{"channel":"futures.public_liquidates","event":"update","mark_price":%r,"result":[%b]}'
_CONTRACTS = msgspec.json.Decoder(list[Contract], strict=False)


class GateAdapter(Adapter):
    """Gate perpetuals settled in USDT, USD1 and BTC."""

    name = "gate"
    display_name = "Gate"
    color = "#6C89F9"
    docs_url = "https://www.gate.com/docs/developers/futures/ws/en/#public-liquidates-channel"
    completeness = "complete"
    completeness_rule = "since 2026-08-20 all orders of a cycle are pushed together, none dropped"
    side_rule = "order price below the mark closed a long, above it a short; history: sign of size"
    price_kind = "order"
    size_rule = "contracts of quanto_multiplier base units; settled in BTC: of 1 USD"
    identity_rule = "no id: contract, second, size, price, place among equal rows; no replay"
    numbers_equals = True
    documented_fields = (
        "channel event time time_ms result price size contract order_id mark_price order_price "
        "order_size fill_price leverage margin entry_price liq_price left user text"
    )
    connection_rule = "a socket a currency, both channels acknowledged; protocol pings; 300 sockets"
    quiet_rate_per_minute = 1.8
    control = "tickers of all contracts, whenever they change"
    control_seconds = 20.0
    history_source = "REST liq_orders: the last hour of all, or minute by minute for one symbol"
    history_pause_seconds = 0.1
    market = GateMarket()
    instrument_urls = tuple(f"{_REST}/{settle}/contracts" for settle in SETTLES.values())

    def subscriptions(self, instruments: Instruments, options: Options) -> Sequence[Subscription]:
        """Marks first, then liquidations, of all contracts."""
        sockets = []
        for quoted, settle in SETTLES.items():
            names = [i.instrument_id for i in instruments.values() if i.quote == quoted]
            texts = (_subscribe(TICKERS, names or ["!all"]), _subscribe(LIQUIDATES, ["!all"]))
            url = f"wss://fx-ws.gateio.ws/v4/ws/{settle}"
            sized = (("X-Gate-Size-Decimal", "1"),)
            sockets.append(Subscription(url, texts, 2, headers=sized, has_control=settle != "usd1"))
        return sockets

    def parse(
        self, frame: bytes, instruments: Instruments, received_time: datetime | None
    ) -> Sequence[FeedEvent]:
        """Return the frame's liquidations or marks, or what an answer to our request means."""
        message: Frame = decode(_FRAME, frame)
        is_marks = message.channel == TICKERS
        if message.error:
            reason = f"{message.channel}: {message.error.get('message')}"
            # Without marks the liquidations still come, and are kept as rejected.
            return [Refused(reason, is_fatal=not is_marks, is_control=is_marks)]
        if message.event != "update":
            return [Acknowledged(is_marks)] if message.event == "subscribe" else []
        if message.channel == LIQUIDATES:
            return list(self._liquidations(message, instruments, received_time))
        tickers: list[Contract] = decode(_CONTRACTS, message.result)
        return [mark_or_delivered(ticker.contract, ticker.mark_price) for ticker in tickers]

    def parse_instruments(self, body: bytes) -> list[Instrument]:
        if not (contracts := decode(_CONTRACTS, body)):
            raise MalformedFrame("the contract list is empty")
        return [_listed(contract) for contract in contracts]

    def history(
        self,
        instruments: Instruments,
        options: Options,
        since: datetime,
        until: datetime,
        symbol: str | None = None,
    ) -> base.History:
        """Ask for all at once, which tells the newest thousand of the last hour; where that is
        not enough, and for one symbol, contract by contract and minute by minute."""
        for quoted, settle in SETTLES.items():
            listed = [i for i in instruments.values() if i.quote == quoted]
            if symbol is None:
                body = yield Request(f"{_REST}/{settle}/liq_orders?limit={LARGEST_ANSWER}")
                rows = self._past(body, instruments)
                yield [row for row in rows if since <= row.exchange_time < until]
                oldest = min((row.exchange_time for row in rows), default=since)
                is_whole = len(rows) < LARGEST_ANSWER or oldest < since
                listed = [] if is_whole or until - since > LAST_HOUR else listed
            for one in (i for i in listed if symbol in (None, i.symbol)):
                url = f"{_REST}/{settle}/liq_orders?contract={one.instrument_id}"
                for first in range(math.floor(since.timestamp()), math.ceil(until.timestamp()), 60):
                    yield from self._between(url, first, first + 59, instruments)
        if symbol is None and until - since > LAST_HOUR:
            raise HistoryUnavailable("of all contracts only the last hour is told; name a symbol")

    def _between(self, url: str, first: int, last: int, instruments: Instruments) -> base.History:
        """Ask for some seconds, at most a minute, and where that is too much for half of them."""
        body = yield Request(f"{url}&from={first}&to={last}&limit={LARGEST_ANSWER}")
        rows = self._past(body, instruments)
        if len(rows) < LARGEST_ANSWER or first == last:
            yield rows
            return
        middle = (first + last) // 2
        yield from self._between(url, first, middle, instruments)
        yield from self._between(url, middle + 1, last, instruments)

    def _past(self, body: bytes, instruments: Instruments) -> list[Liquidation]:
        return list(self._liquidations(Frame(result=msgspec.Raw(body)), instruments, None))

    def _liquidations(
        self, message: Frame, instruments: Instruments, received: datetime | None
    ) -> Iterator[Liquidation]:
        places = Places()
        for raw in decode(_ROWS, message.result):
            row: Row = decode(_ROW, raw)
            instrument = instruments.get(row.contract) or _listed(Contract(row.contract))
            mark = message.mark_price or instruments.marks.get(row.contract)
            size, limit = abs(row.order_size or row.size), row.order_price or row.price
            time_ms = row.time_ms or (row.time if row.time > 10**12 else row.time * 1000)
            key = f"{row.contract}:{int(time_ms) // 1000}:{size}:{limit}"
            yield self.liquidation(
                instrument,
                key=places.numbered(key),
                side="long" if _is_long(row, mark) else "short",
                price=row.fill_price or limit,
                price_kind="fill" if row.fill_price else "order",
                raw_side="-" if row.size < 0 else "+",
                raw_size=size,
                raw_unit="contracts",
                time_ms=round(time_ms),
                received_time=received,
                confidence=1.0 if row.order_size else 0.9,
                raw=_PUSH % (mark or 0.0, raw),
            )


def _subscribe(channel: str, names: list[str]) -> str:
    # `time` is required, and only ever echoed.
    request = {"time": 1, "channel": channel, "event": "subscribe", "payload": names}
    return msgspec.json.encode(request).decode()


def _is_long(row: Row, mark: float | None) -> bool:
    """Tell by the position's sign (history), or by where the order's limit lies (socket)."""
    is_past = bool(row.order_price)
    lean = (row.size or row.fill_price - row.order_price) if is_past else mark and mark - row.price
    if not lean:
        raise MalformedFrame(f"no mark price tells the side of {row.contract} at {row.price}")
    return lean > 0


def _listed(c: Contract) -> Instrument:
    coin, _, money = c.name.partition("_")
    # The multiplier of a quanto contract, quoted in USD and settled in BTC, is in no base units.
    size = 1.0 if c.type == "inverse" else c.quanto_multiplier * (money != "USD")
    return Instrument(c.name, coin, money, size or None, c.type == "inverse")
