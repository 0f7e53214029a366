"""Kraken Futures: the `trade` feed, in which liquidations are trades of that type.

Sources: https://docs.kraken.com/exchange/api-reference/futures-websocket/trade
https://docs.kraken.com/api-reference/market-history/get-public-execution-events
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from exchanges.simulator.client import Client, Limits
from exchanges.simulator.contracts import Contract, Liquidation
from exchanges.simulator.sent import Numbered
from exchanges.simulator.venues.base import Query, Recorded, Venue, from_json, to_json

FEED = "trade"
SNAPSHOT_TRADES, LARGEST_PAGE = 100, 1000

_NAME = re.compile(r"(PF|FF|PI|FI)_([A-Z0-9]+?)USD(?:_\d{6})?")
_EXECUTIONS = re.compile(r"/api/history/v3/market/([^/]+)/executions")


def _contract(
    kind: str, asset: str, price_decimals: int, size_decimals: int, **facts: Any
) -> Contract:
    coin = "XBT" if asset == "BTC" else asset
    name = f"{kind}_{coin}USD{facts.pop('dated', '')}"
    is_inverse = kind in ("PI", "FI")
    return Contract(
        name,
        asset,
        "USD",
        price_decimals,
        0 if is_inverse else size_decimals,
        is_usd_sized=is_inverse,
        kind=kind,
        **facts,
    )


class Kraken(Venue):
    """Kraken Futures: complete, at the price of the fill."""

    name = "kraken"
    share = 2.0
    limits = Limits(messages_per_second=100, idle_seconds=60)
    listed = (
        _contract("PF", "BTC", 1, 4),
        _contract("PF", "ETH", 2, 3),
        _contract("PF", "SOL", 3, 2),
        _contract("PF", "XRP", 5, 0),
        _contract("PF", "DOGE", 6, 0),
        _contract("PF", "LTC", 2, 2),
        _contract("PI", "BTC", 1, 0, share=0.1),
        _contract("PI", "ETH", 2, 0, share=0.1),
        _contract("FI", "BTC", 1, 0, dated="_261225", basis=0.006, share=0.05),
    )

    def __init__(self) -> None:
        super().__init__()

    def has_socket(self, path: str) -> bool:
        """The one public socket."""
        return path == "/ws/v1"

    def greet(self, client: Client) -> None:
        """Say which version it is."""
        client.send(to_json({"event": "info", "version": 1}))

    def hear(self, client: Client, message: str | bytes) -> None:
        """Answer subscribe and unsubscribe; a new product begins with its latest trades."""
        request = from_json(message)
        event = request.get("event") if isinstance(request, dict) else None
        if event not in ("subscribe", "unsubscribe"):
            client.send(to_json({"event": "alert", "message": "Bad request"}))
        elif request.get("feed") == "heartbeat":
            client.send(to_json({"event": f"{event}d", "feed": "heartbeat"}))
        elif request.get("feed") != FEED:
            client.send(to_json({"event": "error", "message": "Invalid feed"}))
        else:
            self._change(client, event, request.get("product_ids"))

    def _change(self, client: Client, event: str, products: Any) -> None:
        known = isinstance(products, list) and self.contracts.keys() >= {*map(str, products)}
        if not known:
            client.send(to_json({"event": "error", "message": "Invalid product id"}))
            return
        client.send(to_json({"event": f"{event}d", "feed": FEED, "product_ids": products}))
        if event == "unsubscribe":
            client.unsubscribe(products)
            return
        client.subscribe(products)
        for product in products:
            latest = self.sent.newest([product], SNAPSHOT_TRADES)
            trades = [_trade(one.number, one.row) for one in reversed(latest)]
            feed = {"feed": "trade_snapshot", "product_id": product, "trades": trades}
            client.send(to_json(feed))

    def topics(self, contract: Contract) -> Sequence[str]:
        """The product's own trades."""
        return (contract.instrument,)

    def frame(self, topic: str, form: str, rows: Sequence[Liquidation], now_ms: int) -> str:
        """One trade."""
        return to_json(_trade(self.sent.number(rows[0]), rows[0]))

    def beside(self, client: Client, now_ms: int) -> Sequence[str]:
        """A trade that nobody was forced to."""
        one = self.ordinary_trade(client, now_ms)
        return [to_json(_trade(one.number << 64, one.row) | {"type": "fill"})] if one else ()

    def answer(self, query: Query) -> Any:
        """The instrument list, and the trades of a market page by page."""
        if query.path == "/derivatives/api/v3/instruments":
            rows = [_listing(contract) for contract in self.contracts.values()]
            return {"result": "success", "instruments": rows}
        if not (market := _EXECUTIONS.fullmatch(query.path)):
            return None
        if market[1] not in self.contracts:
            return {"errors": [{"severity": "error", "message": "Unknown tradeable"}]}
        return self._executions(market[1], query)

    def _executions(self, product: str, query: Query) -> dict[str, object]:
        start, end = query.number("since", 0), query.number("before", query.now_ms)
        seen = query.number("continuation_token", 0)
        size = min(query.number("count", LARGEST_PAGE), LARGEST_PAGE)
        found = self.sent.rows(
            [product], start, end - 1, after=seen, limit=size + 1, order="oldest"
        )
        page = found[:size]
        answer = {"len": len(page), "elements": [_element(one) for one in page]}
        token = {"continuationToken": str(page[-1].number)} if len(found) > size else {}
        return answer | token

    def read(self, message: Any) -> Recorded:
        """One trade, which counts when it is a liquidation, or a snapshot of several."""
        trades = message["trades"] if message["feed"] == "trade_snapshot" else [message]
        kept = [trade for trade in trades if trade["type"] == "liquidation"]
        products = frozenset(trade["product_id"] for trade in trades)
        return Recorded(
            time_ms=int(trades[0]["time"]),
            topics=products,
            instruments=products,
            events=len(kept),
            value_usd=sum(map(self._value, kept)),
        )

    def _value(self, trade: Any) -> float:
        name = trade["product_id"]
        contract = self.contracts.get(name) or self.contract_named(name)
        return contract.value_usd(trade["price"], trade["qty"]) if contract else 0.0

    def contract_named(self, instrument: str) -> Contract | None:
        """`PF_` and `FF_` are linear, `PI_` and `FI_` inverse; XBT is Bitcoin."""
        if not (name := _NAME.fullmatch(instrument)):
            return None
        asset = "BTC" if name[2] == "XBT" else name[2]
        dated = instrument.partition("USD")[2]
        return _contract(name[1], asset, 7, 3, dated=dated, share=0.0)


def _trade(number: int, row: Liquidation) -> dict[str, object]:
    return {
        "feed": FEED,
        "product_id": row.instrument,
        "uid": _uid(number),
        "side": "sell" if row.side == "long" else "buy",
        "type": "liquidation",
        "seq": number,
        "time": row.time_ms,
        "qty": row.size,
        "price": row.price,
    }


def _element(sent: Numbered) -> dict[str, object]:
    row = sent.row
    is_sell = row.side == "long"
    maker = _order(row, sent.number + 1, "Buy" if is_sell else "Sell", "Post")
    taker = _order(row, sent.number + 2, "Sell" if is_sell else "Buy", "PartialLiquidation")
    execution = {
        "uid": _uid(sent.number),
        "makerOrder": maker,
        "takerOrder": taker,
        "timestamp": row.time_ms,
        "quantity": row.size_text,
        "price": row.price_text,
        "markPrice": row.price_text,
        "limitFilled": False,
        "usdValue": f"{row.value_usd:.2f}",
    }
    event = {"Execution": {"execution": execution, "takerReducedQuantity": ""}}
    return {"uid": _uid(-sent.number), "timestamp": row.time_ms, "event": event}


def _order(row: Liquidation, number: int, direction: str, order_type: str) -> dict[str, object]:
    return {
        "uid": _uid(number),
        "tradeable": row.instrument,
        "direction": direction,
        "quantity": row.size_text,
        "timestamp": row.time_ms,
        "limitPrice": row.price_text,
        "orderType": order_type,
        "reduceOnly": False,
        "lastUpdateTimestamp": row.time_ms,
    }


def _listing(contract: Contract) -> dict[str, object]:
    is_inverse = contract.is_usd_sized
    return {
        "symbol": contract.instrument,
        "type": "futures_inverse" if is_inverse else "flexible_futures",
        "tickSize": 10.0**-contract.price_decimals,
        "contractSize": 1,
        "tradeable": True,
        "contractValueTradePrecision": contract.size_decimals,
        "base": contract.asset,
        "quote": "USD",
        "pair": f"{contract.asset}:USD",
    }


def _uid(number: int) -> str:
    return str(UUID(int=number % (1 << 128)))
