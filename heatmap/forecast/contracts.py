"""Which contract of an exchange a symbol is, and what must be known of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from exchanges.adapters.market.base import perpetuals
from exchanges.events import Completeness
from exchanges.venue import Venue

Pair = tuple[str, str]


@dataclass(frozen=True)
class Contract:
    """The perpetual of a symbol on an exchange."""

    exchange: str
    symbol: str
    completeness: Completeness
    """Of the exchange's feed of liquidations."""
    contract_size: float = 1.0
    """In base units (inverse: USD)."""
    is_inverse: bool = False
    has_marks: bool = True
    """Whether the exchange tells how far its mark price went."""

    @property
    def pair(self) -> Pair:
        """Exchange and symbol."""
        return self.exchange, self.symbol


def contracts_of(venues: Mapping[str, Venue], symbols: Sequence[str]) -> Iterator[Contract]:
    """Yield the contracts of these symbols on the venues that publish candles."""
    for venue in venues.values():
        market = venue.adapter.market
        if market.candle_source is None:
            continue
        for symbol, instrument in perpetuals(venue.instruments, symbols).items():
            yield Contract(
                venue.name,
                symbol,
                venue.adapter.completeness,
                instrument.contract_size or 1.0,
                instrument.is_inverse,
                market.mark_source is not None,
            )
