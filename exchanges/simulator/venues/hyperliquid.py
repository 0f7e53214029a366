"""Hyperliquid: no feed of liquidations, only the fills of users one asks for.

Each contract's liquidations go to one of HLP's vaults: a liquidator takes a position over
(`backstop`, crossing the liquidated user's order), a strategy's resting order is hit by one
(`market`). Both are the counterparty, so their side is the opposite of the closing order's.

Sources: https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/websocket/subscriptions
https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint
https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/rate-limits-and-user-limits
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

from exchanges.simulator.client import Client, Limits
from exchanges.simulator.contracts import Contract, Liquidation
from exchanges.simulator.market_rest.hyperliquid import HyperliquidRest
from exchanges.simulator.sent import Numbered
from exchanges.simulator.venues.base import Query, Recorded, Venue, from_json, to_json

HLP = "0xdfc24b077bc1425ad1dea75bcb6f8158e10df303"
LIQUIDATORS = (
    "0x2e3d94f0562703b25c83308a05046ddaf9a8dd14",
    "0xb0a55f13d22f66e6d495ac98113841b2326e9540",
)
STRATEGIES = (
    "0x010461c14e146ac35fe42271bdc1134ee31c703a",
    "0x31ca8395cf837de08b24da3f660e77761dfb974b",
)
VAULTS = (*LIQUIDATORS, *STRATEGIES)
LIQUIDATED = "0x00000000000000000000000000000000000000aa"
MOST_USERS = 10
CONTEXT = "activeAssetCtx"
LARGEST_ANSWER = 2000
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_PERP = re.compile(r"\w+")


def _contract(coin: str, price_decimals: int, size_decimals: int, asset: str = "") -> Contract:
    return Contract(coin, asset or coin, "USDT", price_decimals, size_decimals)


class Hyperliquid(Venue):
    """Hyperliquid: what HLP's vaults see."""

    name = "hyperliquid"
    share = 6.0
    limits = Limits(idle_seconds=60)
    market_rest = HyperliquidRest
    listed = (
        _contract("BTC", 0, 5),
        _contract("ETH", 1, 4),
        _contract("SOL", 2, 2),
        _contract("XRP", 4, 0),
        _contract("DOGE", 5, 0),
        _contract("BNB", 1, 3),
        _contract("kPEPE", 6, 0, "1000PEPE"),
        _contract("SUI", 4, 1),
        _contract("ADA", 4, 0),
        _contract("LINK", 3, 1),
        _contract("AVAX", 3, 2),
        _contract("LTC", 2, 2),
    )

    def __init__(self) -> None:
        super().__init__()

    def has_socket(self, path: str) -> bool:
        """The one socket."""
        return path == "/ws"

    def hear(self, client: Client, message: str | bytes) -> None:
        """Answer ping and subscribe; an unknown coin ends the connection, as it does there."""
        request = from_json(message)
        method = request.get("method") if isinstance(request, dict) else None
        wanted = request.get("subscription") if isinstance(request, dict) else None
        if method == "ping":
            client.send(to_json({"channel": "pong"}))
        elif method != "subscribe" or not isinstance(wanted, dict):
            client.send(_unreadable(request))
        elif wanted.get("type") == "userFills":
            self._follow(client, wanted)
        elif wanted.get("type") == CONTEXT and wanted.get("coin") in self.contracts:
            client.send(_accepted(wanted))
            client.subscribe([f"{CONTEXT} {wanted['coin']}"])
        elif wanted.get("type") not in ("trades", CONTEXT):
            client.send(_unreadable(request))
        elif wanted.get("coin") in self.contracts:
            client.send(_accepted(wanted))
        else:
            client.cut()

    def _follow(self, client: Client, wanted: dict[str, Any]) -> None:
        user = str(wanted.get("user", "")).lower()
        if not _ADDRESS.fullmatch(user):
            client.send(_unreadable(wanted))
        elif user in client.topics:
            client.send(_error(f"Already subscribed: {to_json(wanted)}"))
        elif sum(map(bool, map(_ADDRESS.fullmatch, client.topics))) >= MOST_USERS:
            client.send(_error("Cannot track more than 10 total users."))
        else:
            client.send(_accepted(wanted))
            client.subscribe([user])
            fills = [_fill(user, one) for one in self._of(user, order="newest")[::-1]]
            client.send(_push(user, list(reversed(fills)), is_snapshot=True))

    def topics(self, contract: Contract) -> Sequence[str]:
        """The vault that is the other party of this contract's liquidations."""
        place = sum(map(ord, contract.instrument))
        return (VAULTS[place % len(VAULTS)],)

    def frame(self, topic: str, form: str, rows: Sequence[Liquidation], now_ms: int) -> str:
        """The fills of one user."""
        return _push(topic, [_fill(topic, Numbered(self.sent.number(r), r)) for r in rows])

    def beside(self, client: Client, now_ms: int) -> Sequence[str]:
        """The contexts of coins."""
        watched = sorted(topic for topic in client.topics if topic.startswith(CONTEXT))
        return [self._context(topic.partition(" ")[2]) for topic in watched]

    def _context(self, coin: str) -> str:
        contract = self.contracts[coin]
        mark = self.mark(contract)
        ctx = {"funding": "0.0000125", "openInterest": "1000.0", "markPx": mark, "oraclePx": mark}
        return to_json({"channel": CONTEXT, "data": {"coin": coin, "ctx": ctx}})

    def answer(self, query: Query) -> Any:
        """`POST /info`, by its `type`."""
        asked = from_json(query.body) if query.path == "/info" else None
        if not isinstance(asked, dict):
            return None
        match asked.get("type"):
            case "perpDexs":
                return [None]
            case "vaultDetails":
                return _vault(str(asked.get("vaultAddress", "")).lower())
            case "userFillsByTime":
                return self._fills_by_time(asked)
            case "exchangeStatus":
                return {"time": query.now_ms, "specialStatuses": None}
        return None

    def _fills_by_time(self, asked: dict[str, Any]) -> list[dict[str, object]]:
        user, start = str(asked.get("user", "")).lower(), int(asked.get("startTime", 0))
        end = int(asked.get("endTime") or 2**62)
        return [_fill(user, one) for one in self._of(user, start, end)]

    def _of(
        self,
        user: str,
        start_ms: int = 0,
        end_ms: int = 2**62,
        order: Literal["oldest", "newest"] = "oldest",
    ) -> list[Numbered]:
        """Return what was sent to a vault, as much as one answer holds."""
        names = [c.instrument for c in self.contracts.values() if user in self.topics(c)]
        return self.sent.rows(names, start_ms, end_ms, order=order, limit=LARGEST_ANSWER)

    def read(self, message: Any) -> Recorded:
        """The liquidations among a user's fills."""
        user, fills = message["data"]["user"], message["data"]["fills"]
        forced = [fill for fill in fills if fill.get("liquidation")]
        return Recorded(
            time_ms=max(int(fill["time"]) for fill in fills),
            topics=frozenset((user,)),
            instruments=frozenset(fill["coin"] for fill in forced),
            events=len(forced),
            value_usd=sum(float(fill["px"]) * float(fill["sz"]) for fill in forced),
        )

    def contract_named(self, instrument: str) -> Contract | None:
        """A bare name is a perpetual."""
        if not _PERP.fullmatch(instrument):
            return None
        return Contract(instrument, instrument, "USDT", 6, 5, share=0.0)


def _fill(user: str, one: Numbered) -> dict[str, object]:
    """Return a vault's fill: it bought what a liquidated long had to sell."""
    row, is_backstop = one.row, user in LIQUIDATORS
    bought = row.side == "long"
    return {
        "coin": row.instrument,
        "px": row.price_text,
        "sz": row.size_text,
        "side": "B" if bought else "A",
        "time": row.time_ms,
        "startPosition": "0.0",
        "dir": "Open Long" if bought else "Open Short",
        "closedPnl": "0.0",
        "hash": f"0x{one.number:064x}",
        "oid": one.number % 2**40,
        "crossed": is_backstop,
        "fee": "0.0",
        "tid": one.number % 2**50,
        "liquidation": {
            "liquidatedUser": LIQUIDATED,
            "markPx": row.price_text,
            "method": "backstop" if is_backstop else "market",
        },
        "feeToken": "USDC",
        "twapId": None,
    }


def _push(user: str, fills: list[dict[str, object]], *, is_snapshot: bool = False) -> str:
    data: dict[str, object] = {"isSnapshot": True} if is_snapshot else {}
    return to_json({"channel": "userFills", "data": data | {"user": user, "fills": fills}})


def _accepted(wanted: object) -> str:
    data = {"method": "subscribe", "subscription": wanted}
    return to_json({"channel": "subscriptionResponse", "data": data})


def _unreadable(request: object) -> str:
    return _error(f"Error parsing JSON into valid websocket request: {to_json(request)}")


def _error(text: str) -> str:
    return to_json({"channel": "error", "data": text})


def _vault(address: str) -> object:
    """Return what `vaultDetails` tells of HLP; nothing is known of other vaults."""
    if address != HLP:
        return None
    relation = {"type": "parent", "data": {"childAddresses": list(VAULTS)}}
    return {"name": "Hyperliquidity Provider (HLP)", "vaultAddress": HLP, "relationship": relation}
