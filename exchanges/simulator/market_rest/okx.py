"""OKX: candles of trades and marks, open interest now and of five days, position tiers.

Sources: https://www.okx.com/docs-v5/en/#order-book-trading-market-data-get-candlesticks-history
https://www.okx.com/docs-v5/en/#public-data-rest-api-get-mark-price-candlesticks-history
https://www.okx.com/docs-v5/en/#trading-statistics-rest-api-get-contract-open-interest-history
https://www.okx.com/docs-v5/en/#public-data-rest-api-get-open-interest
https://www.okx.com/docs-v5/en/#public-data-rest-api-get-position-tiers
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchanges.simulator.contracts import Contract
from exchanges.simulator.market_rest.base import STEP_MS, TIERS, MarketRest

if TYPE_CHECKING:
    from exchanges.simulator.venues.base import Candle, Query

LARGEST_PAGE, RECENT_CANDLES, MOST_FAMILIES = 100, 1440, 5


class OkxRest(MarketRest):
    """Everything below `/api/v5`."""

    def answer(self, query: Query) -> Any:
        """Errors come in a 200, with a code."""
        what = query.path.removeprefix("/api/v5/")
        if what in ("market/candles", "market/history-candles"):
            return self._candles(query, is_mark=False, is_recent="history" not in what)
        if what in ("market/mark-price-candles", "market/history-mark-price-candles"):
            return self._candles(query, is_mark=True, is_recent="history" not in what)
        if what == "rubik/stat/contracts/open-interest-history":
            return self._past(query)
        if what == "public/open-interest":
            found = self.listed(query.values.get("instType"))
            return _result([self._now(one, query.now_ms) for one in found])
        return self._tiers(query) if what == "public/position-tiers" else None

    def _candles(self, query: Query, *, is_mark: bool, is_recent: bool) -> object:
        """The newest before `after` and behind `before`; the recent have the one not closed."""
        contract = self.contract(query.values.get("instId", ""))
        if contract is None or query.values.get("bar") != "5m":
            return _wrong("instId" if contract is None else "bar")
        first_ms, end_ms = query.number("before", 0) + 1, query.number("after", query.now_ms + 1)
        if is_recent:
            first_ms = max(first_ms, query.now_ms - RECENT_CANDLES * STEP_MS)
        limit = min(query.number("limit", LARGEST_PAGE), LARGEST_PAGE)
        told = self.marks if is_mark else self.candles
        found = told(contract, first_ms, end_ms, query.now_ms, limit)
        rows = [one for one in reversed(found) if is_recent or one.is_closed]
        return _result([_bar(one, is_mark=is_mark) for one in rows])

    def _past(self, query: Query) -> object:
        """Neither `begin` nor `end` is included."""
        contract = self.contract(query.values.get("instId", ""))
        if contract is None or query.values.get("period") != "5m":
            return _wrong("instId" if contract is None else "period")
        first = max(query.number("begin", 0) + 1, query.now_ms - RECENT_CANDLES * STEP_MS)
        last = query.number("end", query.now_ms + 1) - 1
        limit = min(query.number("limit", LARGEST_PAGE), LARGEST_PAGE)
        moments = self.moments(first, last, query.now_ms, limit)
        return _result([[str(at), *self._open(contract, at)] for at in moments])

    def _now(self, contract: Contract, now_ms: int) -> dict[str, str]:
        size, base, value = self._open(contract, now_ms)
        told = {"oi": size, "oiCcy": base, "oiUsd": value, "ts": str(now_ms)}
        return {"instType": contract.kind, "instId": contract.instrument} | told

    def _open(self, contract: Contract, at_ms: int) -> tuple[str, str, str]:
        base = self.open_base(contract, at_ms)
        size, value = self.open_size(contract, at_ms), base * self.price(contract, at_ms)
        return f"{size:.8f}", f"{base:.8f}", f"{value:.8f}"

    def _tiers(self, query: Query) -> object:
        """Of up to five families; sizes in contracts, the rate holds for the whole position."""
        families = query.values.get("instFamily", "").split(",")
        if len(families) > MOST_FAMILIES or query.values.get("tdMode") not in ("cross", "isolated"):
            return _wrong("instFamily")
        names = [f"{family}-SWAP" for family in families]
        found = [one for one in map(self.contract, names) if one]
        return _result([tier for one in found for tier in self._ladder(one)])

    def _ladder(self, contract: Contract) -> list[dict[str, str]]:
        price, floor, rows = self.venue.price(contract), 0, []
        for number, (cap, rate, leverage, _) in enumerate(TIERS, 1):
            size = round(contract.size_of(price, cap))
            rows.append(
                {
                    "instFamily": contract.instrument.rpartition("-")[0],
                    "uly": contract.instrument.rpartition("-")[0],
                    "instId": "",
                    "tier": str(number),
                    "minSz": str(floor),
                    "maxSz": str(size),
                    "mmr": f"{rate:g}",
                    "imr": f"{1 / leverage:g}",
                    "maxLever": str(leverage),
                }
            )
            floor = size + 1
        return rows


def _bar(one: Candle, *, is_mark: bool) -> list[str]:
    """Volumes in contracts, base units and quote units; none of mark prices."""
    prices = [str(one.opened_ms), one.open, one.high, one.low, one.close]
    volumes = [f"{volume:.8f}" for volume in (one.size, one.base, one.quote)]
    return [*prices, *([] if is_mark else volumes), "1" if one.is_closed else "0"]


def _result(data: list[Any]) -> dict[str, object]:
    return {"code": "0", "data": data, "msg": ""}


def _wrong(name: str) -> dict[str, object]:
    return {"code": "51000", "data": [], "msg": f"Parameter {name} error"}
