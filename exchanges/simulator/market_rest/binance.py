"""Binance: klines of trades and marks, open interest statistics of the last month.

Sources: https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api
(Kline-Candlestick-Data, Mark-Price-Kline-Candlestick-Data, Open-Interest-Statistics)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchanges.simulator.contracts import Contract
from exchanges.simulator.market_rest.base import MONTH_MS, STEP_MS, MarketRest

if TYPE_CHECKING:
    from exchanges.simulator.venues.base import Candle, Query

LARGEST_PAGE, LARGEST_STATISTICS = 1500, 500
KINDS = {"fapi": "UM", "dapi": "CM"}


class BinanceRest(MarketRest):
    """USD-M below `/fapi`, COIN-M below `/dapi`; statistics below `/futures/data` of both hosts."""

    def answer(self, query: Query) -> Any:
        """Klines, and open interest of the last month."""
        if query.path == "/futures/data/openInterestHist":
            return self._statistics(query)
        api, _, what = query.path.removeprefix("/").partition("/v1/")
        if api not in KINDS or what not in ("klines", "markPriceKlines"):
            return None
        return self._klines(query, is_mark=what == "markPriceKlines")

    def _klines(self, query: Query, *, is_mark: bool) -> object:
        """From `startTime` on the oldest, without it the newest up to `endTime`."""
        contract = self.contract(query.values.get("symbol", ""))
        if contract is None or query.values.get("interval") != "5m":
            return {"code": -1121, "msg": "Invalid symbol."}
        limit = min(query.number("limit", 500), LARGEST_PAGE)
        end_ms = query.number("endTime", query.now_ms) + 1
        first_ms = query.number("startTime", 0)
        if first_ms:
            end_ms = min(end_ms, first_ms + limit * STEP_MS)
        told = self.marks if is_mark else self.candles
        found = told(contract, first_ms, end_ms, query.now_ms, limit)
        return [_kline(contract, candle, is_mark=is_mark) for candle in found]

    def _statistics(self, query: Query) -> object:
        """By symbol (USD-M) or by pair and kind (COIN-M), oldest first."""
        pair = query.values.get("pair")
        contract = self.contract(f"{pair}_PERP" if pair else query.values.get("symbol", ""))
        if contract is None or query.values.get("period") != "5m":
            return {"code": -1121, "msg": "Invalid symbol."}
        first_ms = query.number("startTime", 0)
        if first_ms and first_ms < query.now_ms - MONTH_MS:
            return {"code": -1130, "msg": "parameter 'startTime' is invalid."}
        limit = min(query.number("limit", 30), LARGEST_STATISTICS)
        last_ms = query.number("endTime", query.now_ms)
        moments = self.moments(first_ms, last_ms, query.now_ms, limit)
        return [self._statistic(contract, at) for at in reversed(list(moments))]

    def _statistic(self, contract: Contract, at_ms: int) -> dict[str, object]:
        base, price = self.open_base(contract, at_ms), self.price(contract, at_ms)
        is_coin = contract.kind == KINDS["dapi"]
        name = {"pair": contract.instrument.partition("_")[0], "contractType": "PERPETUAL"}
        return (name if is_coin else {"symbol": contract.instrument}) | {
            "sumOpenInterest": f"{self.open_size(contract, at_ms) if is_coin else base:.8f}",
            "sumOpenInterestValue": f"{base if is_coin else base * price:.8f}",
            "timestamp": at_ms,
        }


def _kline(contract: Contract, candle: Candle, *, is_mark: bool) -> list[object]:
    """Volume in contracts and then in base units for COIN-M, in base and quote for USD-M; none of
    mark prices."""
    other = candle.base if contract.kind == KINDS["dapi"] else candle.quote
    size, other = (0.0, 0.0) if is_mark else (candle.size, other)
    return [
        candle.opened_ms,
        candle.open,
        candle.high,
        candle.low,
        candle.close,
        f"{size:.{contract.size_decimals}f}",
        candle.opened_ms + STEP_MS - 1,
        f"{other:.8f}",
        1000,
        f"{size / 2:.{contract.size_decimals}f}",
        f"{other / 2:.8f}",
        "0",
    ]
