"""Gate: candles of trades and marks, contract statistics, risk limit tiers.

Source: https://www.gate.com/docs/developers/apiv4/en/#futures
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from exchanges.simulator.contracts import Contract
from exchanges.simulator.market_rest.base import STEP_MS, TIERS, MarketRest

if TYPE_CHECKING:
    from exchanges.simulator.venues.base import Candle, Query

LARGEST_PAGE, LARGEST_STATISTICS = 2000, 100
_PATH = re.compile(
    r"/api/v4/futures/(usdt|btc|usd1)/(candlesticks|contract_stats|risk_limit_tiers)"
)


class GateRest(MarketRest):
    """By settlement currency; times in seconds."""

    def answer(self, query: Query) -> Any:
        """Refuses a contract that is not listed."""
        if not (path := _PATH.fullmatch(query.path)):
            return None
        name = query.values.get("contract", "")
        contract = self.contract(name.removeprefix("mark_"), path[1])
        if contract is None or query.values.get("interval", "5m") != "5m":
            return {"label": "CONTRACT_NOT_FOUND", "message": f"{name} not found"}
        if path[2] == "candlesticks":
            return self._candles(contract, query, is_mark=name.startswith("mark_"))
        if path[2] == "contract_stats":
            return self._statistics(contract, query)
        return self._tiers(contract)

    def _candles(self, contract: Contract, query: Query, *, is_mark: bool) -> list[dict[str, Any]]:
        """Oldest first; both ends are included."""
        first, end = query.number("from", 0) * 1000, (query.number("to", 2**31) + 1) * 1000
        told = self.marks if is_mark else self.candles
        found = told(contract, first, end, query.now_ms, LARGEST_PAGE)
        return [_bar(one, is_mark=is_mark) for one in found]

    def _statistics(self, contract: Contract, query: Query) -> list[dict[str, object]]:
        """From a second on, oldest first; open interest of both sides together."""
        limit = min(query.number("limit", 30), LARGEST_STATISTICS)
        first = -(-query.number("from", 0) * 1000 // STEP_MS) * STEP_MS
        last = min(query.now_ms, first + (limit - 1) * STEP_MS)
        return [
            {
                "time": at // 1000,
                "open_interest": str(round(2 * self.open_size(contract, at))),
                "open_interest_usd": f"{2 * self.open_base(contract, at) * price:.4f}",
                "mark_price": f"{price:.12g}",
            }
            for at in range(first, last + 1, STEP_MS)
            if (price := self.price(contract, at))
        ]

    def _tiers(self, contract: Contract) -> list[dict[str, object]]:
        """In the currency of settlement."""
        coin = self.venue.price(contract) if contract.is_usd_sized else 1.0
        return [
            {
                "tier": number,
                "risk_limit": f"{cap / coin:.4f}",
                "initial_rate": f"{1 / leverage:g}",
                "maintenance_rate": f"{rate:g}",
                "leverage_max": str(leverage),
                "contract": contract.instrument,
                "deduction": f"{deduction / coin:.4f}",
            }
            for number, (cap, rate, leverage, deduction) in enumerate(TIERS, 1)
        ]


def _bar(one: Candle, *, is_mark: bool) -> dict[str, object]:
    """Volume in contracts; none of mark prices."""
    prices = {"o": one.open, "h": one.high, "l": one.low, "c": one.close}
    volumes = {} if is_mark else {"v": round(one.size), "sum": f"{one.quote:.4f}"}
    return {"t": one.opened_ms // 1000} | prices | volumes
