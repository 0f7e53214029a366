"""dYdX: candles that also tell open interest.

Source: https://docs.dydx.xyz/indexer-client/http
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from exchanges.simulator.contracts import Contract
from exchanges.simulator.market_rest.base import MarketRest

if TYPE_CHECKING:
    from exchanges.simulator.venues.base import Candle, Query

LARGEST_PAGE = 1000
_CANDLES = "/v4/candles/perpetualMarkets/"


class DydxRest(MarketRest):
    """The indexer's candles."""

    def answer(self, query: Query) -> Any:
        """Newest first; `toISO` is not included."""
        contract = self.contract(unquote(query.path.removeprefix(_CANDLES)))
        if not query.path.startswith(_CANDLES) or contract is None:
            return None
        if query.values.get("resolution") != "5MINS":
            return {"errors": [{"msg": "resolution must be a valid Candle Resolution"}]}
        first, end = _ms(query.values.get("fromISO"), 0), _ms(query.values.get("toISO"), 2**50)
        limit = min(query.number("limit", 100), LARGEST_PAGE)
        found = self.candles(contract, first, end, query.now_ms, limit)
        return {"candles": [self._candle(contract, one) for one in reversed(found)]}

    def _candle(self, contract: Contract, one: Candle) -> dict[str, object]:
        at = datetime.fromtimestamp(one.opened_ms / 1000, UTC)
        return {
            "startedAt": f"{at:%Y-%m-%dT%H:%M:%S.000Z}",
            "ticker": contract.instrument,
            "resolution": "5MINS",
            "low": one.low,
            "high": one.high,
            "open": one.open,
            "close": one.close,
            "baseTokenVolume": f"{one.base:.8f}",
            "usdVolume": f"{one.quote:.4f}",
            "trades": 100,
            "startingOpenInterest": f"{self.open_base(contract, one.opened_ms):.8f}",
        }


def _ms(iso: str | None, default: int) -> int:
    try:
        return round(datetime.fromisoformat(iso or "").timestamp() * 1000)
    except ValueError:
        return default
