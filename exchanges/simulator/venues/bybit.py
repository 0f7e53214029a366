"""Bybit contracts: `allLiquidation.{symbol}`, every 500 ms, a topic a symbol.

Linear and inverse ones (of 1 USD each) have a socket and a list of their own.

Sources: https://bybit-exchange.github.io/docs/v5/websocket/public/all-liquidation
https://bybit-exchange.github.io/docs/v5/websocket/public/ticker
https://bybit-exchange.github.io/docs/v5/ws/connect
https://bybit-exchange.github.io/docs/v5/market/instrument
"""

from __future__ import annotations

import re
from calendar import FRIDAY, month_abbr, monthcalendar
from collections.abc import Sequence
from itertools import islice
from typing import Any
from urllib.parse import quote, unquote

from exchanges.simulator.client import Client, Limits
from exchanges.simulator.contracts import Contract, Liquidation, delivery_ms
from exchanges.simulator.market_rest.bybit import BybitRest
from exchanges.simulator.venues.base import Query, Recorded, Venue, from_json, to_json

TOPIC, TICKER = "allLiquidation.", "tickers."
LONGEST_ARGS = 21_000
DEFAULT_PAGE, LARGEST_PAGE = 500, 1000

LINEAR, INVERSE = "linear", "inverse"
_SOCKET = "/v5/public/"
_MONTHS = {"H": 3, "M": 6, "U": 9, "Z": 12}
_NAME = re.compile(r"(.+?)(USDT|USDC|PERP)(?:-\d{2}[A-Z]{3}\d{2})?")
_INVERSE_NAME = re.compile(r"(.+)USD(?:[HMUZ]\d{2})?")


def _contract(
    asset: str, price_decimals: int, size_decimals: int, suffix: str = "USDT", **facts: Any
) -> Contract:
    coin = "USDC" if suffix.startswith("PERP") else "USDT"
    name = f"{asset}{suffix}"
    return Contract(name, asset, coin, price_decimals, size_decimals, kind=LINEAR, **facts)


def _inverse(asset: str, price_decimals: int, suffix: str = "", **facts: Any) -> Contract:
    return Contract(
        f"{asset}USD{suffix}",
        asset,
        "USD",
        price_decimals,
        size_decimals=0,
        is_usd_sized=True,
        kind=INVERSE,
        **facts,
    )


class Bybit(Venue):
    """Bybit: complete, at the bankruptcy price."""

    name = "bybit"
    share = 20.0
    price_gap = 0.005
    window_seconds = 0.5
    groups_rows = True
    limits = Limits(idle_seconds=600)
    market_rest = BybitRest
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
        _inverse("BTC", 2, share=0.08),
        _inverse("ETH", 2, share=0.06),
        _inverse("BTC", 2, "Z26", basis=0.006, share=0.02),
    )

    def has_socket(self, path: str) -> bool:
        """A public socket each for linear and inverse contracts."""
        return path in (f"{_SOCKET}{LINEAR}", f"{_SOCKET}{INVERSE}")

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
            if not topic.startswith((TOPIC, TICKER)):
                return f"error:handler not found,topic:{topic}"
            contract = self.contracts.get(topic.partition(".")[2])
            if contract is None or contract.kind != client.path.removeprefix(_SOCKET):
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

    def beside(self, client: Client, now_ms: int) -> Sequence[str]:
        """What has changed of each ticker: the mark price, as it happens."""
        watched = sorted(topic for topic in client.topics if topic.startswith(TICKER))
        return [self._ticker(topic, now_ms) for topic in watched]

    def _ticker(self, topic: str, now_ms: int) -> str:
        contract = self.contracts[topic.removeprefix(TICKER)]
        mark = self.mark(contract)
        data = {"symbol": contract.instrument, "markPrice": mark, "indexPrice": mark}
        return to_json({"topic": topic, "type": "delta", "data": data, "cs": now_ms, "ts": now_ms})

    def answer(self, query: Query) -> Any:
        """Time, and the contract list page by page."""
        if query.path == "/v5/market/time":
            seconds = str(query.now_ms // 1000)
            return _result({"timeSecond": seconds, "timeNano": f"{query.now_ms}000000"}, query)
        if query.path != "/v5/market/instruments-info":
            return None
        if (category := query.values.get("category", "")) not in (LINEAR, INVERSE):
            return _result({}, query, 10001, f"category is invalid or not simulated: {category}")
        return _result({"category": category} | self._page(query, category), query)

    def _page(self, query: Query, category: str) -> dict[str, object]:
        limit = query.values.get("limit", "")
        size = min(int(limit), LARGEST_PAGE) if re.fullmatch("[0-9]{1,6}", limit) else DEFAULT_PAGE
        last = unquote(query.values.get("cursor", "")).rpartition("last=")[2]
        listed = sorted(n for n, contract in self.contracts.items() if contract.kind == category)
        rest = iter([name for name in listed if name > last])
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
            value_usd=sum(self._value_usd(row) for row in rows),
        )

    def _value_usd(self, row: Any) -> float:
        contract = self.contracts.get(row["s"]) or self.contract_named(row["s"])
        price, size = float(row["p"]), float(row["v"])
        return contract.value_usd(price, size) if contract else price * size

    def contract_named(self, instrument: str) -> Contract | None:
        """`…USDT`, `…USDC` and `…PERP` (quoted in USDC), inverse `…USD`, with or without a date."""
        if name := _INVERSE_NAME.fullmatch(instrument):
            return _inverse(name[1], 4, instrument.removeprefix(f"{name[1]}USD"), share=0.0)
        if not (name := _NAME.fullmatch(instrument)):
            return None
        coin = "USDC" if name[2] == "PERP" else name[2]
        return Contract(instrument, name[1], coin, 7, 3, kind=LINEAR, share=0.0)


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
    day, is_inverse = _delivery_day(contract), contract.kind == INVERSE
    return {
        "symbol": contract.instrument,
        "contractType": f"{contract.kind.title()}{'Futures' if day else 'Perpetual'}",
        "status": "Trading",
        "baseCoin": contract.asset,
        "quoteCoin": contract.quote,
        "settleCoin": contract.asset if is_inverse else contract.quote,
        "deliveryTime": str(delivery_ms(day, "%d%b%y") or 0),
        "priceScale": str(contract.price_decimals),
        "priceFilter": {
            "tickSize": f"{10.0**-contract.price_decimals:.{contract.price_decimals}f}"
        },
        "lotSizeFilter": {"qtyStep": f"{10.0**-contract.size_decimals:.{contract.size_decimals}f}"},
    }


def _delivery_day(contract: Contract) -> str:
    """Return the day like `25DEC26`, empty for none; `Z26` is the last Friday of its month."""
    if contract.kind == LINEAR:
        return contract.instrument.partition("-")[2]
    if not (code := contract.instrument.removeprefix(f"{contract.asset}USD")):
        return ""
    year, month = 2000 + int(code[1:]), _MONTHS[code[0]]
    friday = max(week[FRIDAY] for week in monthcalendar(year, month))
    return f"{friday:02}{month_abbr[month]}{code[1:]}".upper()
