"""Aster perpetuals: `!forceOrder@arr` in Binance's form, on un-routed addresses.

Sources: https://github.com/asterdex/api-docs (futures API v3: Websocket Market Streams, All
Market Liquidation Order Streams, Mark Price Stream for All market, Exchange Information)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from exchanges.simulator.client import Client, Limits
from exchanges.simulator.contracts import Contract, Liquidation
from exchanges.simulator.venues.base import Query, Recorded, Venue, from_json, to_json

ALL, MARKS = "!forceOrder@arr", "!markPrice@arr"

_SOCKET = re.compile(r"/(ws|stream)(?:/(.*))?")
_NAME = re.compile(r"(.+?)(USDT|USD1)")
_METHODS = "SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS"

# Funding is paid every eight hours.
_FUNDING_MS = 28_800_000

# How far the limit of the liquidation order lies beyond its average fill.
_ORDER_GAP = 0.005


def _contract(
    asset: str, price_decimals: int, size_decimals: int, quote: str = "USDT", **facts: Any
) -> Contract:
    return Contract(f"{asset}{quote}", asset, quote, price_decimals, size_decimals, **facts)


class Aster(Venue):
    """Aster: at most one row a symbol a second."""

    name = "aster"
    share = 2.0
    window_seconds = 1.0
    beside_seconds = 3.0
    sends_largest_only = True
    limits = Limits(
        messages_per_second=10,
        lifetime_seconds=86_400,
        ping_every_seconds=300,
        pong_within_seconds=900,
    )
    listed = (
        _contract("BTC", 1, 3),
        _contract("ETH", 2, 3),
        _contract("SOL", 2, 2),
        _contract("XRP", 4, 1),
        _contract("DOGE", 5, 0),
        _contract("BNB", 2, 2),
        _contract("1000PEPE", 7, 0),
        _contract("SUI", 4, 1),
        _contract("BTC", 1, 3, "USD1", share=0.05),
    )

    def has_socket(self, path: str) -> bool:
        """`/ws/<stream>` and `/stream?streams=<a>/<b>`."""
        return _SOCKET.fullmatch(path) is not None

    def greet(self, client: Client) -> None:
        """Subscribe to the address's streams; `/stream` wraps each event, `/ws` does not."""
        if parts := _SOCKET.fullmatch(client.path):
            client.form = parts[1]
            streams = parts[2] or client.query.get("streams", "")
            client.subscribe(filter(None, streams.split("/")))

    def hear(self, client: Client, message: str | bytes) -> None:
        """Answer SUBSCRIBE, UNSUBSCRIBE and LIST_SUBSCRIPTIONS by their `id`."""
        request = from_json(message)
        if not isinstance(request, dict):
            client.send(to_json({"code": 3, "msg": "Invalid JSON: expected value at line 1"}))
            return
        refusal = self._change(client, request)
        listed = sorted(client.topics) if request.get("method") == "LIST_SUBSCRIPTIONS" else None
        client.send(to_json(refusal or {"result": listed, "id": request["id"]}))

    def _change(self, client: Client, request: dict[str, Any]) -> object:
        """Do what is asked; return why not."""
        method, params = request.get("method"), request.get("params", [])
        if isinstance(request.get("id"), bool) or not isinstance(request.get("id"), int):
            return _error("request ID must be an unsigned integer")
        if not isinstance(params, list) or not all(isinstance(p, str) for p in params):
            return _error("params must be an array of streams")
        if method == "SUBSCRIBE":
            client.subscribe(params)
        elif method == "UNSUBSCRIBE":
            client.unsubscribe(params)
        elif method != "LIST_SUBSCRIPTIONS":
            return _error(f"unknown variant {method}, expected one of {_METHODS}")
        return None

    def topics(self, contract: Contract) -> Sequence[str]:
        """The whole market, and the symbol's own stream."""
        return (ALL, f"{contract.instrument.lower()}@forceOrder")

    def frame(self, topic: str, form: str, rows: Sequence[Liquidation], now_ms: int) -> str:
        """One order an event, wrapped for combined streams."""
        event = {"e": "forceOrder", "E": now_ms, "o": _order(rows[0])}
        return to_json({"stream": topic, "data": event} if form == "stream" else event)

    def beside(self, client: Client, now_ms: int) -> Sequence[str]:
        """The mark prices of all contracts."""
        if MARKS not in client.topics:
            return ()
        marks = [_mark(c, self.price(c), now_ms) for c in self.contracts.values()]
        return [to_json(marks if client.form == "ws" else {"stream": MARKS, "data": marks})]

    def answer(self, query: Query) -> Any:
        """Ping, time and the contract list, in v1 and v3."""
        match re.fullmatch(r"/fapi/v[13]/(\w+)", query.path):
            case None:
                return None
            case path if path[1] == "exchangeInfo":
                rows = [_listing(c) for c in self.contracts.values()]
                return {"timezone": "UTC", "serverTime": query.now_ms, "symbols": rows}
            case path:
                return {"ping": {}, "time": {"serverTime": query.now_ms}}.get(path[1])

    def read(self, message: Any) -> Recorded:
        """Size and price are what was filled: accumulated quantity and average price."""
        event = message.get("data", message)
        order = event["o"]
        return Recorded(
            time_ms=int(event["E"]),
            topics=frozenset((ALL, f"{order['s'].lower()}@forceOrder")),
            instruments=frozenset((order["s"],)),
            events=1,
            value_usd=float(order["ap"]) * float(order["z"]),
        )

    def contract_named(self, instrument: str) -> Contract | None:
        """`…USDT` and `…USD1`."""
        if not (name := _NAME.fullmatch(instrument)):
            return None
        return _contract(name[1], 7, 3, name[2], share=0.0)


def _error(text: str) -> dict[str, object]:
    return {"code": 2, "msg": f"Invalid request: {text}"}


def _order(row: Liquidation) -> dict[str, object]:
    is_sell = row.side == "long"
    limit = row.price * (1 - _ORDER_GAP if is_sell else 1 + _ORDER_GAP)
    return {
        "s": row.instrument,
        "S": "SELL" if is_sell else "BUY",
        "o": "LIMIT",
        "f": "IOC",
        "q": row.size_text,
        "p": row.price_as_text(limit),
        "ap": row.price_text,
        "X": "FILLED",
        "l": row.size_text,
        "z": row.size_text,
        "T": row.time_ms,
    }


def _mark(contract: Contract, price: float, now_ms: int) -> dict[str, object]:
    mark = f"{price:.8f}"
    return {
        "e": "markPriceUpdate",
        "E": now_ms,
        "s": contract.instrument,
        "p": mark,
        "P": mark,
        "i": mark,
        "r": "0.00010000",
        "T": now_ms - now_ms % _FUNDING_MS + _FUNDING_MS,
    }


def _listing(contract: Contract) -> dict[str, object]:
    return {
        "symbol": contract.instrument,
        "pair": contract.instrument,
        "contractType": "PERPETUAL",
        "status": "TRADING",
        "baseAsset": contract.asset,
        "quoteAsset": contract.quote,
        "marginAsset": contract.quote,
        "pricePrecision": contract.price_decimals,
        "quantityPrecision": contract.size_decimals,
    }
