"""HTX: three notification sockets (linear, coin-margined swaps, delivery), all frames gzip.

Rows have no id. Two that would be equal get different times, so that each can be told.

Sources: https://www.htx.com/en-us/opend/newApiPages/?id=8cb7e25d-77b5-11ed-9966-0242ac110003
(linear), ?id=28c34bd5-77ae-11ed-9966-0242ac110003 (delivery), GET /v5/market/liquidation_orders
"""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from exchanges.simulator.client import Client
from exchanges.simulator.contracts import Contract, Liquidation
from exchanges.simulator.sent import Numbered
from exchanges.simulator.venues.base import Query, Recorded, Venue, from_json, to_json

LINEAR, COIN, DELIVERY = "linear-swap", "swap", "delivery"
SOCKETS = {
    "/linear-swap-notification": LINEAR,
    "/swap-notification": COIN,
    "/notification": DELIVERY,
}
TWINS_KEPT = 10_000
LISTS = {
    "/linear-swap-api/v1/swap_contract_info": LINEAR,
    "/swap-api/v1/swap_contract_info": COIN,
    "/api/v1/contract_contract_info": DELIVERY,
}
V5, V3 = "/v5/market/liquidation_orders", "/swap-api/v3/swap_liquidation_orders"
LARGEST_PAGE, LONGEST_WINDOW_MS = 100, 2 * 60 * 60 * 1000
PING_SECONDS, MOST_UNANSWERED = 5.0, 5

_LINEAR_NAME = re.compile(r"([^-]+)-USDT(?:-\d{6})?")
_COIN_NAME = re.compile(r"([^-]+)-USD|([A-Z]+)\d{6}")
_TOPIC = re.compile(r"public\.([^.]+)\.liquidation_orders")


def _linear(
    asset: str, price_decimals: int, unit: float, dated: str = "", **facts: Any
) -> Contract:
    name = f"{asset}-USDT{dated}"
    return Contract(name, asset, "USDT", price_decimals, 0, unit, kind=LINEAR, **facts)


def _coin(name: str, asset: str, price_decimals: int, **facts: Any) -> Contract:
    unit, kind = 100.0 if asset == "BTC" else 10.0, COIN if "-" in name else DELIVERY
    return Contract(
        name, asset, "USD", price_decimals, 0, unit, is_usd_sized=True, kind=kind, **facts
    )


class Htx(Venue):
    """HTX: every liquidation order, at the bankruptcy price."""

    name = "htx"
    share = 2.0
    price_gap = 0.004
    listed = (
        _linear("BTC", 1, 0.001),
        _linear("ETH", 2, 0.01),
        _linear("SOL", 3, 1.0),
        _linear("XRP", 4, 10.0),
        _linear("DOGE", 6, 100.0),
        _linear("LTC", 2, 0.1),
        _linear("BTC", 1, 0.001, "-261225", basis=0.006, share=0.05),
        _coin("BTC-USD", "BTC", 1, share=0.1),
        _coin("ETH-USD", "ETH", 2, share=0.1),
        _coin("BTC261225", "BTC", 2, basis=0.006, share=0.05),
    )

    def __init__(self) -> None:
        super().__init__()
        self._twins: Counter[Liquidation] = Counter()
        self._pings: WeakKeyDictionary[Client, list[float]] = WeakKeyDictionary()

    def has_socket(self, path: str) -> bool:
        """One notification socket a product line."""
        return path in SOCKETS

    def hear(self, client: Client, message: str | bytes) -> None:
        """Answer sub and unsub; a pong counts when its ts is a ping's, of the same type."""
        request = from_json(message)
        if not isinstance(request, dict):
            client.send(to_json({"op": "error", "err-code": 2002, "err-msg": "invalid.request"}))
        elif request.get("op") == "pong":
            self._take_pong(client, request.get("ts"))
        else:
            code, text = self._change(client, request)
            answer = {key: request[key] for key in ("op", "cid", "topic") if key in request}
            answer |= {"ts": int(client.heard_at * 1000), "err-code": code}
            client.send(to_json(answer | ({"err-msg": text} if text else {})))

    def _change(self, client: Client, request: dict[str, Any]) -> tuple[int, str]:
        topic = _TOPIC.fullmatch(str(request.get("topic")))
        kind = SOCKETS[client.path]
        if not topic or request.get("op") not in ("sub", "unsub"):
            return 2011, "Invalid command."
        wanted = {f"{kind}:{topic[1]}"}
        if topic[1] == "*" and kind == LINEAR:
            business = request.get("business_type", "swap")
            parts = ("swap", "futures") if business == "all" else (business,)
            wanted = {f"{kind}:*{part}" for part in parts}
        if request["op"] == "unsub":
            client.unsubscribe(wanted)
        elif wanted <= client.topics:
            return 2014, "Repeated subscription."
        else:
            client.subscribe(wanted)
        return 0, ""

    def tick(self, client: Client, now: float) -> None:
        """Ping every five seconds, and close a socket that left five unanswered."""
        pings = self._pings.setdefault(client, [])
        if len(pings) > MOST_UNANSWERED:
            client.cut()
        elif now - max([client.opened_at, *pings[-1:]]) >= PING_SECONDS:
            is_over = len(pings) == MOST_UNANSWERED
            ask = {"op": "close", "ts": int(now * 1000)} if is_over else _ping(now)
            pings.append(now)
            client.send(to_json(ask))

    def _take_pong(self, client: Client, ts: object) -> None:
        pings = self._pings.setdefault(client, [])
        if ts in [_ping(ping)["ts"] for ping in pings]:
            # The newest stays, for the time of the next.
            pings[:] = pings[-1:]

    def topics(self, contract: Contract) -> Sequence[str]:
        """The contract's own, and its product line's; linear ones divide swaps and futures."""
        code = contract.asset if contract.kind == DELIVERY else contract.instrument
        line = _business(contract) if contract.kind == LINEAR else ""
        return (f"{contract.kind}:*{line}", f"{contract.kind}:{code}")

    def frame(self, topic: str, form: str, rows: Sequence[Liquidation], now_ms: int) -> str:
        """Orders; `direction` is the order's side."""
        contract = rows[0].contract
        code = contract.asset if contract.kind == DELIVERY else contract.instrument
        data = [_row(row) for row in rows]
        name = f"public.{code}.liquidation_orders"
        return to_json({"op": "notify", "topic": name, "ts": now_ms, "data": data})

    def pack(self, text: str) -> bytes:
        """Every frame travels as gzip."""
        return gzip.compress(text.encode(), compresslevel=1)

    def answer(self, query: Query) -> Any:
        """Contract lists, and the history of linear contracts (v5) and coin swaps (v3)."""
        if kind := LISTS.get(query.path):
            return {"status": "ok", "data": self._listing(kind, query), "ts": query.now_ms}
        if query.path not in (V5, V3):
            return None
        is_v5 = query.path == V5
        code = query.values.get("contract_code" if is_v5 else "contract", "")
        start, end = (query.number(name, 0) for name in ("start_time", "end_time"))
        contract = self.contracts.get(code)
        if contract is None or contract.kind != (LINEAR if is_v5 else COIN):
            return {"code": 1332, "message": "The contract doesn't exist.", "ts": query.now_ms}
        if not 0 <= end - start <= LONGEST_WINDOW_MS:
            return {"code": 1067, "message": "The time window is too long.", "ts": query.now_ms}
        seen = query.number("from" if is_v5 else "from_id", 0)
        found = self.sent.rows([code], start, end, after=seen, limit=LARGEST_PAGE, order="oldest")
        data = [_v5_row(one) if is_v5 else _v3_row(one) for one in found]
        return {"code": 200, "message": "ok", "data": data, "ts": query.now_ms}

    def _listing(self, kind: str, query: Query) -> list[dict[str, object]]:
        business = query.values.get("business_type", "swap") if kind == LINEAR else "all"
        return [
            {
                "symbol": contract.asset,
                "contract_code": contract.instrument,
                "contract_size": contract.unit,
                "price_tick": 10.0**-contract.price_decimals,
                "contract_status": 1,
            }
            for contract in self.contracts.values()
            if contract.kind == kind and business in ("all", _business(contract))
        ]

    def dated(self, row: Liquidation) -> Liquidation:
        """Return it a millisecond later for every equal one before."""
        if len(self._twins) > 5 * TWINS_KEPT:
            self._twins.clear()
        self._twins[row] += 1
        return replace(row, time_ms=row.time_ms + self._twins[row] - 1)

    def read(self, message: Any) -> Recorded:
        """Every row of a push; answers and pings hold none."""
        rows = message["data"]
        contracts = [self.contracts.get(code) or self.contract_named(code) for code in _codes(rows)]
        known = [contract for contract in contracts if contract is not None]
        return Recorded(
            time_ms=int(message["ts"]),
            topics=frozenset(topic for contract in known for topic in self.topics(contract)),
            instruments=frozenset(_codes(rows)),
            events=len(rows),
            value_usd=sum(
                float(row.get("trade_turnover") or row["volume"] * contract.unit)
                for row, contract in zip(rows, known, strict=True)
            ),
        )

    def contract_named(self, instrument: str) -> Contract | None:
        """`…-USDT` (contract size unknown to the name: one), `…-USD` and `BTC261225`."""
        if linear := _LINEAR_NAME.fullmatch(instrument):
            return _linear(linear[1], 7, 1.0, instrument.partition("-USDT")[2], share=0.0)
        if coin := _COIN_NAME.fullmatch(instrument):
            return _coin(instrument, coin[1] or coin[2], 7, share=0.0)
        return None


def _row(row: Liquidation) -> dict[str, object]:
    told: dict[str, object] = {
        "symbol": row.contract.asset,
        "contract_code": row.instrument,
        "direction": _order_side(row),
        "offset": "close",
        "volume": row.size,
        "price": row.price,
        "created_at": row.time_ms,
        "amount": row.quantity,
    }
    if row.contract.kind != LINEAR:
        return told
    pair = "-".join(row.instrument.split("-")[:2])
    about = {"pair": pair, "business_type": _business(row.contract), "trade_partition": "USDT"}
    return told | {"trade_turnover": row.value_usd} | about


def _v5_row(sent: Numbered) -> dict[str, object]:
    row = sent.row
    return {
        "id": str(sent.number),
        "contract_code": row.instrument,
        "liquidation_time": str(row.time_ms),
        "side": _order_side(row),
        "position_side": row.side,
        "volume": row.size_text,
        "amount": row.size_text,
        "bankrupt_price": row.price_text,
        "trade_turnover": str(row.value_usd),
    }


def _v3_row(sent: Numbered) -> dict[str, object]:
    return {"query_id": sent.number} | _row(sent.row)


def _ping(now: float) -> dict[str, str]:
    return {"op": "ping", "ts": str(int(now * 1000))}


def _codes(rows: Any) -> list[str]:
    return [row["contract_code"] for row in rows]


def _business(contract: Contract) -> str:
    return "futures" if contract.instrument.count("-") == 2 else "swap"


def _order_side(row: Liquidation) -> str:
    return "sell" if row.side == "long" else "buy"
