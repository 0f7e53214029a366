"""Deribit futures, perpetuals and options: the trade tape, whose trades are flagged.

An option's price is a premium, in the base currency or in USDC: it belongs on no chart of its
underlying, and times the amount it is no notional. So an option is its own symbol, and the
value of its liquidations is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from exchanges.adapters import base
from exchanges.adapters.base import Options, Request, Subscription, decode, extract
from exchanges.adapters.market.deribit import DeribitMarket
from exchanges.errors import MalformedFrame
from exchanges.events import Acknowledged, Delivered, FeedEvent, Liquidation, Refused, Reply
from exchanges.instruments import Instrument, Instruments

# The trading host forgets trades after a day.
HISTORY = "https://history.deribit.com/api/v2/public/get_last_trades_by_currency_and_time"
SUBSCRIBE, HEARTBEAT, TEST = 1, 2, 3
_FRAME_OF_ONE = b'{"jsonrpc":"2.0","method":"subscription","params":{"data":[%b]}}'


class Trade(msgspec.Struct, gc=False):
    """One trade that closed somebody's position by force; most trades have no `liquidation`."""

    trade_id: str | int
    instrument_name: str
    timestamp: int
    price: float
    amount: float
    direction: Literal["buy", "sell"]
    liquidation: Literal["T", "M", "MT"]


class Params(msgspec.Struct, frozen=True):
    """Of a push: `data`. Of a heartbeat: `type`."""

    type: str = ""
    data: list[msgspec.Raw] = []


class Frame(msgspec.Struct):
    """A push or a heartbeat (`method`), or an answer: to our `id`, or over REST."""

    method: str = ""
    params: Params = Params()
    id: int = 0
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: dict[str, Any] | None = None


class Page(msgspec.Struct):
    """What the history answers."""

    trades: list[msgspec.Raw]
    has_more: bool = False


class Contract(msgspec.Struct):
    """One row of get_instruments."""

    instrument_name: str
    kind: str


_FRAME = msgspec.json.Decoder(Frame)
_NAMES = msgspec.json.Decoder(list[str])
_PAGE = msgspec.json.Decoder(Page)
_TRADE = msgspec.json.Decoder(Trade, strict=False)


class DeribitAdapter(base.Adapter):
    """Deribit futures and options, all currencies."""

    name = "deribit"
    display_name = "Deribit"
    color = "#13CEA4"
    docs_url = "https://docs.deribit.com/subscriptions/trades/tradeskindcurrencyinterval"
    completeness = "complete"
    completeness_rule = "Trade notifications across all instruments for a given kind and currency"
    side_rule = "T: the taker was liquidated, sell closed a long; M: the maker, buy did; MT: both"
    price_kind = "fill"
    size_rule = "amount in USD (inverse) or base units (linear); options have no value in USD"
    identity_rule = "instrument, trade_id and role (T or M); nothing is sent again"
    documented_fields = (
        "jsonrpc method params channel type data trade_seq trade_id timestamp tick_direction price "
        "mark_price index_price liquidation instrument_name direction contracts amount iv "
        "block_trade_id block_trade_leg_count combo_id combo_trade_id"
    )
    connection_rule = "the answer lists accepted channels; a test_request wants public/test back"
    quiet_rate_per_minute = 0.05
    control = "ordinary trades of the same tape"
    control_seconds = 60.0
    history_source = "history.deribit.com, all trades"
    market = DeribitMarket()
    instrument_urls = ("https://www.deribit.com/api/v2/public/get_instruments?currency=any",)

    def subscriptions(self, instruments: Instruments, options: Options) -> Sequence[Subscription]:
        """One socket with all channels, once it is known which currencies there are."""
        channels = _channels(instruments)
        beat = _request(HEARTBEAT, "set_heartbeat", interval=30)
        ask = _request(SUBSCRIBE, "subscribe", channels=channels)
        url = "wss://www.deribit.com/ws/api/v2"
        return [Subscription(url, (beat, ask), 1, has_control=True)] if channels else []

    def parse(
        self, frame: bytes, instruments: Instruments, received_time: datetime | None
    ) -> Sequence[FeedEvent]:
        """Return the frame's liquidations, or what an answer or a heartbeat means."""
        message: Frame = decode(_FRAME, frame)
        if message.method == "subscription":
            trades = message.params.data
            return list(self._liquidations(trades, instruments, received_time)) or [Delivered()]
        if message.params.type == "test_request":
            return [Reply(_request(TEST, "test"))]
        if message.error is not None or bytes(message.result) == b"[]":
            return [Refused(str(message.error or "none of the channels was accepted"))]
        return self._acknowledged(message, instruments) if message.id == SUBSCRIBE else []

    def _acknowledged(self, message: Frame, instruments: Instruments) -> list[FeedEvent]:
        """The answer lists what was accepted, which may be a part of what was asked for."""
        accepted = set(decode(_NAMES, message.result))
        left_out = [name for name in _channels(instruments) if name not in accepted]
        refused = Refused(f"not accepted: {', '.join(left_out)}", is_fatal=False)
        return [Acknowledged(), *[refused] * bool(left_out)]

    def parse_instruments(self, body: bytes) -> list[Instrument]:
        """The names tell everything; combinations and spot pairs are left out."""
        contracts = extract(body, "result", list[Contract])
        return [_named(c.instrument_name) for c in contracts if c.kind in ("future", "option")]

    def history(
        self,
        instruments: Instruments,
        options: Options,
        since: datetime,
        until: datetime,
        symbol: str | None = None,
    ) -> base.History:
        """Read all trades, market by market, each page from the newest of the one before on."""
        meant = {_market(n) for n, i in instruments.items() if symbol in (None, i.symbol)}
        for kind, currency in sorted(meant):
            start, end = (round(at.timestamp() * 1000) for at in (since, until))
            url = f"{HISTORY}?currency={currency}&kind={kind}&count=1000&sorting=asc"
            while start < end:
                body = yield Request(f"{url}&start_timestamp={start}&end_timestamp={end}")
                message: Frame = decode(_FRAME, body)
                if message.error is not None:
                    raise MalformedFrame(f"the venue answered {message.error}")
                page: Page = decode(_PAGE, message.result)
                found = self._liquidations(page.trades, instruments, None)
                yield [one for one in found if symbol in (None, one.symbol)]
                last = bytes(page.trades[-1]) if page.trades and page.has_more else None
                start = max(extract(last, "timestamp", int), start + 1) if last else end

    def _liquidations(
        self, trades: Iterable[msgspec.Raw], instruments: Instruments, received: datetime | None
    ) -> Iterator[Liquidation]:
        for raw in map(bytes, trades):
            if b'"liquidation"' not in raw:
                continue  # as most of the tape
            trade: Trade = decode(_TRADE, raw)
            name = trade.instrument_name
            instrument = instruments.get(name) or _named(name)
            for role in trade.liquidation:
                is_long = (role == "T") == (trade.direction == "sell")
                yield self.liquidation(
                    instrument,
                    key=f"{name}:{trade.trade_id}:{role}",
                    side="long" if is_long else "short",
                    price=trade.price,
                    raw_side=trade.direction,
                    raw_size=trade.amount,
                    raw_unit="quote" if instrument.is_inverse else "base",
                    time_ms=trade.timestamp,
                    received_time=received,
                    confidence=1.0 if name in instruments else 0.9,
                    raw=_FRAME_OF_ONE % raw,
                )


def _request(number: int, method: str, **params: object) -> str:
    request = {"jsonrpc": "2.0", "id": number, "method": f"public/{method}", "params": params}
    return msgspec.json.encode(request).decode()


def _channels(instruments: Instruments) -> list[str]:
    """Return the trades of every kind and currency that there are contracts of."""
    markets = sorted({_market(name) for name in instruments})
    return [f"trades.{kind}.{currency}.100ms" for kind, currency in markets]


def _market(name: str) -> tuple[str, str]:
    """Return kind and currency: BTC-PERPETUAL trades in BTC, SOL_USDC-27MAR26-200-C in USDC."""
    kind = "option" if name.endswith(("-C", "-P")) else "future"
    return kind, name.partition("-")[0].rpartition("_")[2]


def _named(name: str) -> Instrument:
    """Return what the name tells: an underscore makes a contract linear."""
    pair, dash, _ = name.partition("-")
    asset, underscore, quote = pair.partition("_")
    if not (asset and dash):
        raise MalformedFrame(f"{name!r} is no contract name")
    if _market(name)[0] == "option":
        return Instrument(name, name, "")
    return Instrument(name, asset, quote or "USD", is_inverse=not underscore)
