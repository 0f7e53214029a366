"""Contracts with their rules: instrument id -> symbol, contract size -> base units and USD."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from exchanges.events import SizeUnit

# One unit of these counts as one US dollar: the field's convention for notional value.
DOLLARS = frozenset({"USD", "USDT", "USDC", "FDUSD", "BUSD", "TUSD", "USD1", "USDE", "USDS"})

# Venues' own names for the same base asset.
BASE_ALIASES = {"XBT": "BTC"}


class Instrument(msgspec.Struct, frozen=True):
    """A contract of one venue.

    `contract_size` is in base units for a linear contract and in USD for an inverse one;
    None when the venue has not told it.
    """

    instrument_id: str
    base: str
    quote: str
    contract_size: float | None = 1.0
    is_inverse: bool = False

    @property
    def symbol(self) -> str:
        """Our name, the same on all venues: base and quote, e.g. `BTCUSDT`."""
        return BASE_ALIASES.get(self.base, self.base) + self.quote

    def measure(
        self, raw_size: float, unit: SizeUnit, price: float
    ) -> tuple[float | None, float | None]:
        """Return (quantity in base units, value in USD) of a size the venue stated.

        A quote that is no dollar has no USD value; an unknown contract size has neither.
        """
        if unit == "quote":
            quantity: float | None = raw_size / price
        elif unit == "base":
            quantity = raw_size
        elif self.contract_size is None:
            return None, None
        elif self.is_inverse:
            value = raw_size * self.contract_size
            return value / price, value
        else:
            quantity = raw_size * self.contract_size
        value_usd = quantity * price if quantity is not None else None
        return quantity, value_usd if self.quote in DOLLARS else None


class Instruments(dict[str, Instrument]):
    """A venue's contracts by instrument id, with the last mark price seen of each.

    `marks` is in quote units per base unit; the feed fills it from the venue's own pushes.
    """

    def __init__(self, instruments: Iterable[Instrument] = ()) -> None:
        super().__init__((i.instrument_id, i) for i in instruments)
        self.marks: dict[str, float] = {}
        self._keepers: dict[str, object] = {}

    def mark(self, instrument_id: str, price: float, keeper: object) -> None:
        """Note a mark price, and which connection keeps it current."""
        self.marks[instrument_id] = price
        self._keepers[instrument_id] = keeper

    def forget_marks(self, keeper: object) -> None:
        """Forget the marks that this connection kept current, and no other does."""
        for instrument_id in [name for name, kept in self._keepers.items() if kept is keeper]:
            del self._keepers[instrument_id]
            self.marks.pop(instrument_id, None)

    def replace(self, listed: Instruments) -> None:
        """Hold these contracts and no others; marks stay."""
        self.clear()
        self.update(listed)
