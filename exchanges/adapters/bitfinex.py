"""Bitfinex derivatives: the status channel `liq:global`.

A liquidation is told as a whole first (IS_MATCH 0), then again piece by piece as the market
takes it (1): only the first row is kept. Beside the amount it has the price at which the
position was taken over, or null. Then BASE_PRICE is all there is, and that is the price at
which the position had been OPENED. Such a row is marked `entry`: its amount is right, its place
on the price axis is not, and its value is off by what the position had lost by then.
That the channel leaves nothing out is inferred: the documents name no limit.
Sources: `docs_url`, https://docs.bitfinex.com/reference/rest-public-liquidations
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from exchanges.adapters import base
from exchanges.adapters.base import Options, Subscription, decode
from exchanges.errors import MalformedFrame
from exchanges.events import Acknowledged, Delivered, FeedEvent, Heartbeat, Liquidation, Refused
from exchanges.instruments import Instrument, Instruments

REST = "https://api-pub.bitfinex.com/v2"
PAGE_ROWS = 500
# Codes of `info` after which nothing comes: a restart, and the end of a maintenance.
STOPPED = (20051, 20061)
# tBTCF0:USTF0; the channel also has margin positions (tBTCUSD) and paper ones (tTESTBTCF0:…).
_DERIVATIVE = re.compile(r"t((?!TEST)\w+F0):(\w+F0)")
_UNLISTED = {"UST": "USDT"}


class Position(msgspec.Struct, array_like=True, gc=False):
    """One liquidation, or a piece of one."""

    kind: Literal["pos"]
    id: int
    time: int
    empty_3: Any
    symbol: str
    amount: float
    base_price: float | None
    empty_7: Any
    is_match: int
    is_market_sold: int | None = None
    empty_10: Any = None
    price_acquired: float | None = None


class Event(msgspec.Struct):
    """What is no array."""

    event: str = ""
    code: int = 0
    msg: str = ""


_EVENT = msgspec.json.Decoder(Event)
_PARTS = msgspec.json.Decoder(list[msgspec.Raw])
_PAGE = msgspec.json.Decoder(list[list[msgspec.Raw]])
_POSITION = msgspec.json.Decoder(Position, strict=False)
_CONFIGURATION = msgspec.json.Decoder(tuple[list[str], list[tuple[str, str]]])


class BitfinexAdapter(base.Adapter):
    """Bitfinex perpetuals; margin positions on spot pairs are left out."""

    name = "bitfinex"
    display_name = "Bitfinex"
    color = "#9CF5A2"
    docs_url = "https://docs.bitfinex.com/reference/ws-public-status"
    completeness = "complete"
    completeness_rule = "currently supports derivatives pair status and liquidation feed"
    side_rule = "the sign of AMOUNT is the position's: above zero a long, below zero a short"
    price_kind = "fill"
    size_rule = "AMOUNT in base units: the whole position, at its first row (IS_MATCH 0)"
    identity_rule = "POS_ID and time of the first row, which history tells again"
    documented_fields = ""
    connection_rule = "one channel, answered by `subscribed` or `error`; a heartbeat every 15 s"
    quiet_rate_per_minute = 0.02
    control = "heartbeat of the channel, after 15 s without a row"
    control_seconds = 15.0
    history_source = "GET /v2/liquidations/hist"
    history_pause_seconds = 20.0
    instrument_urls = (f"{REST}/conf/pub:list:pair:futures,pub:map:currency:sym",)

    def subscriptions(self, instruments: Instruments, options: Options) -> Sequence[Subscription]:
        """One socket with the one channel."""
        ask = '{"event":"subscribe","channel":"status","key":"liq:global"}'
        return [Subscription("wss://api-pub.bitfinex.com/ws/2", (ask,), 1, has_control=True)]

    def parse(
        self, frame: bytes, instruments: Instruments, received_time: datetime | None
    ) -> Sequence[FeedEvent]:
        """Return the liquidations in a channel's array, or what an event means."""
        if frame.lstrip()[:1] == b"{":
            return _meaning(decode(_EVENT, frame))
        parts = decode(_PARTS, frame)
        if len(parts) < 2:
            return [Heartbeat()]
        # The heartbeat is the channel's own: it says that there was nothing to tell.
        rows = [] if bytes(parts[1]) == b'"hb"' else decode(_PARTS, parts[1])
        return self._liquidations(rows, instruments, received_time) or [Delivered()]

    def parse_instruments(self, body: bytes) -> list[Instrument]:
        """The list has names only, and beside it what the venue's short names stand for."""
        pairs, names = decode(_CONFIGURATION, body)
        found = (_named(f"t{pair}", _UNLISTED | dict(names)) for pair in pairs)
        return [instrument for instrument in found if instrument]

    def history(
        self,
        instruments: Instruments,
        options: Options,
        since: datetime,
        until: datetime,
        symbol: str | None = None,
    ) -> base.History:
        """Ask for the whole venue, each page from the newest row of the one before on."""
        start, end = (round(at.timestamp() * 1000) for at in (since, until))
        count = PAGE_ROWS
        while count == PAGE_ROWS:
            span = f"start={start}&end={end}"
            body = yield base.Request(f"{REST}/liquidations/hist?limit={PAGE_ROWS}&sort=1&{span}")
            rows = _rows(body)
            found = self._liquidations(rows, instruments, None)
            yield [one for one in found if symbol in (None, one.symbol)]
            count = len(rows)
            start = max(start + 1, *(decode(_POSITION, row).time for row in rows), 0)

    def _liquidations(
        self, rows: Iterable[msgspec.Raw], instruments: Instruments, received_time: datetime | None
    ) -> list[Liquidation]:
        liquidations = []
        for raw in map(bytes, rows):
            row: Position = decode(_POSITION, raw)
            instrument = instruments.get(row.symbol) or _named(row.symbol, _UNLISTED)
            if instrument and not row.is_match:
                is_listed = row.symbol in instruments
                whole = b"[0,[%b]]" % raw
                liquidations.append(
                    self._liquidation(row, instrument, is_listed, received_time, whole)
                )
        return liquidations

    def _liquidation(
        self,
        row: Position,
        instrument: Instrument,
        is_listed: bool,
        received_time: datetime | None,
        raw: bytes,
    ) -> Liquidation:
        confidence = 1.0 if is_listed else 0.9
        return self.liquidation(
            instrument,
            key=f"{row.id}:{row.time}",
            side="long" if row.amount > 0 else "short",
            price=row.price_acquired or row.base_price or 0.0,
            price_kind="fill" if row.price_acquired else "entry",
            raw_side="+" if row.amount > 0 else "-",
            raw_size=abs(row.amount),
            raw_unit="base",
            time_ms=row.time,
            received_time=received_time,
            confidence=confidence if row.price_acquired else 0.5,
            raw=raw,
        )


def _meaning(event: Event) -> list[FeedEvent]:
    if event.event == "subscribed":
        return [Acknowledged()]
    if event.event == "error" or event.code in STOPPED:
        return [Refused(f"{event.event} {event.code} {event.msg}".rstrip())]
    return []


def _rows(page: bytes) -> list[msgspec.Raw]:
    """Return the rows of a page of history, each of which is wrapped in an array of its own."""
    if page.startswith(b'["error"'):
        raise MalformedFrame(f"the venue answered {page[:200]!r}")
    return [row for wrapped in decode(_PAGE, page) for row in wrapped]


def _named(symbol: str, names: Mapping[str, str]) -> Instrument | None:
    """Return the derivative that a symbol names, or None for what is none."""
    if not (pair := _DERIVATIVE.fullmatch(symbol)):
        return None
    plain = [names.get(code, code).removesuffix("F0") for code in pair.groups()]
    asset, quote = (names.get(code, code).upper() for code in plain)
    return Instrument(symbol, asset, quote)
