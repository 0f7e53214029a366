"""Bitget USDT and USDC futures: the v3 topic `liquidation`; v2 acknowledges and stays silent.

Sources: https://www.bitget.com/api-doc/uta/websocket/public/Liquidation-Channel
https://www.bitget.com/api-doc/uta/websocket/public/Tickers-Channel
https://www.bitget.com/api-doc/uta/public/Instruments
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from exchanges.simulator.client import Client, Limits
from exchanges.simulator.contracts import Contract, Liquidation
from exchanges.simulator.market_rest.bitget import BitgetRest
from exchanges.simulator.venues.base import Query, Recorded, Venue, from_json, to_json

TOPIC, TICKER = "liquidation", "ticker"
USDT, USDC, COIN = "usdt-futures", "usdc-futures", "coin-futures"

_NAME = re.compile(r"(.+?)(USDT|PERP)")


def _contract(
    asset: str, price_decimals: int, amount_decimals: int, line: str = USDT, **facts: Any
) -> Contract:
    suffix, quote = ("USDT", "USDT") if line == USDT else ("PERP", "USDC")
    return Contract(
        f"{asset}{suffix}",
        asset,
        quote,
        price_decimals,
        amount_decimals,
        is_usd_sized=True,
        kind=line,
        **facts,
    )


class Bitget(Venue):
    """Bitget: the largest row a contract and second, sized in the quote coin."""

    name = "bitget"
    share = 6.0
    price_gap = 0.005
    window_seconds = 1.0
    sends_largest_only = True
    limits = Limits(messages_per_second=10, idle_seconds=120, lifetime_seconds=86_400)
    market_rest = BitgetRest
    listed = (
        _contract("BTC", 2, 6),
        _contract("ETH", 2, 4),
        _contract("SOL", 4, 4),
        _contract("XRP", 6, 4),
        _contract("DOGE", 7, 5),
        _contract("BNB", 3, 4),
        _contract("1000PEPE", 9, 5),
        _contract("SUI", 6, 4),
        _contract("ADA", 6, 4),
        _contract("LINK", 5, 4),
        _contract("AVAX", 5, 4),
        _contract("LTC", 4, 4),
        _contract("BTC", 2, 6, USDC, share=0.1),
        _contract("ETH", 2, 4, USDC, share=0.1),
    )

    def has_socket(self, path: str) -> bool:
        """The v3 public socket, and the v2 one that never delivers liquidations."""
        return path in ("/v3/ws/public", "/v2/ws/public")

    def greet(self, client: Client) -> None:
        """Nothing comes over v2, whatever it acknowledges."""
        client.is_deaf = client.path.startswith("/v2/")

    def hear(self, client: Client, message: str | bytes) -> None:
        """Answer the text ping, and each topic asked for, with an event of its own."""
        if message == "ping":
            client.send("pong")
            return
        request = from_json(message)
        op = request.get("op") if isinstance(request, dict) else None
        args = request.get("args") if isinstance(request, dict) else None
        if op not in ("subscribe", "unsubscribe") or not isinstance(args, list) or not args:
            error = {"event": "error", "code": 30003, "msg": "invalid op", "op": op}
            client.send(to_json(error))
            return
        for arg in args:
            client.send(to_json(self._change(client, op, arg)))

    def _change(self, client: Client, op: str, arg: Any) -> object:
        """Change one subscription; return the event that says so, or why not."""
        topic = dict(arg) if isinstance(arg, dict) else {}
        line, name = topic.get("instType"), topic.get("topic", topic.get("channel"))
        lines = (USDT, USDC, COIN)
        is_known = isinstance(line, str) and line.lower() in lines
        if name == TICKER and is_known and topic.get("symbol") in self.contracts:
            change = client.subscribe if op == "subscribe" else client.unsubscribe
            change([f"{TICKER} {topic['symbol']}"])
            return {"event": op, "arg": arg, "connId": client.id}
        if name != TOPIC or not is_known:
            text = f"instType:{line},topic:{name} doesn't exist"
            return {"event": "error", "arg": arg, "code": 30001, "msg": text, "op": op}
        (client.subscribe if op == "subscribe" else client.unsubscribe)([str(line).lower()])
        return {"event": op, "arg": arg, "connId": client.id}

    def topics(self, contract: Contract) -> Sequence[str]:
        """The topic of its product line."""
        return (contract.kind,)

    def frame(self, topic: str, form: str, rows: Sequence[Liquidation], now_ms: int) -> str:
        """A contract's rows; `side` is the position's, `amount` in the quote coin."""
        data = [
            {
                "symbol": row.instrument,
                "side": "buy" if row.side == "long" else "sell",
                "price": row.price_text,
                "amount": row.size_text,
                "ts": str(row.time_ms),
            }
            for row in rows
        ]
        arg = {"instType": topic, "topic": TOPIC}
        return to_json({"action": "update", "arg": arg, "data": data, "ts": now_ms})

    def beside(self, client: Client, now_ms: int) -> Sequence[str]:
        """Tickers, one contract a push."""
        watched = sorted(topic for topic in client.topics if topic.startswith(TICKER))
        return [self._ticker(topic.partition(" ")[2], now_ms) for topic in watched]

    def _ticker(self, symbol: str, now_ms: int) -> str:
        contract = self.contracts[symbol]
        mark = self.mark(contract)
        arg = {"instType": contract.kind, "symbol": symbol, "topic": TICKER}
        data = [{"lastPrice": mark, "indexPrice": mark, "markPrice": mark}]
        return to_json({"action": "snapshot", "arg": arg, "data": data, "ts": now_ms})

    def answer(self, query: Query) -> Any:
        """Time, and the contract list of a product line."""
        if query.path == "/api/v2/public/time":
            return _result({"serverTime": str(query.now_ms)}, query)
        if query.path != "/api/v3/market/instruments":
            return None
        line = query.values.get("category", "").lower()
        if line not in (USDT, USDC, COIN):
            return _result(None, query, "40020", "Parameter category error")
        return _result([_listing(c) for c in self.contracts.values() if c.kind == line], query)

    def read(self, message: Any) -> Recorded:
        """Every row of a push; answers to requests hold none."""
        rows = [(row["symbol"], float(row["amount"])) for row in message["data"]]
        return Recorded(
            time_ms=int(message["ts"]),
            topics=frozenset((message["arg"]["instType"],)),
            instruments=frozenset(name for name, _ in rows),
            events=len(rows),
            value_usd=sum(amount for _, amount in rows),
        )

    def contract_named(self, instrument: str) -> Contract | None:
        """`…USDT`, and `…PERP`, which is quoted in USDC."""
        if not (name := _NAME.fullmatch(instrument)):
            return None
        return _contract(name[1], 12, 12, USDT if name[2] == "USDT" else USDC, share=0.0)


def _result(
    data: object, query: Query, code: str = "00000", text: str = "success"
) -> dict[str, object]:
    return {"code": code, "msg": text, "requestTime": query.now_ms, "data": data}


def _listing(contract: Contract) -> dict[str, object]:
    return {
        "symbol": contract.instrument,
        "category": contract.kind.upper(),
        "baseCoin": contract.asset,
        "quoteCoin": contract.quote,
        "pricePrecision": str(contract.price_decimals),
        "type": "perpetual",
        "status": "online",
    }
