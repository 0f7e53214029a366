"""Lighter perpetuals: `liquidation_trades` of the channel `trade/{market_id}`.

Sources: https://apidocs.lighter.xyz/docs/websocket-reference
https://apidocs.lighter.xyz/docs/market-data
https://apidocs.lighter.xyz/docs/rate-limits
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from exchanges.adapters.base import Adapter, ClientPing, Options, Subscription, decode, extract
from exchanges.events import (
    Acknowledged,
    Delivered,
    FeedEvent,
    Heartbeat,
    Liquidation,
    LiquidationType,
    Refused,
    Reply,
)
from exchanges.instruments import Instrument, Instruments

MARKETS_PER_SOCKET = 100
# The venue takes 200 messages a minute from one address, whatever the number of sockets.
PAUSE_SECONDS = 0.35
TYPES: dict[str, LiquidationType] = {"liquidation": "forced", "deleverage": "adl"}


class Trade(msgspec.Struct, gc=False):
    """One trade by which a position was closed; the taker's position."""

    trade_id: int
    type: str
    market_id: int
    size: float
    price: float
    is_maker_ask: bool
    timestamp: int


class Error(msgspec.Struct):
    """Why a request was refused."""

    message: str = ""
    code: int = 0


class Frame(msgspec.Struct):
    """A push or snapshot of a market's trades, or a control message."""

    type: str = ""
    channel: str = ""
    error: Error | None = None
    liquidation_trades: list[msgspec.Raw] | None = None


class Market(msgspec.Struct):
    """A row of orderBookDetails; only trades of markets that are active can be subscribed."""

    symbol: str
    market_id: int
    status: str = "active"


_FRAME = msgspec.json.Decoder(Frame)
_TRADE = msgspec.json.Decoder(Trade, strict=False)
_FRAME_OF_ONE = b'{"channel":%b,"type":"update/trade","liquidation_trades":[%b]}'


class LighterAdapter(Adapter):
    """Lighter perpetuals."""

    name = "lighter"
    display_name = "Lighter"
    color = "#7FDBDA"
    docs_url = "https://apidocs.lighter.xyz/docs/websocket-reference"
    completeness = "complete"
    completeness_rule = "The trade channel sends the new trade data for the given market"
    side_rule = "the taker is liquidated: is_maker_ask true, it bought and closed a short"
    price_kind = "fill"
    size_rule = "size in base units"
    documented_fields = (
        "channel type liquidation_trades trade_id trade_id_str tx_hash market_id size price "
        "usd_amount is_maker_ask block_height timestamp transaction_time ask_id ask_id_str bid_id "
        "bid_id_str ask_client_id ask_client_id_str bid_client_id bid_client_id_str ask_account_id "
        "bid_account_id ask_account_pnl bid_account_pnl taker_fee maker_fee "
        "taker_position_size_before taker_entry_quote_before taker_position_sign_changed "
        "taker_initial_margin_fraction_before taker_allocated_margin_usdc_before "
        "maker_position_size_before maker_entry_quote_before maker_position_sign_changed "
        "maker_initial_margin_fraction_before maker_allocated_margin_usdc_before"
    )
    identity_rule = "trade_id; subscribing sends the newest trades of a market again"
    connection_rule = (
        "one subscription a market, 100 a socket, 200 messages a minute in all; answered "
        "subscribed/trade or error; closed after 2 min without a message, so ping every 50 s"
    )
    quiet_rate_per_minute = 0.1
    control = "ordinary trades of the same markets"
    control_seconds = 60.0
    client_ping = ClientPing('{"type":"ping"}', 50.0)
    instrument_urls = ("https://mainnet.zklighter.elliot.ai/api/v1/orderBookDetails",)

    def parse_instruments(self, body: bytes) -> list[Instrument]:
        """The venue's own name of a contract, on the wire, is its market's number."""
        markets = extract(body, "order_book_details", list[Market])
        return [
            Instrument(str(m.market_id), m.symbol, "USDC") for m in markets if m.status == "active"
        ]

    def subscriptions(self, instruments: Instruments, options: Options) -> Sequence[Subscription]:
        """A message a market; all sockets together keep to the limit of messages."""
        asked = [f'{{"type":"subscribe","channel":"trade/{market}"}}' for market in instruments]
        starts = range(0, len(asked), MARKETS_PER_SOCKET)
        sockets = [tuple(asked[start : start + MARKETS_PER_SOCKET]) for start in starts]
        # Reading alone is allowed from every country.
        url = "wss://mainnet.zklighter.elliot.ai/stream?readonly=true"
        pause = PAUSE_SECONDS * len(sockets)
        return [Subscription(url, some, len(some), pause, has_control=True) for some in sockets]

    def parse(
        self, frame: bytes, instruments: Instruments, received_time: datetime | None
    ) -> Sequence[FeedEvent]:
        """Return a market's liquidations, or what a control message means."""
        message: Frame = decode(_FRAME, frame)
        if message.error is not None:
            return [Refused(message.error.message, is_fatal=False)]
        match message.type:
            case "subscribed/trade":
                return [Acknowledged(), *self._liquidations(message, instruments, received_time)]
            case "update/trade":
                found = self._liquidations(message, instruments, received_time)
                return found or [Delivered()]
            case "ping":
                return [Reply('{"type":"pong"}')]
            case "pong" | "connected":
                return [Heartbeat()]
        return []

    def _liquidations(
        self, message: Frame, instruments: Instruments, received_time: datetime | None
    ) -> list[Liquidation]:
        channel = msgspec.json.encode(message.channel)
        liquidations = []
        for raw in map(bytes, message.liquidation_trades or ()):
            trade: Trade = decode(_TRADE, raw)
            if trade.type not in TYPES:
                continue
            known = instruments.get(str(trade.market_id))
            liquidations.append(
                self.liquidation(
                    known or _unnamed(trade.market_id),
                    key=str(trade.trade_id),
                    side="short" if trade.is_maker_ask else "long",
                    price=trade.price,
                    raw_side="buy" if trade.is_maker_ask else "sell",
                    raw_size=trade.size,
                    raw_unit="base",
                    time_ms=trade.timestamp,
                    received_time=received_time,
                    raw=_FRAME_OF_ONE % (channel, raw),
                    liquidation_type=TYPES[trade.type],
                    confidence=1.0 if known else 0.9,
                )
            )
        return liquidations


def _unnamed(market_id: int) -> Instrument:
    """Return a market that no list has: its number says nothing of the coin, but all are sized
    in base units and quoted in USDC."""
    return Instrument(str(market_id), f"market{market_id}", "USDC")
