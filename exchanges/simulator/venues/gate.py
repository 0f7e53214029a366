"""Gate perpetuals, a socket a settlement currency: liquidation orders, tickers, REST history.

A push has the order's price, a percent beyond the mark, and the order's size with a sign; the
ticker that goes out before it has the mark. History has the position's sign and the fill.

Sources: https://www.gate.com/docs/developers/futures/ws/en/ (System API, Tickers, Public
Liquidates Channel), https://www.gate.com/docs/developers/apiv4/en/#futures
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from weakref import WeakSet

from exchanges.simulator.client import Client
from exchanges.simulator.contracts import Contract, Liquidation
from exchanges.simulator.market_rest.gate import GateRest
from exchanges.simulator.prices import ASSETS
from exchanges.simulator.venues.base import Query, Recorded, Venue, from_json, to_json

LIQUIDATES, TICKERS = "futures.public_liquidates", "futures.tickers"
ALL = "!all"
SETTLES = {"USDT": "usdt", "USD": "btc", "USD1": "usd1"}
DEFAULT_PAGE, LARGEST_PAGE = 100, 1000
ORDER_GAP = 0.01

_SOCKET = re.compile(r"/v4/ws/(usdt|btc|usd1)")
_REST = re.compile(r"/api/v4/futures/(usdt|btc|usd1)/(contracts|liq_orders)")
_NAME = re.compile(r"([^_]+)_(USDT|USD1|USD)")


def _contract(
    asset: str, price_decimals: int, unit: float, quote: str = "USDT", **facts: Any
) -> Contract:
    return Contract(
        f"{asset}_{quote}",
        asset,
        quote,
        price_decimals,
        size_decimals=0,
        unit=unit,
        is_usd_sized=quote == "USD",
        kind=SETTLES[quote],
        **facts,
    )


class Gate(Venue):
    """Gate: complete, a second's orders of a contract in one push."""

    name = "gate"
    share = 8.0
    price_gap = ORDER_GAP
    window_seconds = 1.0
    groups_rows = True
    market_rest = GateRest
    listed = (
        _contract("BTC", 1, 0.0001),
        _contract("ETH", 2, 0.01),
        _contract("SOL", 3, 0.1),
        _contract("XRP", 4, 10.0),
        _contract("DOGE", 5, 10.0),
        _contract("BNB", 2, 0.001),
        _contract("SUI", 4, 1.0),
        _contract("ADA", 4, 10.0),
        _contract("LINK", 3, 0.1),
        _contract("AVAX", 3, 0.1),
        _contract("LTC", 2, 0.1),
        _contract("BTC", 1, 1.0, "USD", share=0.05),
        _contract("BTC", 1, 0.0001, "USD1", share=0.05),
        _contract("ETH", 2, 0.01, "USD1", share=0.05),
    )

    def __init__(self) -> None:
        super().__init__()
        self._marks = {c.instrument: ASSETS[c.asset].price for c in self.listed}
        self._watchers: WeakSet[Client] = WeakSet()

    def has_socket(self, path: str) -> bool:
        """One socket a settlement currency."""
        return _SOCKET.fullmatch(path) is not None

    def hear(self, client: Client, message: str | bytes) -> None:
        """Answer futures.ping, subscribe and unsubscribe; tickers begin at once."""
        request = from_json(message)
        request = request if isinstance(request, dict) else {}
        channel, event = str(request.get("channel", "")), str(request.get("event", ""))
        if channel == "futures.ping":
            client.send(_answer(client, "futures.pong", "", {"result": None}))
            return
        payload = request.get("payload")
        refusal = self._change(client, channel, event, payload)
        told = {"error": {"code": 2, "message": refusal}} if refusal else {}
        status = {"status": "fail" if refusal else "success"}
        client.send(_answer(client, channel, event, {"payload": payload, "result": status} | told))
        if (channel, event) == (TICKERS, "subscribe") and not refusal:
            self._watchers.add(client)
            names = [name for name, c in self.contracts.items() if c.kind == _currency(client)]
            client.send(self._tickers(names, int(client.heard_at * 1000)))

    def _change(self, client: Client, channel: str, event: str, payload: Any) -> str:
        """Change the subscriptions, all or none; return why not."""
        settle = _currency(client)
        if channel not in (LIQUIDATES, TICKERS):
            return f"Unknown channel {channel}"
        if event not in ("subscribe", "unsubscribe"):
            return f"Unknown event {event}"
        if not isinstance(payload, list) or not all(isinstance(name, str) for name in payload):
            return "invalid argument: payload"
        for name in payload:
            if name != ALL and (name not in self.contracts or _settle(name) != settle):
                return f"unknown contract {name}"
        change = client.subscribe if event == "subscribe" else client.unsubscribe
        change(_topic(channel, settle, name) for name in payload)
        return ""

    def topics(self, contract: Contract) -> Sequence[str]:
        """All of its currency, and its own."""
        return tuple(_topic(LIQUIDATES, contract.kind, n) for n in (ALL, contract.instrument))

    def frame(self, topic: str, form: str, rows: Sequence[Liquidation], now_ms: int) -> str:
        """A contract's orders of a second; who watches tickers has just been told the mark."""
        name = rows[0].instrument
        self._marks[name] = _mark(rows)
        for client in self._watchers:
            watched = (_topic(TICKERS, rows[0].contract.kind, n) for n in (ALL, name))
            if not client.topics.isdisjoint(watched):
                client.send(self._tickers([name], now_ms))
        result = [
            {
                "price": row.price_text,
                "size": f"-{row.size_text}" if row.side == "long" else row.size_text,
                "time": row.time_ms,
                "contract": row.instrument,
            }
            for row in rows
        ]
        return to_json(_dated(now_ms) | _push(LIQUIDATES, result))

    def beside(self, client: Client, now_ms: int) -> Sequence[str]:
        """The ticker of the currency's first contract, to who watches tickers."""
        listed = (name for name, c in self.contracts.items() if c.kind == _currency(client))
        name = next(listed)
        watched = (_topic(TICKERS, _currency(client), one) for one in (ALL, name))
        return () if client.topics.isdisjoint(watched) else [self._tickers([name], now_ms)]

    def answer(self, query: Query) -> Any:
        """A currency's contracts, or what was sent."""
        if not (path := _REST.fullmatch(query.path)):
            return None
        if path[2] == "contracts":
            return [
                self._listing(c, query.now_ms) for c in self.contracts.values() if c.kind == path[1]
            ]
        return self._history(path[1], query)

    def _history(self, settle: str, query: Query) -> object:
        """Newest first: of one contract between two seconds, or the last hour of all."""
        asked = {name: query.values.get(name, "") for name in ("from", "to", "limit")}
        if bad := [name for name, text in asked.items() if text and not text.isdecimal()]:
            return {"label": "INVALID_PARAM_VALUE", "message": f"invalid argument: {bad[0]}"}
        contract, now = query.values.get("contract"), query.now_ms // 1000
        first, last = int(asked["from"] or now - 3600), int(asked["to"] or now)
        if contract is None:
            first, last = now - 3600, now
        listed = [c.instrument for c in self.contracts.values() if c.kind == settle]
        found = self.sent.rows(
            [name for name in listed if contract in (None, name)],
            first * 1000,
            last * 1000 + 999,
            order="newest",
            limit=min(int(asked["limit"] or DEFAULT_PAGE), LARGEST_PAGE),
        )
        return [_order(one.row) for one in found]

    def read(self, message: Any) -> Recorded:
        """Every order of a push; tickers and answers hold none."""
        if message["channel"] != LIQUIDATES:
            raise ValueError("not a push of liquidations")
        rows = message["result"]
        names = {row["contract"] for row in rows}
        wanted = {_topic(LIQUIDATES, _settle(n), one) for n in names for one in (ALL, n)}
        return Recorded(
            time_ms=int(message["time_ms"]),
            topics=frozenset(wanted),
            instruments=frozenset(names),
            events=len(rows),
            value_usd=sum(self._value(row) for row in rows),
        )

    def contract_named(self, instrument: str) -> Contract | None:
        """The pair; of the size, only the dollar of BTC-settled contracts."""
        if not (name := _NAME.fullmatch(instrument)):
            return None
        return _contract(name[1], 7, 1.0, name[2], share=0.0)

    def _value(self, row: Any) -> float:
        name, price, size = row["contract"], float(row["price"]), abs(float(row["size"]))
        contract = self.contracts.get(name) or self.contract_named(name)
        return contract.value_usd(price, size) if contract else price * size

    def _tickers(self, names: Sequence[str], now_ms: int) -> str:
        marks = [(name, f"{self._marks.get(name, 0.0):.12g}") for name in names]
        result = [{"contract": name, "last": mark, "mark_price": mark} for name, mark in marks]
        return to_json(_dated(now_ms) | _push(TICKERS, result))

    def _listing(self, contract: Contract, now_ms: int) -> dict[str, object]:
        return {
            "name": contract.instrument,
            "type": "inverse" if contract.is_usd_sized else "direct",
            "quanto_multiplier": "0" if contract.is_usd_sized else f"{contract.unit:g}",
            "mark_price": f"{self._marks.get(contract.instrument, 0.0):.12g}",
            "order_price_round": f"{10.0**-contract.price_decimals:.{contract.price_decimals}f}",
            "position_size": round(self.market.open_size(contract, now_ms)),
            "order_size_min": 1,
            "in_delisting": False,
        }


def _currency(client: Client) -> str:
    return client.path.rpartition("/")[2]


def _settle(instrument: str) -> str:
    return SETTLES[instrument.rpartition("_")[2]]


def _topic(channel: str, settle: str, name: str) -> str:
    return f"{channel} {settle} {name}"


def _dated(now_ms: int) -> dict[str, object]:
    return {"time": now_ms // 1000, "time_ms": now_ms}


def _push(channel: str, result: object) -> dict[str, object]:
    return {"channel": channel, "event": "update", "result": result}


def _answer(client: Client, channel: str, event: str, told: dict[str, Any]) -> str:
    head = {"conn_id": client.id, "channel": channel, "event": event}
    return to_json(_dated(int(client.heard_at * 1000)) | head | told)


def _mark(rows: Sequence[Liquidation]) -> float:
    """Return the mark the orders' prices are beyond of: longs' below it, shorts' above."""
    longs = [row.price for row in rows if row.side == "long"]
    shorts = [row.price for row in rows if row.side == "short"]
    if longs and shorts:
        return (max(longs) + min(shorts)) / 2
    return max(longs) / (1 - ORDER_GAP) if longs else min(shorts) / (1 + ORDER_GAP)


def _order(row: Liquidation) -> dict[str, object]:
    """Return a row of the history: half of a position was closed, half a gap from the limit."""
    is_long = row.side == "long"
    size = int(row.size)
    fill = row.price * (1 + ORDER_GAP / 2 if is_long else 1 - ORDER_GAP / 2)
    return {
        "time": row.time_ms // 1000,
        "contract": row.instrument,
        "size": 2 * size if is_long else -2 * size,
        "order_size": -size if is_long else size,
        "order_price": row.price_text,
        "fill_price": row.price_as_text(fill),
        "left": 0,
    }
