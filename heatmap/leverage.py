"""Which leverage tiers are known of a contract: those that its venue told, or a shipped table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf

from heatmap.zone_queries import TierRow, leverage_tiers
from heatmap.zones import binance_tiers
from heatmap.zones.tiers import LeverageTier, TierTable, continuous, stepped

# The rate of a tier is that of the whole position.
STEPPED = ("okx",)


class UnknownTiers(Exception):
    """Leverage tiers that are not known, or cannot be used; the text says which and why."""


@dataclass(frozen=True)
class KnownTiers:
    """The tiers of one symbol on one exchange, where they are from, and of when."""

    exchange: str
    table: TierTable
    unit: str
    """Of floors, caps and deductions: usd or base."""
    source: str
    told_at: datetime | None
    """None for a shipped table, whose `source` says its date."""

    def at_price(self, price: float) -> TierTable:
        """Return the tiers in USD, at a price of the contract."""
        if self.unit == "usd":
            return self.table
        return TierTable(
            tuple(
                LeverageTier(
                    tier.floor * price,
                    tier.cap * price,
                    tier.maintenance_rate,
                    tier.max_leverage,
                    tier.deduction * price,
                )
                for tier in self.table.tiers
            )
        )


def known_tiers(exchange: str, symbol: str) -> KnownTiers:
    """Return the tiers of a contract. Raises UnknownTiers and StoreUnavailable."""
    if rows := leverage_tiers(exchange, symbol):
        try:
            table = _table(exchange, rows)
        except ValueError as error:
            said = f"The tiers that {exchange} told of {symbol} cannot be used. {error}"
            raise UnknownTiers(said) from error
        return KnownTiers(exchange, table, rows[0].unit, "told by the venue", rows[0].told_at)
    if exchange == "binance" and symbol in binance_tiers.SHIPPED:
        source = f"shipped table of {binance_tiers.DATE}: {binance_tiers.SOURCE}"
        return KnownTiers(exchange, binance_tiers.SHIPPED[symbol], "usd", source, None)
    raise UnknownTiers(f"No leverage tiers of {symbol} on {exchange} are known.")


def _table(exchange: str, rows: Sequence[TierRow]) -> TierTable:
    """Return the tiers as told; where deductions are not, by the venue's rule."""
    if all(row.deduction is not None for row in rows):
        return TierTable(
            tuple(
                LeverageTier(
                    row.floor, _cap(row), row.maintenance_rate, row.max_leverage, row.deduction or 0
                )
                for row in rows
            )
        )
    told = [(_cap(row), row.maintenance_rate, row.max_leverage) for row in rows]
    return stepped(told) if exchange in STEPPED else continuous(told)


def _cap(row: TierRow) -> float:
    return inf if row.cap is None else row.cap
