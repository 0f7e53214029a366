"""OKX swaps and dated futures: the `liquidation-orders` channel, and its REST twin.

Sources: https://www.okx.com/docs-v5/en/#public-data-websocket-liquidation-orders-channel
https://www.okx.com/docs-v5/en/#public-data-websocket-mark-price-channel
https://www.okx.com/docs-v5/en/#overview-websocket-connect
https://www.okx.com/docs-v5/en/#public-data-rest-api-get-instruments
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from exchanges.simulator.client import Client, Limits
from exchanges.simulator.contracts import Contract, Liquidation, delivery_ms
from exchanges.simulator.market_rest.okx import OkxRest
from exchanges.simulator.venues.base import Query, Recorded, Venue, from_json, to_json

CHANNEL, MARKS = "liquidation-orders", "mark-price"
SWAP, FUTURES = "SWAP", "FUTURES"
LARGEST_PAGE = 100

_NAME = re.compile(r"([^-]+)-(USDT|USDC|USD)(?:_UM)?-(SWAP|\d{6})")


def _linear(
    asset: str, price_decimals: int, unit: float, suffix: str = SWAP, **facts: Any
) -> Contract:
    kind = SWAP if suffix == SWAP else FUTURES
    name = f"{asset}-USDT-{suffix}"
    return Contract(name, asset, "USDT", price_decimals, 2, unit=unit, kind=kind, **facts)


def _inverse(asset: str, price_decimals: int, suffix: str = SWAP, **facts: Any) -> Contract:
    return Contract(
        f"{asset}-USD-{suffix}",
        asset,
        "USD",
        price_decimals,
        size_decimals=0,
        unit=100.0 if asset == "BTC" else 10.0,
        is_usd_sized=True,
        kind=SWAP if suffix == SWAP else FUTURES,
        **facts,
    )


class Okx(Venue):
    """OKX: at most one row a contract a second, at the bankruptcy price."""

    name = "okx"
    share = 15.0
    price_gap = 0.004
    window_seconds = 1.0
    sends_largest_only = True
    limits = Limits(idle_seconds=30)
    market_rest = OkxRest
    listed = (
        _linear("BTC", 1, 0.01),
        _linear("ETH", 2, 0.1),
        _linear("SOL", 2, 1.0),
        _linear("XRP", 4, 100.0),
        _linear("DOGE", 5, 1000.0),
        _linear("BNB", 1, 0.01),
        _linear("SUI", 4, 1.0),
        _linear("ADA", 4, 100.0),
        _linear("LINK", 3, 1.0),
        _linear("AVAX", 3, 1.0),
        _linear("LTC", 2, 1.0),
        _inverse("BTC", 1, share=0.1),
        _inverse("ETH", 2, share=0.1),
        _linear("BTC", 1, 0.01, "261225", basis=0.006, share=0.04),
        _inverse("BTC", 1, "261225", basis=0.006, share=0.03),
    )

    def has_socket(self, path: str) -> bool:
        """The public socket."""
        return path == "/ws/v5/public"

    def hear(self, client: Client, message: str | bytes) -> None:
        """Answer the text ping, and each topic asked for, with an event of its own."""
        if message == "ping":
            client.send("pong")
            return
        request = from_json(message)
        op = request.get("op") if isinstance(request, dict) else None
        args = request.get("args") if isinstance(request, dict) else None
        if op not in ("subscribe", "unsubscribe") or not isinstance(args, list) or not args:
            text = message if isinstance(message, str) else "binary"
            client.send(to_json(_error(client, "60012", f"Invalid request: {text}")))
            return
        number = {"id": request["id"]} if "id" in request else {}
        for arg in args:
            client.send(to_json(number | self._change(client, op, arg)))

    def _change(self, client: Client, op: str, arg: Any) -> dict[str, object]:
        """Change one subscription; return the event that says so, or why not."""
        wanted = self._topic(arg) if isinstance(arg, dict) else None
        if wanted is None:
            return _error(client, "60018", f"Wrong URL or {to_json(arg)} doesn't exist.")
        (client.subscribe if op == "subscribe" else client.unsubscribe)([wanted])
        return {"event": op, "arg": arg, "connId": client.id}

    def _topic(self, arg: dict[str, Any]) -> str | None:
        """Return a kind of contracts, or the contract whose mark price is asked for."""
        if arg.get("channel") == MARKS:
            return f"{MARKS} {arg.get('instId')}" if arg.get("instId") in self.contracts else None
        is_kind = arg.get("channel") == CHANNEL and arg.get("instType") in (SWAP, FUTURES)
        return str(arg["instType"]) if is_kind else None

    def topics(self, contract: Contract) -> Sequence[str]:
        """The topic of its kind."""
        return (contract.kind,)

    def frame(self, topic: str, form: str, rows: Sequence[Liquidation], now_ms: int) -> str:
        """A contract's rows; they can be asked for later."""
        arg = {"channel": CHANNEL, "instType": topic}
        return to_json({"arg": arg, "data": [_item(rows)]})

    def beside(self, client: Client, now_ms: int) -> Sequence[str]:
        """Mark prices, one contract a push."""
        watched = sorted(topic for topic in client.topics if topic.startswith(MARKS))
        return [self._mark(topic.partition(" ")[2], now_ms) for topic in watched]

    def _mark(self, name: str, now_ms: int) -> str:
        contract = self.contracts[name]
        mark = self.mark(contract)
        kind = "SWAP" if contract.kind == SWAP else "FUTURES"
        row = {"instType": kind, "instId": name, "markPx": mark, "ts": str(now_ms)}
        return to_json({"arg": {"channel": MARKS, "instId": name}, "data": [row]})

    def answer(self, query: Query) -> Any:
        """Time, contract lists, and what was sent, newest first."""
        match query.path.removeprefix("/api/v5/public/"):
            case "time":
                return _result([{"ts": str(query.now_ms)}])
            case "instruments":
                kind = query.values.get("instType")
                listed = [c for c in self.contracts.values() if c.kind == kind]
                return _result([_listing(c) for c in listed]) if listed else _wrong("instType")
            case "liquidation-orders":
                return self._history(query)
        return None

    def _history(self, query: Query) -> object:
        """A family's rows before `after` and behind `before`, at most 100."""
        asked = {name: query.values.get(name, "") for name in ("after", "before", "limit")}
        if bad := [name for name, text in asked.items() if text and not text.isdecimal()]:
            return _wrong(bad[0])
        wanted = (query.values.get("instType"), query.values.get("instFamily"))
        if wanted[0] not in (SWAP, FUTURES) or not wanted[1]:
            return _wrong("instType" if wanted[1] else "instFamily")
        first, last = int(asked["before"] or 0), int(asked["after"] or query.now_ms + 1)
        page = self.sent.rows(
            [n for n, c in self.contracts.items() if (c.kind, _family(c)) == wanted],
            first + 1,
            last - 1,
            order="newest",
            limit=min(int(asked["limit"] or LARGEST_PAGE), LARGEST_PAGE),
        )
        rows = [one.row for one in page]
        return _result([_item(list(group)) for _, group in groupby(rows, _instrument)])

    def read(self, message: Any) -> Recorded:
        """All details of all contracts; answers to requests hold none."""
        items = [(item["instId"], detail) for item in message["data"] for detail in item["details"]]
        return Recorded(
            time_ms=max(int(detail["ts"]) for _, detail in items),
            topics=frozenset((message["arg"]["instType"],)),
            instruments=frozenset(name for name, _ in items),
            events=len(items),
            value_usd=sum(self._value(name, detail) for name, detail in items),
        )

    def _value(self, name: str, detail: Any) -> float:
        price, size = float(detail["bkPx"]), float(detail["sz"])
        contract = self.contracts.get(name) or self.contract_named(name)
        return contract.value_usd(price, size) if contract else price * size

    def contract_named(self, instrument: str) -> Contract | None:
        """The pair and the kind; of the size, only that of inverse contracts."""
        if not (name := _NAME.fullmatch(instrument)):
            return None
        if name[2] == "USD" and "_" not in instrument:
            return _inverse(name[1], 4, name[3], share=0.0)
        kind = SWAP if name[3] == SWAP else FUTURES
        return Contract(instrument, name[1], name[2], 7, 3, kind=kind, share=0.0)


def _instrument(row: Liquidation) -> str:
    return row.instrument


def _family(contract: Contract) -> str:
    return contract.instrument.rpartition("-")[0]


def _item(rows: Sequence[Liquidation]) -> dict[str, object]:
    """Return rows of one contract; both sides are given, the order's and the position's."""
    contract = rows[0].contract
    details = [
        {
            "bkLoss": "0",
            "bkPx": row.price_text,
            "ccy": "",
            "posSide": row.side,
            "side": "sell" if row.side == "long" else "buy",
            "sz": row.size_text,
            "ts": str(row.time_ms),
        }
        for row in rows
    ]
    family = _family(contract)
    return {
        "details": details,
        "instFamily": family,
        "instId": contract.instrument,
        "instType": contract.kind,
        "uly": family,
    }


def _result(data: list[Any]) -> dict[str, object]:
    return {"code": "0", "data": data, "msg": ""}


def _wrong(name: str) -> dict[str, object]:
    return {"code": "51000", "data": [], "msg": f"Parameter {name} error"}


def _error(client: Client, code: str, text: str) -> dict[str, object]:
    return {"event": "error", "code": code, "msg": text, "connId": client.id}


def _listing(contract: Contract) -> dict[str, object]:
    family = _family(contract)
    return {
        "instType": contract.kind,
        "instId": contract.instrument,
        "uly": family,
        "instFamily": family,
        "baseCcy": "",
        "quoteCcy": "",
        "settleCcy": contract.asset if contract.is_usd_sized else contract.quote,
        "ctVal": f"{contract.unit:g}",
        "ctMult": "1",
        "ctValCcy": contract.quote if contract.is_usd_sized else contract.asset,
        "ctType": "inverse" if contract.is_usd_sized else "linear",
        "tickSz": f"{10.0**-contract.price_decimals:.{contract.price_decimals}f}",
        "lotSz": f"{10.0**-contract.size_decimals:.{contract.size_decimals}f}",
        "state": "live",
        "expTime": str(delivery_ms(contract.instrument[-6:], "%y%m%d") or ""),
    }
