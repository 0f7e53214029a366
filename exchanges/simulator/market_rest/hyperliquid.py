"""Hyperliquid: candles, contexts of all coins, margin tables, accounts.

All requests are weighed as there, answers with many rows at their least weight. Beyond the budget
only questions for accounts are refused: they are what has to leave room for the others.

Sources: https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint
https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/rate-limits-and-user-limits
https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint/perpetuals
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from exchanges.simulator.contracts import Contract
from exchanges.simulator.errors import AskedTooOften
from exchanges.simulator.market_rest.base import STEP_MS, MarketRest
from exchanges.simulator.market_rest.hyperliquid_accounts import ADDRESS, Accounts, Budget

if TYPE_CHECKING:
    from exchanges.simulator.venues.base import Candle, Query, Venue

MOST_CANDLES = 5000
TIERED, TIERED_ID, PLAIN_LEVERAGE = ("BTC", "ETH"), 56, 20


class HyperliquidRest(MarketRest):
    """`POST /info`, by its `type`, and the leaderboard, which is a file."""

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self.accounts = Accounts(venue)
        self._budget = Budget()

    def answer(self, query: Query) -> Any:
        """A dex that is named has no contracts. Raises AskedTooOften."""
        if query.path == "/Mainnet/leaderboard":
            return self.accounts.leaderboard()
        try:
            asked: Any = json.loads(query.body) if query.path == "/info" else None
        except ValueError:
            asked = None
        match asked:
            case {"type": str(kind)} if not self._budget.takes(kind, query.now_ms):
                if kind == "clearinghouseState":
                    raise AskedTooOften("1200 units of weight a minute are spent")
        match asked:
            case {"type": "clearinghouseState", "user": str(user)} if ADDRESS.fullmatch(user):
                return self.accounts.state("" if asked.get("dex") else user, query.now_ms)
            case {"type": "meta"}:
                return self._meta([] if asked.get("dex") else self.listed())
            case {"type": "metaAndAssetCtxs"}:
                listed = [] if asked.get("dex") else self.listed()
                return [self._meta(listed), [self._context(one, query.now_ms) for one in listed]]
            case {"type": "candleSnapshot", "req": {"coin": coin, "interval": "5m"}}:
                return self._candles(str(coin), asked["req"], query.now_ms)
        return None

    def _meta(self, contracts: list[Contract]) -> dict[str, object]:
        tiers = [
            {"lowerBound": "0.0", "maxLeverage": 40},
            {"lowerBound": "150000000.0", "maxLeverage": 20},
        ]
        table = {"description": "tiered 40x", "marginTiers": tiers}
        plain = {"lowerBound": "0.0", "maxLeverage": PLAIN_LEVERAGE}
        own = {"description": "", "marginTiers": [plain]}
        return {
            "universe": [_listing(contract) for contract in contracts],
            "marginTables": [[PLAIN_LEVERAGE, own], [TIERED_ID, table]],
        }

    def _context(self, contract: Contract, now_ms: int) -> dict[str, object]:
        mark = f"{self.price(contract, now_ms):.{contract.price_decimals}f}"
        size = f"{self.open_size(contract, now_ms):.{contract.size_decimals}f}"
        return {"funding": "0.0000125", "openInterest": size, "markPx": mark, "oraclePx": mark}

    def _candles(self, coin: str, asked: dict[str, Any], now_ms: int) -> list[dict[str, object]]:
        """Both ends are included; there are no more than the newest 5000, counted from now."""
        if (contract := self.contract(coin)) is None:
            return []
        oldest = now_ms - MOST_CANDLES * STEP_MS
        first, last = int(asked.get("startTime", 0)), int(asked.get("endTime") or now_ms)
        found = self.candles(contract, max(first, oldest), last + 1, now_ms, MOST_CANDLES)
        return [_bar(contract, one) for one in found]


def _bar(contract: Contract, one: Candle) -> dict[str, object]:
    return {
        "t": one.opened_ms,
        "T": one.opened_ms + STEP_MS - 1,
        "s": contract.instrument,
        "i": "5m",
        "o": one.open,
        "c": one.close,
        "h": one.high,
        "l": one.low,
        "v": f"{one.size:.{contract.size_decimals}f}",
        "n": 100,
    }


def _listing(contract: Contract) -> dict[str, object]:
    is_tiered = contract.instrument in TIERED
    return {
        "szDecimals": contract.size_decimals,
        "name": contract.instrument,
        "maxLeverage": 40 if is_tiered else PLAIN_LEVERAGE,
        "marginTableId": TIERED_ID if is_tiered else PLAIN_LEVERAGE,
    }
