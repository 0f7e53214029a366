"""Deribit: chart data and book summaries; no mark price history of futures.

Sources: https://docs.deribit.com/api-reference/market-data/public-get_tradingview_chart_data
https://docs.deribit.com/api-reference/market-data/public-get_book_summary_by_currency
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchanges.simulator.contracts import Contract
from exchanges.simulator.market_rest.base import MarketRest

if TYPE_CHECKING:
    from exchanges.simulator.venues.base import Query

LARGEST_PAGE = 5000


class DeribitRest(MarketRest):
    """JSON-RPC answers below `/api/v2/public`."""

    def answer(self, query: Query) -> Any:
        """Candles as columns, oldest first; what is open in USD of inverse futures."""
        match query.path.removeprefix("/api/v2/public/"):
            case "get_tradingview_chart_data":
                return self._chart(query)
            case "get_mark_price_history":
                return _result([])
            case "get_book_summary_by_currency":
                found = self.listed(query.values.get("currency"))
                return _result([self._summary(one, query.now_ms) for one in found])
        return None

    def _chart(self, query: Query) -> object:
        contract = self.contract(query.values.get("instrument_name", ""))
        if contract is None or query.values.get("resolution") != "5":
            return {"jsonrpc": "2.0", "error": {"code": -32602, "message": "Invalid params"}}
        first = query.number("start_timestamp", 0)
        end = query.number("end_timestamp", query.now_ms) + 1
        found = self.candles(contract, first, end, query.now_ms, LARGEST_PAGE)
        columns = {
            name: [float(getattr(one, name)) for one in found]
            for name in ("open", "high", "low", "close")
        }
        return _result(
            columns
            | {
                "ticks": [one.opened_ms for one in found],
                "volume": [one.base for one in found],
                "cost": [one.quote for one in found],
                "status": "ok" if found else "no_data",
            }
        )

    def _summary(self, contract: Contract, now_ms: int) -> dict[str, object]:
        base, price = self.open_base(contract, now_ms), self.price(contract, now_ms)
        return {
            "instrument_name": contract.instrument,
            "base_currency": contract.asset,
            "quote_currency": contract.quote,
            "open_interest": round(base * price if contract.is_usd_sized else base, 8),
            "mark_price": round(price, contract.price_decimals),
            "creation_timestamp": now_ms,
        }


def _result(result: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "result": result, "testnet": False}
