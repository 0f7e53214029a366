"""Binance USD-M and COIN-M futures: one merged `!forceOrder@arr`, on the `/market` route.

Un-routed addresses open and acknowledge but never deliver. COIN-M rows (`st` 2) are in
contracts of 100 USD (BTC) or 10 USD.

Sources: https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams
(Connect, Live-Subscribing-Unsubscribing-to-streams, All-Market-Liquidation-Order-Streams,
Mark-Price-Stream-for-All-market)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from exchanges.simulator.client import Client, Limits
from exchanges.simulator.contracts import Contract, Liquidation, delivery_ms
from exchanges.simulator.market_rest.binance import BinanceRest
from exchanges.simulator.venues.base import Query, Recorded, Venue, from_json, to_json

ALL, MARKS = "!forceOrder@arr", "!markPrice@arr"
USD_M, COIN_M = "UM", "CM"

_SOCKET = re.compile(r"(/public|/market|/private)?/(ws|stream)(?:/(.*))?")
_USD_M_NAME = re.compile(r"(.+)(USDT|USDC)(?:_\d{6})?")
_COIN_M_NAME = re.compile(r"(.+)USD_(?:PERP|\d{6})")

# What the venue writes for a contract that never ends: 2100-12-25 08:00.
_NEVER_MS = 4_133_404_800_000

# Funding is paid every eight hours.
_FUNDING_MS = 28_800_000

# How far the limit of the liquidation order lies beyond its average fill.
_ORDER_GAP = 0.004


def _usd_m(
    asset: str, price_decimals: int, size_decimals: int, quote: str = "USDT", **facts: Any
) -> Contract:
    name = f"{asset}{quote}{facts.pop('suffix', '')}"
    return Contract(name, asset, quote, price_decimals, size_decimals, kind=USD_M, **facts)


def _coin_m(asset: str, price_decimals: int, suffix: str, **facts: Any) -> Contract:
    return Contract(
        f"{asset}USD_{suffix}",
        asset,
        "USD",
        price_decimals,
        size_decimals=0,
        unit=100.0 if asset == "BTC" else 10.0,
        is_usd_sized=True,
        kind=COIN_M,
        **facts,
    )


class Binance(Venue):
    """Binance futures: at most one row a symbol a second, the largest."""

    name = "binance"
    share = 60.0
    window_seconds = 1.0
    beside_seconds = 3.0
    sends_largest_only = True
    limits = Limits(
        messages_per_second=10,
        lifetime_seconds=86_400,
        ping_every_seconds=180,
        pong_within_seconds=600,
    )
    market_rest = BinanceRest
    listed = (
        _usd_m("BTC", 1, 3),
        _usd_m("ETH", 2, 3),
        _usd_m("SOL", 2, 2),
        _usd_m("XRP", 4, 1),
        _usd_m("DOGE", 5, 0),
        _usd_m("BNB", 2, 2),
        _usd_m("1000PEPE", 7, 0),
        _usd_m("SUI", 4, 1),
        _usd_m("ADA", 4, 0),
        _usd_m("LINK", 3, 2),
        _usd_m("AVAX", 3, 0),
        _usd_m("LTC", 2, 3),
        _usd_m("BTC", 1, 3, "USDC", share=0.1),
        _usd_m("ETH", 2, 3, "USDC", share=0.1),
        _usd_m("BTC", 1, 3, suffix="_261225", basis=0.006, share=0.06),
        _usd_m("ETH", 2, 3, suffix="_261225", basis=0.006, share=0.06),
        _coin_m("BTC", 1, "PERP", share=0.12),
        _coin_m("ETH", 2, "PERP", share=0.12),
        _coin_m("BTC", 1, "261225", basis=0.006, share=0.05),
    )

    def has_socket(self, path: str) -> bool:
        """`/market/ws`, `/market/stream`, and the routes that never deliver liquidations."""
        return _SOCKET.fullmatch(path) is not None

    def greet(self, client: Client) -> None:
        """Subscribe to the address's streams; `/stream` wraps each event, `/ws` does not."""
        if not (parts := _SOCKET.fullmatch(client.path)):
            return
        route, form, streams = parts.groups()
        client.form = form
        client.is_deaf = route != "/market"
        client.subscribe(filter(None, (streams or client.query.get("streams", "")).split("/")))

    def hear(self, client: Client, message: str | bytes) -> None:
        """Answer SUBSCRIBE, UNSUBSCRIBE and LIST_SUBSCRIPTIONS."""
        client.send(to_json(self._reply(client, from_json(message))))

    def _reply(self, client: Client, request: Any) -> object:
        if not isinstance(request, dict):
            return _error(3, "Invalid JSON: expected value at line 1 column 1", None)
        number, method, params = request.get("id"), request.get("method"), request.get("params", [])
        if isinstance(number, bool) or not isinstance(number, int | str):
            return _error(2, "Invalid request: request ID must be an unsigned integer", None)
        if not isinstance(params, list) or not all(isinstance(p, str) for p in params):
            return _error(2, "Invalid request: params must be an array of streams", number)
        if method == "LIST_SUBSCRIPTIONS":
            return {"result": sorted(client.topics), "id": number}
        if method == "SUBSCRIBE":
            client.subscribe(params)
        elif method == "UNSUBSCRIBE":
            client.unsubscribe(params)
        else:
            return _error(2, f"Invalid request: unknown variant {method}", number)
        return {"result": None, "id": number}

    def topics(self, contract: Contract) -> Sequence[str]:
        """The whole market, and the symbol's own stream."""
        return (ALL, f"{contract.instrument.lower()}@forceOrder")

    def frame(self, topic: str, form: str, rows: Sequence[Liquidation], now_ms: int) -> str:
        """One order an event, wrapped for combined streams."""
        event = {"e": "forceOrder", "E": now_ms, "o": _order(rows[0])}
        return to_json(event if form == "ws" else {"stream": topic, "data": event})

    def beside(self, client: Client, now_ms: int) -> Sequence[str]:
        """The mark prices of all contracts."""
        if MARKS not in client.topics:
            return ()
        marks = [_mark(c, self.price(c), now_ms) for c in self.contracts.values()]
        return [to_json(marks if client.form == "ws" else {"stream": MARKS, "data": marks})]

    def answer(self, query: Query) -> Any:
        """Ping, time, and the contract lists of both markets."""
        api, _, what = query.path.removeprefix("/").partition("/v1/")
        if api not in ("fapi", "dapi"):
            return None
        if what == "exchangeInfo":
            kind = USD_M if api == "fapi" else COIN_M
            rows = [_listing(c) for c in self.contracts.values() if c.kind == kind]
            return {"timezone": "UTC", "serverTime": query.now_ms, "symbols": rows}
        return {"ping": {}, "time": {"serverTime": query.now_ms}}.get(what)

    def read(self, message: Any) -> Recorded:
        """Size and price are what was filled: accumulated quantity and average price."""
        event = message.get("data", message)
        order = event["o"]
        name, price, size = order["s"], float(order["ap"]), float(order["z"])
        contract = self.contracts.get(name) or self.contract_named(name)
        return Recorded(
            time_ms=int(event["E"]),
            topics=frozenset((ALL, f"{name.lower()}@forceOrder")),
            instruments=frozenset((name,)),
            events=1,
            value_usd=contract.value_usd(price, size) if contract else price * size,
        )

    def contract_named(self, instrument: str) -> Contract | None:
        """`…USD_PERP` is COIN-M, `…USDT` and `…USDC` are USD-M, a date makes no difference."""
        if coin_m := _COIN_M_NAME.fullmatch(instrument):
            return _coin_m(coin_m[1], 4, instrument.rpartition("_")[2], share=0.0)
        if usd_m := _USD_M_NAME.fullmatch(instrument):
            return Contract(instrument, usd_m[1], usd_m[2], 7, 3, kind=USD_M, share=0.0)
        return None


def _error(code: int, text: str, number: int | str | None) -> object:
    return {"error": {"code": code, "msg": text}, "id": number}


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
        "l": f"{row.size / 2:.{row.contract.size_decimals}f}",
        "z": row.size_text,
        "T": row.time_ms,
        "ps": row.instrument.partition("_")[0],
        "st": 1 if row.contract.kind == USD_M else 2,
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
    pair, _, suffix = contract.instrument.partition("_")
    is_coin_m = contract.kind == COIN_M
    row: dict[str, object] = {
        "symbol": contract.instrument,
        "pair": pair,
        "contractType": "CURRENT_QUARTER" if suffix.isdecimal() else "PERPETUAL",
        "deliveryDate": delivery_ms(suffix, "%y%m%d") or _NEVER_MS,
        "baseAsset": contract.asset,
        "quoteAsset": contract.quote,
        "marginAsset": contract.asset if is_coin_m else contract.quote,
        "pricePrecision": contract.price_decimals,
        "quantityPrecision": contract.size_decimals,
        "underlyingType": "COIN",
        "filters": [
            {"filterType": "PRICE_FILTER", "tickSize": _step(contract.price_decimals)},
            {"filterType": "LOT_SIZE", "stepSize": _step(contract.size_decimals)},
        ],
    }
    if is_coin_m:
        return row | {"contractStatus": "TRADING", "contractSize": int(contract.unit)}
    return row | {"status": "TRADING"}


def _step(decimals: int) -> str:
    return f"{10.0**-decimals:.{decimals}f}"
