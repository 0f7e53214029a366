"""Bitget: candles of trades and marks, tickers, position tiers.

Sources: https://www.bitget.com/api-doc/uta/public/Get-Candle-Data
https://www.bitget.com/api-doc/uta/public/Tickers
https://www.bitget.com/api-doc/uta/public/Get-Position-Tier-Data
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchanges.simulator.contracts import Contract
from exchanges.simulator.market_rest.base import MONTH_MS, TIERS, MarketRest

if TYPE_CHECKING:
    from exchanges.simulator.venues.base import Query

LARGEST_PAGE = 1000


class BitgetRest(MarketRest):
    """Everything below `/api/v3/market`, by product line."""

    def answer(self, query: Query) -> Any:
        """Refuses what is not listed with 40034."""
        what = query.path.removeprefix("/api/v3/market/")
        if what not in ("candles", "tickers", "position-tier"):
            return None
        line = query.values.get("category", "").lower()
        if what == "tickers":
            return _result([self._ticker(one, query.now_ms) for one in self.listed(line)], query)
        if (contract := self.contract(query.values.get("symbol", ""), line)) is None:
            return _result(None, query, "40034", "Parameter symbol does not exist")
        return _result(
            self._tiers() if what != "candles" else self._candles(contract, query), query
        )

    def _candles(self, contract: Contract, query: Query) -> list[list[str]]:
        """Both ends are included, newest first; the volume is in base units."""
        told = self.marks if query.values.get("type") == "MARK" else self.candles
        limit = min(query.number("limit", 100), LARGEST_PAGE)
        first = max(query.number("startTime", 0), query.now_ms - MONTH_MS)
        end = query.number("endTime", query.now_ms) + 1
        found = told(contract, first, end, query.now_ms, limit)
        return [
            [str(o.opened_ms), o.open, o.high, o.low, o.close, f"{o.base:.8f}", f"{o.quote:.8f}"]
            for o in reversed(found)
        ]

    def _ticker(self, contract: Contract, now_ms: int) -> dict[str, str]:
        mark = f"{self.price(contract, now_ms):.{contract.price_decimals}f}"
        return {
            "category": contract.kind.upper(),
            "symbol": contract.instrument,
            "lastPrice": mark,
            "markPrice": mark,
            "openInterest": f"{self.open_base(contract, now_ms):.8f}",
        }

    def _tiers(self) -> list[dict[str, str]]:
        floors = (0.0, *(tier[0] for tier in TIERS))
        return [
            {
                "tier": str(number),
                "minTierValue": f"{floor:.0f}",
                "maxTierValue": f"{cap:.0f}",
                "leverage": str(leverage),
                "mmr": f"{rate:g}",
            }
            for number, (floor, (cap, rate, leverage, _)) in enumerate(
                zip(floors, TIERS, strict=False), 1
            )
        ]


def _result(
    data: object, query: Query, code: str = "00000", text: str = "success"
) -> dict[str, object]:
    return {"code": code, "msg": text, "requestTime": query.now_ms, "data": data}
