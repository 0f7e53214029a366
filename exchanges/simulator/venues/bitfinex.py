"""Bitfinex: the status channel `liq:global`; each liquidation is told whole, then in pieces.

Sources: https://docs.bitfinex.com/reference/ws-public-status
https://docs.bitfinex.com/reference/rest-public-liquidations
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count
from typing import Any

from exchanges.simulator.client import Client, Limits
from exchanges.simulator.contracts import Contract, Liquidation
from exchanges.simulator.sent import Numbered
from exchanges.simulator.venues.base import Query, Recorded, Venue, from_json, to_json

KEY = "liq:global"
FIRST_CHANNEL = 386841
LARGEST_PAGE = 500
UNKNOWN_EVENT, UNKNOWN_CHANNEL, ALREADY_SUBSCRIBED = 10000, 10300, 10301

# How far from the liquidation the position had been opened, as a fraction.
_ENTRY_GAP = 0.05
# How long after the whole position its execution is told.
_MATCHED_MS = 9
_NAME = re.compile(r"t([A-Z0-9]+)F0:USTF0")


def _contract(asset: str, price_decimals: int, size_decimals: int, **facts: Any) -> Contract:
    return Contract(f"t{asset}F0:USTF0", asset, "USDT", price_decimals, size_decimals, **facts)


class Bitfinex(Venue):
    """Bitfinex derivatives: complete, at the price of the take-over."""

    name = "bitfinex"
    share = 0.5
    limits = Limits(messages_per_second=5)
    beside_seconds = 15.0
    listed = (
        _contract("BTC", 1, 5),
        _contract("ETH", 2, 4),
        _contract("SOL", 3, 2),
        _contract("XRP", 5, 1),
        _contract("DOGE", 6, 0),
        _contract("LTC", 2, 3),
        _contract("ADA", 5, 1),
    )

    def __init__(self) -> None:
        super().__init__()
        self._channels = count(FIRST_CHANNEL)

    def has_socket(self, path: str) -> bool:
        """The one public socket."""
        return path == "/ws/2"

    def greet(self, client: Client) -> None:
        """Say which version it is and that the platform works."""
        about = {"event": "info", "version": 2, "serverId": client.id, "platform": {"status": 1}}
        client.send(to_json(about))

    def hear(self, client: Client, message: str | bytes) -> None:
        """Answer subscribe and ping; a subscription gets a channel number."""
        request = from_json(message)
        event = request.get("event") if isinstance(request, dict) else None
        if event == "ping":
            pong = {"event": "pong", "ts": int(client.heard_at * 1000), "cid": request.get("cid")}
            client.send(to_json(pong))
        elif event == "subscribe":
            client.send(to_json(self._subscribe(client, request)))
        else:
            client.send(to_json({"event": "error", "msg": "event: invalid", "code": UNKNOWN_EVENT}))

    def _subscribe(self, client: Client, request: dict[str, Any]) -> dict[str, object]:
        told: dict[str, Any] = {key: request[key] for key in ("channel", "key") if key in request}
        if told != {"channel": "status", "key": KEY}:
            return {"event": "error", "msg": "key: invalid", "code": UNKNOWN_CHANNEL, **told}
        if KEY in client.topics:
            return {"event": "error", "msg": "subscribe: dup", "code": ALREADY_SUBSCRIBED, **told}
        client.form = str(next(self._channels))
        client.subscribe([KEY])
        return {"event": "subscribed", "chanId": int(client.form), **told}

    def beside(self, client: Client, now_ms: int) -> Sequence[str]:
        """A heartbeat on the channel."""
        return [to_json([int(client.form), "hb"])]

    def topics(self, contract: Contract) -> Sequence[str]:
        """There is one channel."""
        return (KEY,)

    def frame(self, topic: str, form: str, rows: Sequence[Liquidation], now_ms: int) -> str:
        """Both rows of a liquidation, on the socket's channel."""
        numbered = [Numbered(self.sent.number(row), row) for row in rows]
        told = [part for one in numbered for part in _told(one)]
        return to_json([int(form or FIRST_CHANNEL), told])

    def answer(self, query: Query) -> Any:
        """The pairs with what their short names stand for, and past liquidations."""
        match query.path:
            case "/v2/conf/pub:list:pair:futures,pub:map:currency:sym":
                pairs = [name.removeprefix("t") for name in self.contracts]
                return [pairs, [["UST", "USDt"], ["BTCF0", "BTC"]]]
            case "/v2/liquidations/hist":
                return self._history(query)
        return None

    def _history(self, query: Query) -> list[object]:
        start, end = query.number("start", 0), query.number("end", query.now_ms)
        is_rising = query.number("sort", 0) == 1
        page = min(query.number("limit", 120), LARGEST_PAGE)
        rows = self.sent.rows(
            self.contracts,
            start - _MATCHED_MS,
            end,
            order="oldest" if is_rising else "newest",
            limit=4 * page,
        )
        told = [part for one in rows for part in _told(one)]
        found = sorted((part for part in told if start <= _time(part) <= end), key=_time)
        if not is_rising:
            found.reverse()
        return [[part] for part in found[:page]]

    def read(self, message: Any) -> Recorded:
        """The first rows of derivatives; heartbeats hold none."""
        _, rows, *_ = message
        if not isinstance(rows, list):
            raise TypeError("a heartbeat holds no rows")
        first = [row for row in rows if row[8] == 0 and _NAME.fullmatch(row[4])]
        return Recorded(
            time_ms=max(map(_time, rows)),
            topics=frozenset((KEY,)),
            instruments=frozenset(row[4] for row in first),
            events=len(first),
            value_usd=sum(abs(row[5]) * (row[11] or row[6]) for row in first),
        )

    def contract_named(self, instrument: str) -> Contract | None:
        """`tBTCF0:USTF0` and its like."""
        name = _NAME.fullmatch(instrument)
        return _contract(name[1], 7, 8, share=0.0) if name else None


def _told(one: Numbered) -> list[list[object]]:
    """Return the whole position, and its execution a few milliseconds later."""
    row = one.row
    sign = 1 if row.side == "long" else -1
    entry = float(row.price_as_text(row.price * (1 + sign * _ENTRY_GAP)))
    return [
        [
            "pos",
            one.number,
            row.time_ms + _MATCHED_MS * is_match,
            None,
            row.instrument,
            sign * row.size,
            entry,
            None,
            is_match,
            1,
            None,
            row.price,
        ]
        for is_match in (0, 1)
    ]


def _time(row: list[Any]) -> int:
    return int(row[2])
