"""HTX contracts: `public.*.liquidation_orders` on three sockets, every frame gzip.

That no order is left out is inferred. Sources: `docs_url`; ?id=28c34bd5-77ae-11ed-9966-0242ac110003
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from exchanges.adapters import base
from exchanges.adapters.base import Options, Subscription, decode
from exchanges.adapters.parts.places import Places
from exchanges.errors import MalformedFrame
from exchanges.events import Acknowledged, FeedEvent, Liquidation, Refused, Reply, Side
from exchanges.instruments import Instrument, Instruments

SOCKET, REST = "wss://api.hbdm.com/%snotification", "https://api.hbdm.com"
SIDES: dict[str, Side] = {"sell": "long", "buy": "short"}
# The histories, and what turns their pages.
LINEAR = f"{REST}/v5/market/liquidation_orders?direct=next&limit=100&contract_code=", "from"
COIN = f"{REST}/swap-api/v3/swap_liquidation_orders?direct=next&trade_type=0&contract=", "from_id"
SUBSCRIBED, TWO_HOURS_MS = (0, 2014), 2 * 60 * 60 * 1000
_NAME = re.compile(r"([^-]+)-([^-]+)(?:-\d{6})?|([A-Z]\w*?)\d{6}")
_V5_NAMES = {"direction": "side", "price": "bankrupt_price", "created_at": "liquidation_time"}


class Row(msgspec.Struct, kw_only=True, gc=False):
    """One liquidation order, as the sockets and the v3 history have it."""

    contract_code: str
    direction: Literal["buy", "sell"]
    price: float
    created_at: int
    volume: float
    trade_turnover: float | None = None
    offset: Literal["open", "close", "both"] = "close"


class V5Row(Row, rename=_V5_NAMES, kw_only=True, gc=False):
    """The same order, as the v5 history has it."""

    direction: Literal["buy", "sell"]
    price: float
    created_at: int


class Frame(msgspec.Struct, rename={"err_code": "err-code", "err_msg": "err-msg"}):
    """A push, a ping or the answer to a request (`op` says which), or a REST answer."""

    op: str = ""
    topic: str = ""
    ts: str | int = 0
    data: list[msgspec.Raw] = []
    status: str = "ok"
    code: int = 200
    err_code: int = 0
    err_msg: str = ""


class Contract(msgspec.Struct):
    """One row of any of the three contract lists."""

    contract_code: str
    contract_size: float


class Numbered(msgspec.Struct):
    """A REST row's number, which only its pages need: `id` in v5, `query_id` in v3."""

    id: int = 0
    query_id: int = 0


_FRAME = msgspec.json.Decoder(Frame, strict=False)
_ROW = msgspec.json.Decoder(Row, strict=False)
_V5_ROW = msgspec.json.Decoder(V5Row, strict=False)
_json = msgspec.json.encode


class HtxAdapter(base.Adapter):
    """HTX linear swaps and futures, coin-margined swaps and delivery contracts."""

    name = "htx"
    display_name = "HTX"
    color = "#4E9A06"
    docs_url = "https://htx.com/en-us/opend/newApiPages/?id=8cb7e25d-77b5-11ed-9966-0242ac110003"
    completeness = "complete"
    completeness_rule = "subscripting * returns all swap contracts and all futures contracts"
    side_rule = "direction is the closing order's side: sell closed a long, buy closed a short"
    price_kind = "bankruptcy"
    size_rule = "trade_turnover in quote units (linear), volume in contracts of fixed USD (inverse)"
    identity_rule = "no id: contract, side, time, volume, price, place among equal rows; no replay"
    numbers_equals = True
    documented_fields = (
        "op topic ts data symbol contract_code direction offset volume price created_at amount "
        "trade_turnover contract_type pair business_type trade_partition id query_id "
        "liquidation_time side position_side bankrupt_price"
    )
    connection_rule = "three sockets; err-code 0 or 2014 acknowledges; five unanswered pings close"
    quiet_rate_per_minute = 0.23
    history_source = "GET /v5/market/liquidation_orders (linear), v3 (coin-margined swaps): 90 days"
    history_pause_seconds = 0.2
    instrument_urls = (
        f"{REST}/linear-swap-api/v1/swap_contract_info?business_type=all",
        f"{REST}/swap-api/v1/swap_contract_info",
        f"{REST}/api/v1/contract_contract_info",
    )

    def subscriptions(self, instruments: Instruments, options: Options) -> Sequence[Subscription]:
        """One socket a product line; the linear one must be asked for dated contracts too."""
        request = {"op": "sub", "cid": "liquidations", "topic": "public.*.liquidation_orders"}
        lines = {"linear-swap-": request | {"business_type": "all"}, "swap-": request, "": request}
        return [Subscription(SOCKET % at, (_json(ask).decode(),), 1) for at, ask in lines.items()]

    def parse(
        self, frame: bytes, instruments: Instruments, received_time: datetime | None
    ) -> Sequence[FeedEvent]:
        """Return the liquidations of a push or a REST answer, or what our request led to."""
        message: Frame = decode(_FRAME, base.inflate(frame))
        match message.op:
            case "ping":
                return [Reply(_json({"op": "pong", "ts": message.ts}).decode())]
            case "sub" if message.err_code in SUBSCRIBED:
                return [Acknowledged()]
            case "sub" | "error" | "close":
                return [Refused(f"{message.op} {message.err_code} {message.err_msg}".rstrip())]
        if message.code != 200 or message.status != "ok":
            raise MalformedFrame(f"the venue answered {frame[:200]!r}")
        return list(self._liquidations(message, instruments, received_time))

    def parse_instruments(self, body: bytes) -> list[Instrument]:
        """The name tells base, quote and kind; the list, how much a contract is."""
        contracts = base.extract(body, "data", list[Contract])
        return [_named(c.contract_code, c.contract_size) for c in contracts]

    def history(
        self,
        instruments: Instruments,
        options: Options,
        since: datetime,
        until: datetime,
        symbol: str | None = None,
    ) -> base.History:
        """Ask contract by contract, two hours at a time; delivery contracts are not asked for."""
        for code, instrument in instruments.items():
            url, key = COIN if instrument.is_inverse else LINEAR
            start, last, newest = *(round(at.timestamp() * 1000) for at in (since, until)), 0
            while symbol in (None, instrument.symbol) and "-" in code and start < last:
                end = min(start + TWO_HOURS_MS, last)
                page = f"&{key}={newest}" if newest else ""
                body = yield base.Request(f"{url}{code}&start_time={start}&end_time={end}{page}")
                yield [e for e in self.parse(body, instruments, None) if isinstance(e, Liquidation)]
                numbers = [n.id or n.query_id for n in base.extract(body, "data", list[Numbered])]
                start = start if max(numbers, default=0) > newest else end
                newest = max([newest, *numbers])

    def _liquidations(
        self, message: Frame, instruments: Instruments, received_time: datetime | None
    ) -> Iterator[Liquidation]:
        head = _json({"op": message.op, "topic": message.topic, "ts": message.ts})[:-1]
        places = Places()
        for raw in map(bytes, message.data):
            row: Row = decode(_V5_ROW if b'"liquidation_time"' in raw else _ROW, raw)
            if row.offset == "open":
                continue
            instrument = instruments.get(row.contract_code) or _named(row.contract_code, None)
            turnover = None if instrument.is_inverse else row.trade_turnover
            key = f"{row.contract_code}:{row.direction}:{row.created_at}:{row.volume}:{row.price}"
            is_sure = row.contract_code in instruments and row.offset == "close"
            yield self.liquidation(
                instrument,
                key=places.numbered(key),
                side=SIDES[row.direction],
                price=row.price,
                raw_side=row.direction,
                raw_size=row.volume if turnover is None else turnover,
                raw_unit="contracts" if turnover is None else "quote",
                time_ms=row.created_at,
                received_time=received_time,
                confidence=1.0 if is_sure else 0.9,
                raw=head + b',"data":[' + raw + b"]}",
            )


def _named(code: str, contract_size: float | None) -> Instrument:
    """Return what the name tells: BTC-USDT(-270326) is linear, BTC-USD and BTC270326 inverse."""
    if not (name := _NAME.fullmatch(code)):
        raise MalformedFrame(f"{code!r} is no contract name")
    asset, quote = name[1] or name[3], name[2] or "USD"
    return Instrument(code, asset, quote, contract_size, is_inverse=quote == "USD")
