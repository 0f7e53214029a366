"""What the simulated venues list (`Contract`) and what happened there (`Liquidation`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

Side = Literal["long", "short"]
"""The POSITION that was closed."""


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract under the venue's own name.

    A unit of size on the wire is `unit` of the base asset, or `unit` USD when `is_usd_sized`.
    """

    instrument: str
    asset: str
    quote: str = "USDT"
    price_decimals: int = 4
    size_decimals: int = 1
    unit: float = 1.0
    is_usd_sized: bool = False
    kind: str = ""
    """The venue's own division, when it has one (market, settlement, delivery)."""
    basis: float = 0.0
    """How far its price lies above the asset's, as a fraction."""
    share: float = 1.0
    """Of the asset's liquidations on this venue, against its other contracts; 0: never."""

    def value_usd(self, price: float, size: float) -> float:
        """Return the notional of a size on the wire."""
        return size * self.unit if self.is_usd_sized else price * size * self.unit

    def size_of(self, price: float, value_usd: float) -> float:
        """Return the nearest size the venue could send for a notional, at least one step."""
        size = value_usd / self.unit if self.is_usd_sized else value_usd / (price * self.unit)
        return max(round(size, self.size_decimals), 10.0**-self.size_decimals)


@dataclass(frozen=True, slots=True)
class Liquidation:
    """The truth about one liquidation; `price` is the one this venue states, `size` its unit."""

    exchange: str
    contract: Contract
    side: Side
    price: float
    size: float
    time_ms: int

    @property
    def instrument(self) -> str:
        """The venue's own name of the contract."""
        return self.contract.instrument

    @property
    def value_usd(self) -> float:
        """The notional."""
        return self.contract.value_usd(self.price, self.size)

    @property
    def quantity(self) -> float:
        """The size in base units."""
        return self.value_usd / self.price

    @property
    def price_text(self) -> str:
        """The price as the venue writes it."""
        return self.price_as_text(self.price)

    @property
    def size_text(self) -> str:
        """The size as the venue writes it."""
        return f"{self.size:.{self.contract.size_decimals}f}"

    def price_as_text(self, price: float) -> str:
        """Return another price (an order's, say) written on this contract's grid."""
        return f"{price:.{self.contract.price_decimals}f}"


def delivery_ms(day: str, form: str) -> int | None:
    """Return 08:00 UTC of the day in a contract's name, when venues deliver; None for no day."""
    try:
        ending = datetime.strptime(day, form)
    except ValueError:
        return None
    return int(ending.replace(hour=8, tzinfo=UTC).timestamp() * 1000)
