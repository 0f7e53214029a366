"""Bybit linear contracts: `allLiquidation.{symbol}`, every 500 ms, a topic a symbol.

Sources: https://bybit-exchange.github.io/docs/v5/websocket/public/all-liquidation
https://bybit-exchange.github.io/docs/v5/ws/connect
https://bybit-exchange.github.io/docs/v5/market/instrument
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import Any
from urllib.parse import quote, unquote

from exchanges.simulator.client import Client, Limits
from exchanges.simulator.contracts import Contract, Liquidation, delivery_ms
from exchanges.simulator.venues.base import Query, Recorded, Venue, from_json, to_json

TOPIC = "allLiquidation."
LONGEST_ARGS = 21_000
DEFAULT_PAGE, LARGEST_PAGE = 500, 1000

_NAME = re.compile(r"(.+?)(USDT|USDC|PERP)(?:-\d{2}[A-Z]{3}\d{2})?")


def _contract(
    asset: str, price_decimals: int, size_decimals: int, suffix: str = "USDT", **facts: Any
) -> Contract:
    coin = "USDC" if suffix.startswith("PERP") else "USDT"
    return Contract(f"{asset}{suffix}", asset, coin, price_decimals, size_decimals, **facts)


class Bybit(Venue):
    """Bybit linear: complete, at the bankruptcy price."""

    name = "bybit"
    share = 20.0
    price_gap = 0.005
    window_seconds = 0.5
    groups_rows = True
    limits = Limits(idle_seconds=600)
    listed = (
        _contract("BTC", 2, 3),
        _contract("ETH", 2, 2),
        _contract("SOL", 3, 1),
        _contract("XRP", 4, 1),
        _contract("DOGE", 5, 0),
        _contract("BNB", 2, 2),
        _contract("1000PEPE", 7, 0),
        _contract("SUI", 5, 0),
        _contract("ADA", 4, 0),
        _contract("LINK", 3, 1),
        _contract("AVAX", 3, 1),
        _contract("LTC", 2, 1),
        _contract("BTC", 1, 3, "PERP", share=0.1),
        _contract("ETH", 2, 2, "PERP", share=0.1),
        _contract("BTC", 2, 3, "USDT-25DEC26", basis=0.006, share=0.04),
    )

    def has_socket(self, path: str) -> bool:
        """The public socket of linear contracts."""
        return path == "/v5/public/linear"

    def hear(self, client: Client, message: str | bytes) -> None:
        """Answer subscribe, unsubscribe and ping; the answer carries the request's `req_id`."""
        request = from_json(message)
        if not isinstance(request, dict):
            client.send(
                to_json(_reply(client, "", "error: the request is not a JSON object", "", False))
            )
            return
        op, req_id = str(request.get("op", "")), str(request.get("req_id", ""))
        if op == "ping":
            client.send(to_json(_reply(client, "ping", "pong", req_id, True)))
        elif op in ("subscribe", "unsubscribe"):
            refusal = self._change(client, op, request.get("args"))
            client.send(to_json(_reply(client, op, refusal or op, req_id, not refusal)))
        else:
            client.send(to_json(_reply(client, op, f"error:unknown op {op}", req_id, False)))

    def _change(self, client: Client, op: str, args: Any) -> str:
        """Change the subscriptions, all or none; return why not."""
        if not isinstance(args, list) or not all(isinstance(arg, str) for arg in args):
            return "error:args must be an array of topics"
        if len(to_json(args)) > LONGEST_ARGS:
            return f"error:args longer than {LONGEST_ARGS} characters"
        for topic in args:
            if not topic.startswith(TOPIC):
                return f"error:handler not found,topic:{topic}"
            if topic.removeprefix(TOPIC) not in self.contracts:
                return f"Invalid symbol :[{topic}]"
        (client.subscribe if op == "subscribe" else client.unsubscribe)(args)
        return ""

    def topics(self, contract: Contract) -> Sequence[str]:
        """The symbol's own topic; there is no other."""
        return (f"{TOPIC}{contract.instrument}",)

    def frame(self, topic: str, form: str, rows: Sequence[Liquidation], now_ms: int) -> str:
        """A batch; `S` is the position's side."""
        data = [
            {
                "T": row.time_ms,
                "s": row.instrument,
                "S": "Buy" if row.side == "long" else "Sell",
                "v": row.size_text,
                "p": row.price_text,
            }
            for row in rows
        ]
        return to_json({"topic": topic, "type": "snapshot", "ts": now_ms, "data": data})

    def answer(self, query: Query) -> Any:
        """Time, and the contract list page by page."""
        if query.path == "/v5/market/time":
            seconds = str(query.now_ms // 1000)
            return _result({"timeSecond": seconds, "timeNano": f"{query.now_ms}000000"}, query)
        if query.path != "/v5/market/instruments-info":
            return None
        if (category := query.values.get("category")) != "linear":
            return _result({}, query, 10001, f"category is invalid or not simulated: {category}")
        return _result({"category": "linear"} | self._page(query), query)

    def _page(self, query: Query) -> dict[str, object]:
        limit = query.values.get("limit", "")
        size = min(int(limit), LARGEST_PAGE) if re.fullmatch("[0-9]{1,6}", limit) else DEFAULT_PAGE
        last = unquote(query.values.get("cursor", "")).rpartition("last=")[2]
        rest = iter([name for name in sorted(self.contracts) if name > last])
        names = list(islice(rest, max(size, 1)))
        is_more = next(rest, None) is not None
        cursor = quote(f"first={names[0]}&last={names[-1]}") if is_more else ""
        return {"list": [_listing(self.contracts[n]) for n in names], "nextPageCursor": cursor}

    def read(self, message: Any) -> Recorded:
        """Every row of a push; answers to requests hold none."""
        rows = message.get("data", [])
        if not isinstance(rows, list):
            raise TypeError("data is not a list of rows")
        return Recorded(
            time_ms=int(message["ts"]),
            topics=frozenset((message["topic"],)),
            instruments=frozenset(row["s"] for row in rows),
            events=len(rows),
            value_usd=sum(float(row["p"]) * float(row["v"]) for row in rows),
        )

    def contract_named(self, instrument: str) -> Contract | None:
        """`…USDT`, `…USDC` and `…PERP` (quoted in USDC), with or without a date."""
        if not (name := _NAME.fullmatch(instrument)):
            return None
        coin = "USDC" if name[2] == "PERP" else name[2]
        return Contract(instrument, name[1], coin, 7, 3, share=0.0)


def _reply(client: Client, op: str, text: str, req_id: str, is_success: bool) -> dict[str, object]:
    return {
        "success": is_success,
        "ret_msg": text,
        "conn_id": client.id,
        "req_id": req_id,
        "op": op,
    }


def _result(
    result: dict[str, object], query: Query, code: int = 0, text: str = "OK"
) -> dict[str, object]:
    return {
        "retCode": code,
        "retMsg": text,
        "result": result,
        "retExtInfo": {},
        "time": query.now_ms,
    }


def _listing(contract: Contract) -> dict[str, object]:
    _, _, day = contract.instrument.partition("-")
    return {
        "symbol": contract.instrument,
        "contractType": "LinearFutures" if day else "LinearPerpetual",
        "status": "Trading",
        "baseCoin": contract.asset,
        "quoteCoin": contract.quote,
        "settleCoin": contract.quote,
        "deliveryTime": str(delivery_ms(day, "%d%b%y") or 0),
        "priceScale": str(contract.price_decimals),
        "priceFilter": {
            "tickSize": f"{10.0**-contract.price_decimals:.{contract.price_decimals}f}"
        },
        "lotSizeFilter": {"qtyStep": f"{10.0**-contract.size_decimals:.{contract.size_decimals}f}"},
    }
