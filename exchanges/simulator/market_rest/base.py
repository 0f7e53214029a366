"""A venue's market data over REST; by itself it has none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from exchanges.simulator.contracts import Contract
from exchanges.simulator.prices import ASSETS

if TYPE_CHECKING:
    from exchanges.simulator.venues.base import Candle, Query, Venue

STEP_MS = 300_000
MONTH_MS = 30 * 86_400_000

TIERS = ((2e6, 0.005, 100, 0.0), (2e7, 0.01, 50, 1e4), (1e8, 0.025, 20, 3.1e5))
"""Each up to so many USD: maintenance rate, highest leverage, deduction in USD."""


class MarketRest:
    """Answers for one venue, in its form."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue

    def answer(self, query: Query) -> Any:
        """Return the JSON value of an answer; `None` for a path that is none of its own."""
        return None

    # What the venues' answers are made of.

    def contract(self, name: str, kind: str | None = None) -> Contract | None:
        """Return a listed contract, of this kind if one is named."""
        found = self.venue.contracts.get(name)
        return found if found and kind in (None, found.kind) else None

    def listed(self, kind: str | None = None) -> list[Contract]:
        """Return the contracts, of this kind if one is named."""
        return [one for one in self.venue.contracts.values() if kind in (None, one.kind)]

    def candles(
        self, contract: Contract, first_ms: int, end_ms: int, now_ms: int, most: int
    ) -> list[Candle]:
        """Return the last `most` candles opened in [first, end), oldest first."""
        return self.venue.newest_candles(contract, first_ms, end_ms, now_ms, most)

    def marks(
        self, contract: Contract, first_ms: int, end_ms: int, now_ms: int, most: int
    ) -> list[Candle]:
        """Return the same of mark prices."""
        return self.venue.newest_candles(contract, first_ms, end_ms, now_ms, most, is_mark=True)

    def moments(self, first_ms: int, last_ms: int, now_ms: int, most: int) -> Iterator[int]:
        """Yield the last `most` full five minutes in [first, last] and not after now, newest
        first."""
        newest = min(last_ms, now_ms) // STEP_MS * STEP_MS
        oldest = max(first_ms, newest - (most - 1) * STEP_MS)
        yield from range(newest, oldest - 1, -STEP_MS)

    def open_base(self, contract: Contract, at_ms: int) -> float:
        """Return what is open of a contract at a moment: base units, one side."""
        whole = self.venue.chart.open_interest(contract.asset, at_ms / 1000)
        return whole * self.venue.parts.get(contract.instrument, 0.0)

    def open_size(self, contract: Contract, at_ms: int) -> float:
        """Return the same in the unit of the wire."""
        price = self.price(contract, at_ms)
        return contract.size_of(price, self.open_base(contract, at_ms) * price)

    def price(self, contract: Contract, at_ms: int) -> float:
        """Return where the mark price is at a moment."""
        if contract.asset not in ASSETS:
            return self.venue.price(contract)
        return self.venue.chart.mark(contract.asset, at_ms / 1000) * (1 + contract.basis)
