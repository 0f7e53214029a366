"""dYdX v4 perpetuals: trades of type LIQUIDATED in `v4_trades`, one subscription a market.

Sources: https://docs.dydx.xyz/interaction/data/feeds
https://docs.dydx.xyz/indexer-client/websockets
https://docs.dydx.xyz/indexer-client/http
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import quote

import msgspec

from exchanges.adapters.base import (
    Adapter,
    History,
    Options,
    Request,
    Subscription,
    decode,
    extract,
)
from exchanges.adapters.market.dydx import DydxMarket
from exchanges.errors import MalformedFrame
from exchanges.events import (
    Acknowledged,
    Delivered,
    FeedEvent,
    Liquidation,
    LiquidationType,
    Refused,
    Side,
)
from exchanges.instruments import Instrument, Instruments

_REST = "https://indexer.dydx.trade/v4"
CHANNEL, BUSIEST = "v4_trades", "BTC-USD"
MARKETS_PER_SOCKET = 32
PAUSE_SECONDS = 0.5
TRADES_PER_ANSWER = 1000
SIDES: dict[str, Side] = {"SELL": "long", "BUY": "short"}
TYPES: dict[str, LiquidationType] = {"LIQUIDATED": "forced", "DELEVERAGED": "adl"}
_FORCED = re.compile(rb'"(?:LIQUIDATED|DELEVERAGED)"')
# Tickers of tokens without a name of their own carry their address: `FARTCOIN,RAYDIUM,9BB6…-USD`.
_TICKER = re.compile(r"([^,]+)(?:,.*)?-([A-Z]+)")


class Trade(msgspec.Struct, gc=False, rename="camel"):
    """One trade; `side` is the taker's."""

    id: str
    side: Literal["BUY", "SELL"]
    size: float
    price: float
    type: str
    created_at: Annotated[datetime, msgspec.Meta(tz=True)]
    created_at_height: int = 0


class Trades(msgspec.Struct):
    """`contents` of a push, or one of those of a batch; also an answer over REST."""

    trades: list[msgspec.Raw] = []


class Frame(msgspec.Struct):
    """A push or snapshot of a market (`id`), or an error (`message`)."""

    type: str = ""
    channel: str = ""
    id: str = ""
    message: str = ""
    contents: Trades | list[Trades] = []


class Market(msgspec.Struct):
    """A row of perpetualMarkets."""

    ticker: str
    status: str = ""


_FRAME = msgspec.json.Decoder(Frame)
_TRADE = msgspec.json.Decoder(Trade, strict=False)
_TRADES = msgspec.json.Decoder(Trades)
_FRAME_OF_ONE = b'{"type":"channel_data","channel":"v4_trades","id":%b,"contents":{"trades":[%b]}}'


class DydxAdapter(Adapter):
    """dYdX v4 perpetuals."""

    name = "dydx"
    display_name = "dYdX"
    color = "#DB4E8C"
    docs_url = "https://docs.dydx.xyz/interaction/data/feeds"
    completeness = "complete"
    completeness_rule = "the update messages contain the finalized trades (matched orders)"
    side_rule = "side is the taker's, which is the liquidation order: SELL closed a long"
    price_kind = "fill"
    size_rule = "size in base units"
    documented_fields = (
        "type channel id contents trades size price side createdAt createdAtHeight subaccountNumber"
    )
    identity_rule = "the trade's id; subscribing sends the newest trades of a market again"
    connection_rule = (
        "one subscription a market, 32 a socket, 2 a second; each is answered subscribed or error; "
        "the server pings every 30 s and wants a pong within 10 s"
    )
    quiet_rate_per_minute = 0.05
    control = "ordinary trades of the same tape, on the socket that has BTC-USD"
    control_seconds = 60.0
    history_source = "trades of each market over REST, months back"
    history_pause_seconds = 0.15
    market = DydxMarket()
    instrument_urls = (f"{_REST}/perpetualMarkets",)

    def parse_instruments(self, body: bytes) -> list[Instrument]:
        """All contracts are linear, in base units; those that are settled are left out."""
        markets = extract(body, "markets", dict[str, Market]).values()
        return [_named(m.ticker) for m in markets if m.status != "FINAL_SETTLEMENT"]

    def subscriptions(self, instruments: Instruments, options: Options) -> Sequence[Subscription]:
        """A message a market, on as few sockets as the venue allows."""
        names, url = list(instruments), "wss://indexer.dydx.trade/v4/ws"
        sockets = []
        for first in range(0, len(names), MARKETS_PER_SOCKET):
            some = names[first : first + MARKETS_PER_SOCKET]
            asked = tuple(map(_subscribe, some))
            # Hours may pass without a trade where all markets are small ones.
            is_busy = BUSIEST in some
            sockets.append(Subscription(url, asked, len(some), PAUSE_SECONDS, has_control=is_busy))
        return sockets

    def parse(
        self, frame: bytes, instruments: Instruments, received_time: datetime | None
    ) -> Sequence[FeedEvent]:
        """Return the liquidations among a market's trades, or what an answer means."""
        message: Frame = decode(_FRAME, frame)
        if message.type == "error":
            return [_refused(message)]
        if message.channel != CHANNEL:
            return []
        batch = message.contents if isinstance(message.contents, list) else [message.contents]
        trades = [trade for contents in batch for trade in contents.trades]
        rows = self._liquidations(message.id, trades, instruments, received_time)
        return [Acknowledged(), *rows] if message.type == "subscribed" else rows or [Delivered()]

    def history(
        self,
        instruments: Instruments,
        options: Options,
        since: datetime,
        until: datetime,
        symbol: str | None = None,
    ) -> History:
        """Each market's trades, newest first, block by block back to `since`."""
        for market in [i for i, known in instruments.items() if symbol in (None, known.symbol)]:
            url = f"{_REST}/trades/perpetualMarket/{quote(market)}?limit={TRADES_PER_ANSWER}"
            before = f"createdBeforeOrAt={until.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
            height = None
            while before:
                trades = decode(_TRADES, (yield Request(f"{url}&{before}"))).trades
                yield self._liquidations(market, trades, instruments, None)
                height = _next_height(trades, height, since)
                before = f"createdBeforeOrAtHeight={height}" if height else ""

    def _liquidations(
        self,
        market: str,
        trades: Iterable[msgspec.Raw],
        instruments: Instruments,
        received_time: datetime | None,
    ) -> list[Liquidation]:
        known = instruments.get(market)
        name = msgspec.json.encode(market)
        liquidations = []
        for raw in filter(_FORCED.search, map(bytes, trades)):
            trade: Trade = decode(_TRADE, raw)
            if trade.type not in TYPES:
                continue
            liquidations.append(
                self.liquidation(
                    known or _named(market),
                    key=trade.id,
                    side=SIDES[trade.side],
                    price=trade.price,
                    raw_side=trade.side,
                    raw_size=trade.size,
                    raw_unit="base",
                    time_ms=round(trade.created_at.timestamp() * 1000),
                    received_time=received_time,
                    raw=_FRAME_OF_ONE % (name, raw),
                    liquidation_type=TYPES[trade.type],
                    confidence=1.0 if known else 0.9,
                )
            )
        return liquidations


def _named(ticker: str) -> Instrument:
    """Return what a ticker tells, which is everything."""
    if not (name := _TICKER.fullmatch(ticker)):
        raise MalformedFrame(f"{ticker!r} is no ticker of a market")
    return Instrument(ticker, name[1], name[2])


def _next_height(trades: list[msgspec.Raw], height: int | None, since: datetime) -> int | None:
    """Return the block to go on from, None at the end of what is wanted."""
    if len(trades) < TRADES_PER_ANSWER:
        return None
    oldest: Trade = decode(_TRADE, trades[-1])
    if oldest.created_at < since:
        return None
    return min(oldest.created_at_height, height - 1) if height else oldest.created_at_height


def _subscribe(market: str) -> str:
    request = {"type": "subscribe", "channel": CHANNEL, "id": market, "batched": True}
    return msgspec.json.encode(request).decode()


def _refused(message: Frame) -> Refused:
    """One market refused leaves the others; one that the venue failed to look up is asked again,
    until its limit of repetitions closes the connection."""
    is_passing = message.message.startswith("Internal error") and message.id
    retry = (_subscribe(message.id),) if is_passing else ()
    return Refused(message.message, retry, is_fatal=False)
