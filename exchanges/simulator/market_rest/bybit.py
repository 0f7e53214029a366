"""Bybit: klines of trades and marks, open interest now and before, risk limits.

Sources: https://bybit-exchange.github.io/docs/v5/market/kline
https://bybit-exchange.github.io/docs/v5/market/mark-kline
https://bybit-exchange.github.io/docs/v5/market/open-interest
https://bybit-exchange.github.io/docs/v5/market/tickers
https://bybit-exchange.github.io/docs/v5/market/risk-limit
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from exchanges.simulator.contracts import Contract
from exchanges.simulator.market_rest.base import TIERS, MarketRest

if TYPE_CHECKING:
    from exchanges.simulator.venues.base import Candle, Query

INVERSE = "inverse"
LARGEST_PAGE, LARGEST_INTERESTS = 1000, 200


class BybitRest(MarketRest):
    """Everything below `/v5/market`, by category."""

    def answer(self, query: Query) -> Any:
        """Refuses what is not listed with 10001."""
        answers: dict[str, Callable[[Query, Contract], object]] = {
            "kline": self._klines,
            "mark-price-kline": self._marks,
            "open-interest": self._interests,
            "risk-limit": self._limits,
        }
        what = query.path.removeprefix("/v5/market/")
        category = query.values.get("category", "linear")
        if what == "tickers":
            rows = [self._ticker(one, query.now_ms) for one in self.listed(category)]
            return _result({"category": category, "list": rows}, query)
        if what not in answers:
            return None
        contract = self.contract(query.values.get("symbol", ""), category)
        is_step = query.values.get("interval", "5") == "5"
        if not (contract and is_step and query.values.get("intervalTime", "5min") == "5min"):
            return _result({}, query, 10001, "params error: symbol or interval invalid")
        head = {"category": category, "symbol": contract.instrument}
        return _result(head | {"list": answers[what](query, contract)}, query)

    def _klines(self, query: Query, contract: Contract) -> list[list[str]]:
        """The newest from `start` to `end`, newest first; turnover of inverse ones in base."""
        rows = []
        for one in self._page(query, contract, self.candles):
            turnover = one.base if contract.kind == INVERSE else one.quote
            rows.append(
                [*_prices(one), f"{one.size:.{contract.size_decimals}f}", f"{turnover:.8f}"]
            )
        return rows

    def _marks(self, query: Query, contract: Contract) -> list[list[str]]:
        return [_prices(one) for one in self._page(query, contract, self.marks)]

    def _page(
        self, query: Query, contract: Contract, told: Callable[..., list[Candle]]
    ) -> list[Candle]:
        limit = min(query.number("limit", 200), LARGEST_PAGE)
        end_ms = query.number("end", query.now_ms) + 1
        found = told(contract, query.number("start", 0), end_ms, query.now_ms, limit)
        return found[::-1]

    def _interests(self, query: Query, contract: Contract) -> list[dict[str, str]]:
        """Both sides together, and one."""
        limit = min(query.number("limit", 50), LARGEST_INTERESTS)
        first, last = query.number("startTime", 0), query.number("endTime", query.now_ms)
        moments = self.moments(first, last, query.now_ms, limit)
        return [self._interest(contract, at) | {"timestamp": str(at)} for at in moments]

    def _interest(self, contract: Contract, at_ms: int) -> dict[str, str]:
        size = self.open_size(contract, at_ms)
        return {"openInterest": f"{2 * size:.8f}", "singleOpenInterest": f"{size:.8f}"}

    def _ticker(self, contract: Contract, now_ms: int) -> dict[str, str]:
        mark = f"{self.price(contract, now_ms):.{contract.price_decimals}f}"
        own = {"symbol": contract.instrument, "markPrice": mark, "lastPrice": mark}
        return own | self._interest(contract, now_ms)

    def _limits(self, query: Query, contract: Contract) -> list[dict[str, object]]:
        """Limits of inverse contracts are in base units, and so are their deductions."""
        coin = self.venue.price(contract) if contract.kind == INVERSE else 1.0
        return [
            {
                "id": number,
                "symbol": contract.instrument,
                "riskLimitValue": f"{round(cap / coin, 4):g}",
                "maintenanceMargin": f"{rate:g}",
                "initialMargin": f"{1 / leverage:g}",
                "isLowestRisk": int(number == 1),
                "maxLeverage": f"{leverage}.00",
                "mmDeduction": f"{deduction / coin:g}" if deduction else "",
            }
            for number, (cap, rate, leverage, deduction) in enumerate(TIERS, 1)
        ]


def _prices(one: Candle) -> list[str]:
    return [str(one.opened_ms), one.open, one.high, one.low, one.close]


def _result(
    result: dict[str, object], query: Query, code: int = 0, text: str = "OK"
) -> dict[str, object]:
    return {
        "retCode": code,
        "retMsg": text,
        "result": result,
        "retExtInfo": {},
        "time": query.now_ms,
    }
