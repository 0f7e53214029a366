"""dYdX v4 perpetuals: `v4_trades` a market, batched or not; the tape over REST.

Sources: https://docs.dydx.xyz/interaction/data/feeds
https://docs.dydx.xyz/indexer-client/websockets
https://docs.dydx.xyz/indexer-client/http
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import unquote

from exchanges.simulator.client import Client, Limits
from exchanges.simulator.contracts import Contract, Liquidation
from exchanges.simulator.market_rest.dydx import DydxRest
from exchanges.simulator.sent import Numbered
from exchanges.simulator.venues.base import Query, Recorded, Venue, from_json, to_json

CHANNEL = "v4_trades"
MARKETS_PER_SOCKET = 32
LARGEST_PAGE = 1000
SNAPSHOT_ROWS = 100
BLOCK_MS = 1000
_TRADES = "/v4/trades/perpetualMarket/"


def _contract(asset: str, price_decimals: int, size_decimals: int) -> Contract:
    return Contract(f"{asset}-USD", asset, "USD", price_decimals, size_decimals)


class Dydx(Venue):
    """dYdX v4: complete, at the price of the fill."""

    name = "dydx"
    share = 1.5
    limits = Limits(ping_every_seconds=30, pong_within_seconds=10)
    market_rest = DydxRest
    listed = (
        _contract("BTC", 0, 4),
        _contract("ETH", 1, 3),
        _contract("SOL", 2, 1),
        _contract("XRP", 4, 0),
        _contract("DOGE", 5, 0),
        _contract("SUI", 4, 0),
        _contract("LINK", 3, 0),
        _contract("AVAX", 3, 1),
    )

    def __init__(self) -> None:
        super().__init__()
        self._message_ids = count(1)

    def has_socket(self, path: str) -> bool:
        """The one socket of the indexer."""
        return path == "/v4/ws"

    def greet(self, client: Client) -> None:
        """Say who the connection is."""
        client.send(to_json({"type": "connected", "connection_id": client.id, "message_id": 0}))

    def hear(self, client: Client, message: str | bytes) -> None:
        """Answer subscribe with the market's newest trades, and unsubscribe."""
        request = from_json(message)
        if not isinstance(request, dict) or request.get("type") not in ("subscribe", "unsubscribe"):
            self._say(client, {"type": "error", "message": "Invalid message: could not parse"})
            return
        market = str(request.get("id", ""))
        subject = {"channel": CHANNEL, "id": market}
        if request["type"] == "unsubscribe":
            client.unsubscribe([market])
            self._say(client, {"type": "unsubscribed"} | subject)
        elif refusal := self._refusal(client, request.get("channel"), market):
            self._say(client, {"type": "error", "message": refusal})
        else:
            client.form = "batched" if request.get("batched") else ""
            client.subscribe([market])
            trades = self._page(market, {"limit": str(SNAPSHOT_ROWS)})
            self._say(client, {"type": "subscribed"} | subject | {"contents": {"trades": trades}})

    def _refusal(self, client: Client, channel: object, market: str) -> str:
        if channel != CHANNEL:
            return f"Invalid channel: {channel}"
        if market not in self.contracts:
            return f"Invalid subscription id for channel: ({CHANNEL}-{market})"
        if market in client.topics:
            return f"Invalid subscribe message: already subscribed ({CHANNEL}-{market})"
        if len(client.topics) >= MARKETS_PER_SOCKET:
            return f"Per-connection subscription limit reached for {CHANNEL} (limit=32)."
        return ""

    def _say(self, client: Client, message: Mapping[str, object]) -> None:
        ids = {"connection_id": client.id, "message_id": next(self._message_ids)}
        client.send(to_json({**message, **ids}))

    def topics(self, contract: Contract) -> Sequence[str]:
        """The market's own id."""
        return (contract.instrument,)

    def frame(self, topic: str, form: str, rows: Sequence[Liquidation], now_ms: int) -> str:
        """Trades of a market, in a list of contents when batched."""
        return self._push(topic, form, [_trade(Numbered(self.sent.number(r), r)) for r in rows])

    def beside(self, client: Client, now_ms: int) -> Sequence[str]:
        """A trade that nobody was forced to."""
        if (one := self.ordinary_trade(client, now_ms)) is None:
            return ()
        return [self._push(one.row.instrument, client.form, [_trade(one, "LIMIT", 3)])]

    def _push(self, topic: str, form: str, trades: list[dict[str, object]]) -> str:
        is_batched = form == "batched"
        contents = {"trades": trades}
        return to_json(
            {
                "type": "channel_batch_data" if is_batched else "channel_data",
                "connection_id": "simulated",
                "message_id": next(self._message_ids),
                "id": topic,
                "channel": CHANNEL,
                "version": "2.1.0",
                "contents": [contents] if is_batched else contents,
            }
        )

    def answer(self, query: Query) -> Any:
        """Time, height, the markets, and the trades of one, newest first."""
        if query.path == "/v4/perpetualMarkets":
            return {
                "markets": {
                    name: self._listing(c, query.now_ms) for name, c in self.contracts.items()
                }
            }
        if query.path == "/v4/time":
            return {"iso": _iso(query.now_ms), "epoch": query.now_ms / 1000}
        if query.path == "/v4/height":
            return {"height": str(query.now_ms // BLOCK_MS), "time": _iso(query.now_ms)}
        market = unquote(query.path.removeprefix(_TRADES))
        if not query.path.startswith(_TRADES) or market not in self.contracts:
            return None
        return {"trades": self._page(market, query.values)}

    def _page(self, market: str, values: Mapping[str, str]) -> list[dict[str, object]]:
        """Return trades up to a height or time; one of another type is always the newest."""
        height = int(values.get("createdBeforeOrAtHeight", 2**50))
        page = min(int(values.get("limit", LARGEST_PAGE)), LARGEST_PAGE)
        until = min(_ms(values.get("createdBeforeOrAt", "")), (height + 1) * BLOCK_MS - 1)
        trades = []
        for one in self.sent.rows([market], end_ms=until, order="newest", limit=page):
            trades += [_trade(one, "LIMIT", 3), _trade(one)]
        return trades[:page]

    def _listing(self, contract: Contract, now_ms: int) -> dict[str, object]:
        price = self.market.price(contract, now_ms)
        return {
            "clobPairId": "0",
            "ticker": contract.instrument,
            "status": "ACTIVE",
            "marketType": "CROSS",
            "initialMarginFraction": "0.05",
            "maintenanceMarginFraction": "0.03",
            "openInterest": f"{self.market.open_base(contract, now_ms):.{contract.size_decimals}f}",
            "oraclePrice": f"{price:.{contract.price_decimals + 4}f}",
            "tickSize": f"{10.0**-contract.price_decimals:g}",
            "stepSize": f"{10.0**-contract.size_decimals:g}",
        }

    def read(self, message: Any) -> Recorded:
        """The liquidations among the trades of a push, batched or not."""
        contents = message["contents"]
        batch = contents if isinstance(contents, list) else [contents]
        trades = [t for part in batch for t in part["trades"] if t["type"] == "LIQUIDATED"]
        last = max(t["createdAt"] for part in batch for t in part["trades"])
        return Recorded(
            time_ms=round(datetime.fromisoformat(last).timestamp() * 1000),
            topics=frozenset((message["id"],)),
            instruments=frozenset((message["id"],)),
            events=len(trades),
            value_usd=sum(float(t["price"]) * float(t["size"]) for t in trades),
        )

    def contract_named(self, instrument: str) -> Contract | None:
        """`…-USD`."""
        name = re.fullmatch(r"([^,]+)(?:,.*)?-USD", instrument)
        return Contract(instrument, name[1], "USD", 7, 6, share=0.0) if name else None


def _trade(one: Numbered, kind: str = "LIQUIDATED", event: int = 2) -> dict[str, object]:
    row = one.row
    return {
        "id": f"{one.number:016x}{event:08x}",
        "side": "SELL" if row.side == "long" else "BUY",
        "size": row.size_text,
        "price": row.price_text,
        "type": kind,
        "createdAt": _iso(row.time_ms),
        "createdAtHeight": str(row.time_ms // BLOCK_MS),
    }


def _iso(time_ms: int) -> str:
    at = datetime.fromtimestamp(time_ms // 1000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{time_ms % 1000:03}Z"


def _ms(iso: str) -> int:
    """Return a time in epoch milliseconds; the far future for none."""
    try:
        return math.floor(datetime.fromisoformat(iso).timestamp() * 1000)
    except ValueError:
        return 1 << 62
