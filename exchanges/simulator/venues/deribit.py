"""Deribit: JSON-RPC over one socket; liquidations are flagged trades among others.

Sources: https://docs.deribit.com/subscriptions/trades/tradeskindcurrencyinterval
https://docs.deribit.com/api-reference/market-data/public-get_last_trades_by_currency_and_time
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from weakref import WeakKeyDictionary

from exchanges.simulator.client import Client
from exchanges.simulator.contracts import Contract, Liquidation
from exchanges.simulator.market_rest.deribit import DeribitRest
from exchanges.simulator.sent import Numbered
from exchanges.simulator.venues.base import Query, Recorded, Venue, from_json, to_json

REST = "/api/v2/public/"
LARGEST_PAGE, SHORTEST_HEARTBEAT = 1000, 10
INVALID_PARAMS, METHOD_NOT_FOUND, INVALID_REQUEST = -32602, -32601, -32600

_CHANNEL = re.compile(r"trades\.(future|option)\.([A-Z]+)\.100ms")
_NAME = re.compile(r"([A-Z0-9]+)(?:_(USDC|USDT))?-(PERPETUAL|\d{1,2}[A-Z]{3}\d{2})")


def _contract(
    name: str, price_decimals: int, size_decimals: int, unit: float, **facts: Any
) -> Contract:
    pair = name.partition("-")[0]
    asset, _, coin = pair.partition("_")
    return Contract(
        name,
        asset,
        coin or "USD",
        price_decimals,
        size_decimals,
        unit,
        is_usd_sized=not coin,
        kind=coin or asset,
        **facts,
    )


@dataclass(slots=True)
class Beat:
    """The heartbeat that a client asked for; times are seconds."""

    interval: int
    due_at: float
    is_unanswered: bool = False


class Deribit(Venue):
    """Deribit futures: complete, at the price of the fill, every 100 ms."""

    name = "deribit"
    share = 1.5
    window_seconds = 0.1
    groups_rows = True
    market_rest = DeribitRest
    listed = (
        _contract("BTC-PERPETUAL", 1, 0, 10.0),
        _contract("BTC-25DEC26", 1, 0, 10.0, basis=0.006, share=0.1),
        _contract("ETH-PERPETUAL", 2, 0, 1.0),
        _contract("BTC_USDC-PERPETUAL", 1, 4, 1.0, share=0.2),
        _contract("SOL_USDC-PERPETUAL", 3, 1, 1.0),
        _contract("XRP_USDC-PERPETUAL", 4, 0, 1.0),
        _contract("DOGE_USDC-PERPETUAL", 5, 0, 1.0),
    )

    def __init__(self) -> None:
        super().__init__()
        self._beats: WeakKeyDictionary[Client, Beat] = WeakKeyDictionary()

    def has_socket(self, path: str) -> bool:
        """The one socket."""
        return path == "/ws/api/v2"

    def hear(self, client: Client, message: str | bytes) -> None:
        """Answer a JSON-RPC request."""
        request = from_json(message)
        if not isinstance(request, dict) or not isinstance(request.get("method"), str):
            client.send(to_json(_error(None, INVALID_REQUEST, "Invalid Request")))
            return
        methods: dict[str, Callable[[Client, Any], Any]] = {
            "public/subscribe": self._subscribe,
            "public/unsubscribe": self._unsubscribe,
            "public/set_heartbeat": self._set_heartbeat,
            "public/test": self._test,
        }
        number, method = request.get("id"), methods.get(request["method"])
        if method is None:
            client.send(to_json(_error(number, METHOD_NOT_FOUND, "Method not found")))
            return
        result = method(client, request.get("params") or {})
        if result is None:
            client.send(to_json(_error(number, INVALID_PARAMS, "Invalid params")))
        else:
            client.send(to_json({"jsonrpc": "2.0", "id": number, "result": result}))

    def _subscribe(self, client: Client, params: Any) -> list[str] | None:
        channels = params.get("channels") if isinstance(params, dict) else None
        if not isinstance(channels, list):
            return None
        accepted = [c for c in channels if isinstance(c, str) and _CHANNEL.fullmatch(c)]
        if accepted:
            client.subscribe(accepted)
        return accepted

    def _unsubscribe(self, client: Client, params: Any) -> list[str] | None:
        channels = params.get("channels") if isinstance(params, dict) else None
        if not isinstance(channels, list):
            return None
        client.unsubscribe(c for c in channels if isinstance(c, str))
        return sorted(client.topics)

    def _set_heartbeat(self, client: Client, params: Any) -> str | None:
        interval = params.get("interval") if isinstance(params, dict) else None
        if not isinstance(interval, int) or interval < SHORTEST_HEARTBEAT:
            return None
        self._beats[client] = Beat(interval, client.heard_at + interval)
        return "ok"

    def _test(self, client: Client, params: Any) -> dict[str, str]:
        if client in self._beats:
            self._beats[client].is_unanswered = False
        return {"version": "1.2.26"}

    def tick(self, client: Client, now: float) -> None:
        """Ask for a sign of life where a heartbeat was wanted; close where none came."""
        beat = self._beats.get(client)
        if beat is None or now < beat.due_at:
            return
        if beat.is_unanswered:
            client.cut()
            return
        beat.due_at, beat.is_unanswered = now + beat.interval, True
        ask = {"jsonrpc": "2.0", "method": "heartbeat", "params": {"type": "test_request"}}
        client.send(to_json(ask))

    def topics(self, contract: Contract) -> Sequence[str]:
        """The channel of its kind and currency."""
        return (f"trades.future.{contract.kind}.100ms",)

    def frame(self, topic: str, form: str, rows: Sequence[Liquidation], now_ms: int) -> str:
        """Trades of 100 ms: each liquidation after an ordinary trade."""
        data: list[object] = []
        for row in rows:
            forced = _trade(Numbered(self.sent.number(row), row))
            ordinary = {key: value for key, value in forced.items() if key != "liquidation"}
            data += [ordinary | {"trade_id": f"{forced['trade_id']}0"}, forced]
        params = {"channel": topic, "data": data}
        return to_json({"jsonrpc": "2.0", "method": "subscription", "params": params})

    def beside(self, client: Client, now_ms: int) -> Sequence[str]:
        """A trade that nobody was forced to."""
        if (one := self.ordinary_trade(client, now_ms)) is None:
            return ()
        row = one.row
        trade = {
            "trade_id": f"{row.contract.kind}-{one.number}",
            "timestamp": row.time_ms,
            "price": row.price,
            "instrument_name": row.instrument,
            "direction": "buy",
            "amount": row.size * row.contract.unit,
        }
        params = {"channel": self.topics(row.contract)[0], "data": [trade]}
        return [to_json({"jsonrpc": "2.0", "method": "subscription", "params": params})]

    def answer(self, query: Query) -> Any:
        """Time, instruments, and trades by currency and time."""
        match query.path.removeprefix(REST):
            case "get_time":
                return _result(query.now_ms)
            case "get_instruments":
                return _result(self._listing(query.values))
            case "get_last_trades_by_currency_and_time":
                return _result(self._history(query))
        return None

    def _listing(self, values: Mapping[str, str]) -> list[dict[str, object]]:
        currency, kind = values.get("currency"), values.get("kind", "future")
        wanted = [c for c in self.contracts.values() if currency in ("any", c.kind)]
        return [_listing(contract) for contract in wanted if kind == "future"]

    def _history(self, query: Query) -> dict[str, object]:
        start = query.number("start_timestamp", 0)
        end = query.number("end_timestamp", query.now_ms)
        currency, kind = query.values.get("currency"), query.values.get("kind", "future")
        names = [
            c.instrument for c in self.contracts.values() if (c.kind, kind) == (currency, "future")
        ]
        count = min(query.number("count", 10), LARGEST_PAGE)
        order: Literal["oldest", "newest"] = (
            "oldest" if query.values.get("sorting") == "asc" else "newest"
        )
        rows = self.sent.rows(names, start, end, order=order, limit=count + 1)
        return {"trades": [_trade(one) for one in rows[:count]], "has_more": len(rows) > count}

    def read(self, message: Any) -> Recorded:
        """The flagged trades of a push."""
        params = message["params"]
        trades = params["data"]
        forced = [trade for trade in trades if "liquidation" in trade]
        return Recorded(
            time_ms=max(int(trade["timestamp"]) for trade in trades),
            topics=frozenset((params["channel"],)),
            instruments=frozenset(trade["instrument_name"] for trade in trades),
            events=sum(len(trade["liquidation"]) for trade in forced),
            value_usd=sum(map(_value, forced)),
        )

    def contract_named(self, instrument: str) -> Contract | None:
        """`BTC-PERPETUAL` is inverse, `BTC_USDC-PERPETUAL` linear; options are not listed."""
        if not (name := _NAME.fullmatch(instrument)):
            return None
        return _contract(instrument, 7, 4 if name[2] else 0, 1.0, share=0.0)


def _trade(one: Numbered) -> dict[str, object]:
    number, row, contract = one.number, one.row, one.row.contract
    # One in four was a maker, whose side is not the taker's.
    role = "M" if number % 4 == 0 else "T"
    is_sell = (row.side == "long") == (role == "T")
    return {
        "trade_seq": number,
        "trade_id": str(number) if contract.kind == "BTC" else f"{contract.kind}-{number}",
        "timestamp": row.time_ms,
        "tick_direction": 0,
        "price": row.price,
        "mark_price": row.price,
        "index_price": row.price,
        "liquidation": role,
        "instrument_name": row.instrument,
        "direction": "sell" if is_sell else "buy",
        "contracts": row.size,
        "amount": row.size * contract.unit,
    }


def _value(trade: Any) -> float:
    """Return a trade's value: inverse amounts are in USD, and `MT` is two liquidations."""
    price = trade["price"] if "_" in trade["instrument_name"] else 1.0
    return float(trade["amount"] * price * len(trade["liquidation"]))


def _listing(contract: Contract) -> dict[str, object]:
    return {
        "instrument_name": contract.instrument,
        "kind": "future",
        "instrument_type": "reversed" if contract.is_usd_sized else "linear",
        "base_currency": contract.asset,
        "quote_currency": contract.quote,
        "counter_currency": contract.quote,
        "settlement_currency": contract.kind,
        "contract_size": contract.unit,
        "tick_size": 10.0**-contract.price_decimals,
        "is_active": True,
    }


def _result(result: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "result": result, "testnet": False}


def _error(number: object, code: int, text: str) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": text}}
