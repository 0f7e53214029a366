"""Hyperliquid perpetuals: no public feed flags liquidations, so this reads fills that do.

1. Public, partial: `userFills` of HLP's vaults, which are often the other party.
2. LIQSITE_HYPERLIQUID_NODE_DIR: an own node's `node_fills_by_block` files, complete.
3. LIQSITE_HYPERLIQUID_VENDOR_URL: a vendor's `liquidationFills` socket, complete; the
   LIQSITE_HYPERLIQUID_VENDOR_KEY goes where it says `{key}`, else along as a bearer token.

"B = Bid = Buy, A = Ask = Short. Side is aggressing side for trades", and liquidations are
"sending market orders to the book": so a market liquidation by side A closed a LONG, not a
short. A public trade cannot tell it, for it does not say that it was one, and in a backstop the
aggressor is the liquidator: `parts/fills.py` has the rule for fills.

The context of one coin on the same socket proves that it delivers.

Sources: https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/notation
https://hyperliquid.gitbook.io/hyperliquid-docs/trading/liquidations
https://hyperliquid.gitbook.io/hyperliquid-docs/trading/contract-specifications
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from datetime import datetime
from typing import Annotated

import msgspec

from exchanges.adapters.base import (
    Adapter,
    ClientPing,
    History,
    Options,
    Request,
    Subscription,
    decode,
    extract,
    mark_or_delivered,
)
from exchanges.adapters.market.hyperliquid import HyperliquidMarket
from exchanges.adapters.parts.fills import FILL, VAULTS, Execution, Party, executions
from exchanges.errors import MalformedFrame
from exchanges.events import Acknowledged, FeedEvent, Heartbeat, Liquidation, Refused, Reply
from exchanges.instruments import Instrument, Instruments

HLP = "0xdfc24b077bc1425ad1dea75bcb6f8158e10df303"
CONTROL = {"type": "activeAssetCtx", "coin": "BTC"}
MOST_USERS, FILLS_PER_ANSWER = 10, 2000
THOUSANDS = {f"k{coin}" for coin in ("PEPE", "SHIB", "BONK", "FLOKI", "LUNC", "DOGS", "NEIRO")}
# Prices are in USDT, but for these; those of a builder-deployed dex in its own dollar.
QUOTED_IN_USDC = {"HYPE", "PURR"}
_NAME = re.compile(r"([^\s:@/]+:)?[^\s:@/]+")
_OWN_FILL = b'{"channel":"userFills","data":{"user":%b,"fills":[%b]}}'
_ANY_FILL = b"[%b,%b]"


class UserFills(msgspec.Struct):
    """`data` of a userFills push, the snapshot on subscribing too."""

    user: str
    fills: list[msgspec.Raw]


class Context(msgspec.Struct, rename="camel"):
    """What a coin is at."""

    mark_px: float | str | None = None


class CoinContext(msgspec.Struct):
    """`data` of an activeAssetCtx push."""

    coin: str
    ctx: Context


class Frame(msgspec.Struct):
    """A push or an answer (`channel`), a node's block (`events`), a vendor's push (`fills`)."""

    channel: str = ""
    type: str = ""
    data: msgspec.Raw = msgspec.Raw(b"")
    message: str = ""
    events: list[Party] = []
    fills: list[Party] = []


class Named(msgspec.Struct):
    """A dex, or a contract of one."""

    name: str


class Universe(msgspec.Struct):
    """The answer to `meta`: the contracts of one dex."""

    universe: list[Named]


Dexes = list[Named | None]
_FRAME = msgspec.json.Decoder(Frame | Party)
_CONTEXT = msgspec.json.Decoder(CoinContext, strict=False)
_USER_FILLS = msgspec.json.Decoder(UserFills)
_FILLS = msgspec.json.Decoder(list[msgspec.Raw])
_LISTING = msgspec.json.Decoder(Universe | Annotated[Dexes, msgspec.Meta(min_length=1)])


class HyperliquidAdapter(Adapter):
    """Hyperliquid perpetuals, those of builder-deployed dexes (`dex:COIN`) among them."""

    name = "hyperliquid"
    display_name = "Hyperliquid"
    color = "#9B59B6"
    docs_url = "https://hyperliquid.gitbook.io/hyperliquid-docs/trading/liquidations"
    completeness = "partial"
    completeness_rule = "Maximum of 10 unique users across user-specific websocket subscriptions"
    side_rule = (
        "A sold, B bought: A closed a long in the liquidated user's own fill, a short in the "
        "counterparty's; auto-deleveraging, kept apart, has the liquidated user's side as well"
    )
    price_kind = "fill"
    size_rule = "sz in coin units"
    documented_fields = (
        "channel data user fills coin px sz side time startPosition dir closedPnl hash oid crossed "
        "fee feeToken tid cloid builder builderFee deployerFee priorityGas twapId txIndex "
        "liquidation liquidatedUser markPx method"
    )
    identity_rule = "time, coin, tid; subscribing sends the newest 2,000 fills of a user again"
    connection_rule = (
        "no public feed of liquidations, so userFills of HLP's liquidators and strategies (or an "
        "own node's files, or a vendor's liquidationFills, which are complete); each is "
        "acknowledged or answered by channel error; ping every 50 s, for 60 s of silence close"
    )
    quiet_rate_per_minute = 0.1
    control = "activeAssetCtx of BTC, about every second"
    control_seconds = 10.0
    history_source = "userFillsByTime of the same vaults, the newest 10,000 fills of each"
    history_pause_seconds = 6.0
    poll_seconds = 180.0
    # A snapshot on subscribing, of 2,000 fills, comes close to 1 MiB.
    largest_frame = 4 * 1024 * 1024
    client_ping = ClientPing('{"method":"ping"}', 50.0)
    market = HyperliquidMarket()

    def instrument_requests(self) -> Generator[Request, bytes, None]:
        """The first dex, then each builder-deployed one."""
        yield _info(type="meta")
        listed: Universe | Dexes = decode(_LISTING, (yield _info(type="perpDexs")))
        for dex in filter(None, listed if isinstance(listed, list) else ()):
            yield _info(type="meta", dex=dex.name)

    def parse_instruments(self, body: bytes) -> list[Instrument]:
        """Return the contracts of a dex; the list of dexes has none."""
        listed: Universe | Dexes = decode(_LISTING, body)
        return [] if isinstance(listed, list) else [_named(one.name) for one in listed.universe]

    def discover(self) -> Generator[Request, bytes, Options]:
        """Ask who HLP's vaults are now."""
        body = yield _info(type="vaultDetails", vaultAddress=HLP)
        return {"users": ",".join(extract(body, "relationship.data.childAddresses", list[str]))}

    def subscriptions(self, instruments: Instruments, options: Options) -> Sequence[Subscription]:
        """The best source that there are settings for."""
        if folder := options.get("node_dir"):
            return [Subscription(f"file://{folder}")]
        if url := options.get("vendor_url"):
            return [_vendor(url, options.get("vendor_key", ""))]
        fills = (_subscribe(type="userFills", user=user) for user in _users(options))
        asked = (*fills, _subscribe(**CONTROL))
        url = "wss://api.hyperliquid.xyz/ws"
        return [Subscription(url, asked, len(asked), has_control=True)]

    def parse(
        self, frame: bytes, instruments: Instruments, received_time: datetime | None
    ) -> Sequence[FeedEvent]:
        """Return the liquidations among a frame's fills, or what an answer means."""
        message: Frame | Party = decode(_FRAME, frame)
        parties, wrap = _parties(message)
        if parties or isinstance(message, tuple):
            return self._rows(parties, wrap, instruments, received_time)
        return _answer(message)

    def history(
        self,
        instruments: Instruments,
        options: Options,
        since: datetime,
        until: datetime,
        symbol: str | None = None,
    ) -> History:
        """Each vault's fills, oldest first, until an answer is not full."""
        end = int(until.timestamp() * 1000)
        for user in _users(options):
            start, is_full = int(since.timestamp() * 1000), True
            while is_full and start <= end:
                body = yield _info(type="userFillsByTime", user=user, startTime=start, endTime=end)
                fills: list[msgspec.Raw] = decode(_FILLS, body)
                rows = self._rows([(user, fill) for fill in fills], _OWN_FILL, instruments, None)
                yield [row for row in rows if symbol in (None, row.symbol)]
                if is_full := len(fills) >= FILLS_PER_ANSWER:
                    start = max(start + 1, decode(FILL, fills[-1]).time)

    def _rows(
        self,
        parties: Sequence[Party],
        wrap: bytes,
        instruments: Instruments,
        received_time: datetime | None,
    ) -> list[Liquidation]:
        """Return each execution once; `wrap` is the frame of one fill of this source."""
        return [self._row(one, wrap, instruments, received_time) for one in executions(parties)]

    def _row(
        self, one: Execution, wrap: bytes, instruments: Instruments, received_time: datetime | None
    ) -> Liquidation:
        fill = one.fill
        known = instruments.get(fill.coin)
        return self.liquidation(
            known or _named(fill.coin),
            key=one.key,
            side=one.side,
            price=fill.px,
            raw_side=fill.side,
            raw_size=fill.sz,
            raw_unit="base",
            time_ms=fill.time,
            received_time=received_time,
            raw=wrap % (msgspec.json.encode(one.user), one.raw),
            liquidation_type=one.kind,
            confidence=0.8 if not one.names_the_liquidated else 1.0 if known else 0.9,
            completeness="partial" if wrap is _OWN_FILL else "complete",
        )


def _parties(message: Frame | Party) -> tuple[Sequence[Party], bytes]:
    """Return the fills of a frame with their users, and the frame of one of them."""
    if isinstance(message, tuple):  # The line of a node that does not batch by block.
        return [message], _ANY_FILL
    if message.channel == "userFills":
        own: UserFills = decode(_USER_FILLS, message.data)
        return [(own.user, fill) for fill in own.fills], _OWN_FILL
    return message.events or message.fills, _ANY_FILL


def _named(coin: str) -> Instrument:
    """Return what the name tells, which is everything: sizes are in coin units."""
    if not (name := _NAME.fullmatch(coin)):
        raise MalformedFrame(f"{coin!r} is no contract name")
    base = f"1000{coin[1:]}" if coin in THOUSANDS else coin
    quote = "USD" if name[1] else "USDC" if coin in QUOTED_IN_USDC else "USDT"
    return Instrument(coin, base, quote)


def _users(options: Options) -> list[str]:
    """Return whom to follow: the vaults found, and those known, as many as allowed."""
    found = filter(None, options.get("users", "").replace(" ", "").lower().split(","))
    return list(dict.fromkeys([*found, *VAULTS]))[:MOST_USERS]


def _info(**query: object) -> Request:
    return Request("https://api.hyperliquid.xyz/info", msgspec.json.encode(query).decode())


def _subscribe(**subscription: str) -> str:
    return msgspec.json.encode({"method": "subscribe", "subscription": subscription}).decode()


def _vendor(url: str, key: str) -> Subscription:
    """Return a vendor's socket; vendors differ in the word for the method, so it has both."""
    wanted = {"type": "liquidationFills"}
    asked = {"method": "subscribe", "type": "subscribe", "subscription": wanted}
    is_bearer = key and "{key}" not in url
    headers = (("Authorization", f"Bearer {key}"),) if is_bearer else ()
    messages = (msgspec.json.encode(asked).decode(),)
    return Subscription(url.replace("{key}", key), messages, 1, headers=headers)


def _answer(message: Frame) -> list[FeedEvent]:
    match message.channel or message.type:
        case "activeAssetCtx":
            told: CoinContext = decode(_CONTEXT, message.data)
            return [mark_or_delivered(told.coin, told.ctx.mark_px)]
        case "subscriptionResponse" | "subscriptionUpdate":
            return [Acknowledged(is_control=CONTROL["type"].encode() in bytes(message.data))]
        case "pong":
            return [Heartbeat()]
        case "ping":
            return [Reply('{"type":"pong"}')]
        case "error":
            said = message.message or bytes(message.data).decode(errors="replace").strip('"')
            return [Refused(said, is_fatal=False, is_control=CONTROL["type"] in said)]
    return []
