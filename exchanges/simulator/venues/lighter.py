"""Lighter perpetuals: `trade/{market_id}`, with a replay of the newest trades on subscribing.

Sources: https://apidocs.lighter.xyz/docs/websocket-reference
https://apidocs.lighter.xyz/docs/market-data
https://apidocs.lighter.xyz/docs/rate-limits
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from exchanges.simulator.client import Client, Limits
from exchanges.simulator.contracts import Contract, Liquidation
from exchanges.simulator.sent import Numbered
from exchanges.simulator.venues.base import Query, Recorded, Venue, from_json, to_json

REPLAYED = 50
PING_SECONDS = 60.0
INVALID_CHANNEL, ALREADY_SUBSCRIBED, INVALID_TYPE = 30005, 30003, 30004


def _contract(
    market_id: int, asset: str, price_decimals: int, size_decimals: int, **facts: Any
) -> Contract:
    return Contract(str(market_id), asset, "USDC", price_decimals, size_decimals, **facts)


class Lighter(Venue):
    """Lighter: complete, at the price of the fill."""

    name = "lighter"
    share = 3.0
    limits = Limits(idle_seconds=120)
    listed = (
        _contract(0, "ETH", 2, 4),
        _contract(1, "BTC", 1, 5),
        _contract(2, "SOL", 3, 3),
        _contract(3, "DOGE", 6, 0),
        _contract(4, "1000PEPE", 6, 0),
        _contract(7, "XRP", 6, 0),
        _contract(8, "LINK", 5, 1),
        _contract(9, "AVAX", 4, 2),
        _contract(16, "SUI", 5, 1),
        _contract(25, "BNB", 4, 2),
    )

    def __init__(self) -> None:
        super().__init__()

    def has_socket(self, path: str) -> bool:
        """The one socket; `?readonly=true` makes no difference to what is sent."""
        return path == "/stream"

    def greet(self, client: Client) -> None:
        """Say which session it is."""
        client.send(to_json({"session_id": client.id, "type": "connected"}))

    def tick(self, client: Client, now: float) -> None:
        """Ask whether the client still lives, by a message of its own kind."""
        if now - client.pinged_at >= PING_SECONDS:
            client.pinged_at = now
            client.send(to_json({"type": "ping"}))

    def hear(self, client: Client, message: str | bytes) -> None:
        """Answer subscribe with the market's newest trades, and ping."""
        request = from_json(message)
        kind = request.get("type") if isinstance(request, dict) else None
        if kind == "ping":
            client.send(to_json({"type": "pong"}))
        elif kind == "subscribe":
            self._subscribe(client, str(request.get("channel", "")))
        elif kind == "unsubscribe":
            client.unsubscribe([str(request.get("channel", ""))])
        elif kind != "pong":
            client.send(_error(INVALID_TYPE, "Invalid Type"))

    def _subscribe(self, client: Client, channel: str) -> None:
        kind, _, market = channel.partition("/")
        if kind != "trade" or market not in self.contracts:
            client.send(_error(INVALID_CHANNEL, "Invalid Channel:  (marketId)"))
        elif channel in client.topics:
            client.send(_error(ALREADY_SUBSCRIBED, f"Already Subscribed:  ({channel})"))
        else:
            client.subscribe([channel])
            rows = self.sent.newest([market], REPLAYED)
            client.send(_push("subscribed/trade", channel, list(reversed(rows))))

    def topics(self, contract: Contract) -> Sequence[str]:
        """The market's channel; there is no other."""
        return (f"trade/{contract.instrument}",)

    def frame(self, topic: str, form: str, rows: Sequence[Liquidation], now_ms: int) -> str:
        """A push of liquidations; ordinary trades come in a list of their own."""
        return _push("update/trade", topic, [Numbered(self.sent.number(r), r) for r in rows])

    def beside(self, client: Client, now_ms: int) -> Sequence[str]:
        """A trade that nobody was forced to."""
        one = self.ordinary_trade(client, now_ms)
        return [_push("update/trade", self.topics(one.row.contract)[0], [], [one])] if one else ()

    def answer(self, query: Query) -> Any:
        """The markets: perpetuals in one list, spot in another."""
        if query.path != "/api/v1/orderBookDetails":
            return None
        rows = [_listing(contract) for contract in self.contracts.values()]
        return {"code": 200, "order_book_details": rows, "spot_order_book_details": []}

    def read(self, message: Any) -> Recorded:
        """The liquidations of a push."""
        trades = message["liquidation_trades"]
        market = message["channel"].partition(":")[2]
        return Recorded(
            time_ms=max(int(t["timestamp"]) for t in [*trades, *message["trades"]]),
            topics=frozenset((f"trade/{market}",)),
            instruments=frozenset((market,)),
            events=len(trades),
            value_usd=sum(float(t["usd_amount"]) for t in trades),
        )

    def contract_named(self, instrument: str) -> Contract | None:
        """A market's number does not tell of which asset it is."""
        return None


def _push(
    kind: str, channel: str, rows: Sequence[Numbered], trades: Sequence[Numbered] = ()
) -> str:
    return to_json(
        {
            "channel": channel.replace("/", ":"),
            "liquidation_trades": [_trade(one, "liquidation") for one in rows],
            "nonce": 1,
            "trades": [_trade(one, "trade") for one in (*rows[:1], *trades)],
            "type": kind,
        }
    )


def _trade(one: Numbered, kind: str) -> dict[str, object]:
    row, is_short = one.row, one.row.side == "short"
    number = one.number * 2 + (kind == "trade")
    sign = "-" if is_short else ""
    return {
        "trade_id": number,
        "trade_id_str": str(number),
        "tx_hash": f"{number:080x}",
        "type": kind,
        "market_id": int(row.instrument),
        "size": row.size_text,
        "price": row.price_text,
        "usd_amount": f"{row.value_usd:.6f}",
        "is_maker_ask": is_short,
        "block_height": row.time_ms // 1000,
        "timestamp": row.time_ms,
        "taker_position_size_before": f"{sign}{row.size_text}",
        "transaction_time": row.time_ms * 1000,
    }


def _error(code: int, text: str) -> str:
    return to_json({"error": {"code": code, "message": text}})


def _listing(contract: Contract) -> dict[str, object]:
    return {
        "symbol": contract.asset,
        "market_id": int(contract.instrument),
        "market_type": "perp",
        "status": "active",
        "min_base_amount": f"{10.0**-contract.size_decimals:g}",
        "size_decimals": contract.size_decimals,
        "price_decimals": contract.price_decimals,
        "quote_multiplier": 1,
        "default_initial_margin_fraction": 500,
        "maintenance_margin_fraction": 300,
        "open_interest": 0.0,
    }
