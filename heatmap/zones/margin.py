"""Prices at which positions are liquidated and bankrupt, linear and inverse, isolated and cross.

A position is liquidated where its equity falls to its maintenance margin, which the venues value
at the mark price. With s = +1 for longs and -1 for shorts:

    linear    M + s*q*(P - E)     = q*P*(m + f) - c
    inverse   M + s*q*(1/E - 1/P) = q/P*(m + f) - c

q quantity, E entry, M margin, m maintenance rate, f fee rate that the test counts, c deduction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import ArrayLike, NDArray

from heatmap.zones.grid import LONG
from heatmap.zones.tiers import LeverageTier, TierTable


@dataclass(frozen=True)
class Position:
    """A position and the margin that answers for it.

    `quantity` is positive, in base units (inverse: USD); `margin` is in quote units (inverse: in
    coin).
    """

    side: int
    """grid.LONG or grid.SHORT."""
    quantity: float
    entry: float
    margin: float
    is_inverse: bool = False

    @property
    def sign(self) -> int:
        """+1 for a long, -1 for a short."""
        return 1 if self.side == LONG else -1

    def notional(self, price: float) -> float:
        """Return its size at a price, in the currency of the margin."""
        return self.quantity / price if self.is_inverse else self.quantity * price

    def equity(self, price: float) -> float:
        """Return its margin and what it has gained at a price."""
        moved = 1 / self.entry - 1 / price if self.is_inverse else price - self.entry
        return self.margin + self.sign * self.quantity * moved


def isolated(
    side: int, quantity: float, entry: float, leverage: float, *, is_inverse: bool = False
) -> Position:
    """Return a position whose margin is its notional at entry over its leverage."""
    bare = Position(side, quantity, entry, 0.0, is_inverse)
    return Position(side, quantity, entry, bare.notional(entry) / leverage, is_inverse)


def cross(
    bare: Position, wallet: float, other_gain: float = 0.0, other_maintenance: float = 0.0
) -> Position:
    """Return a position for which the whole account answers, less what its others demand."""
    margin = wallet + other_gain - other_maintenance
    return Position(bare.side, bare.quantity, bare.entry, margin, bare.is_inverse)


def liquidation_price(
    position: Position, tier: LeverageTier, fee_rate: float = 0.0
) -> float | None:
    """Return where one tier would liquidate the position; None where no price does."""
    sign, quantity = position.sign, position.quantity
    rate = tier.maintenance_rate + fee_rate
    owned = position.margin + tier.deduction
    if position.is_inverse:
        return _positive(quantity * (sign + rate), owned + sign * quantity / position.entry)
    return _positive(sign * quantity * position.entry - owned, quantity * (sign - rate))


def solve(
    position: Position, tiers: TierTable, fee_rate: float = 0.0, mark: float | None = None
) -> float | None:
    """Return the liquidation price under the tier that holds there; None where no price does.

    The tiers are met in the order in which the price meets them on its way from `mark` (the entry
    when not told) to the position's loss. Where maintenance jumps at the edge of a tier, the edge
    may be the answer; a position that is due at `mark` has the answer `mark`.
    """
    for tier, nearest, farthest in _on_the_way(position, tiers, mark or position.entry):
        price = liquidation_price(position, tier, fee_rate)
        if price is None:
            continue
        # Longs lose downwards, shorts upwards: beyond is later on the way.
        if (price - nearest) * position.sign >= 0:
            return nearest
        if (price - farthest) * position.sign >= 0:
            return price
    return None


def _on_the_way(
    position: Position, tiers: TierTable, start: float
) -> Iterator[tuple[LeverageTier, float, float]]:
    """Yield (tier, price where the way enters it, price where it leaves it)."""
    first = tiers.tiers.index(tiers.at(position.notional(start)))
    is_growing = (position.sign < 0) != position.is_inverse
    met = tiers.tiers[first:] if is_growing else tiers.tiers[first::-1]
    end = inf if position.sign < 0 else 0.0
    nearest = start
    for tier in met:
        edge = tier.cap if is_growing else tier.floor
        farthest = end if tier is met[-1] else _price_of(position, edge)
        yield tier, nearest, farthest
        nearest = farthest


def _price_of(position: Position, notional: float) -> float:
    ratio = position.quantity / notional
    return ratio if position.is_inverse else 1 / ratio


def bankruptcy_price(position: Position) -> float | None:
    """Return where the position's equity is zero; None where no price does that."""
    sign, quantity = position.sign, position.quantity
    if position.is_inverse:
        return _positive(sign * quantity, position.margin + sign * quantity / position.entry)
    return _positive(position.entry - sign * position.margin / quantity, 1.0)


def entry_valued_price(position: Position, tier: LeverageTier) -> float | None:
    """Return the liquidation price where maintenance is valued at entry (older Bybit rules)."""
    maintenance = position.notional(position.entry) * tier.maintenance_rate - tier.deduction
    spare = Position(
        position.side,
        position.quantity,
        position.entry,
        position.margin - maintenance,
        position.is_inverse,
    )
    return bankruptcy_price(spare)


def close_fee(position: Position, fee_rate: float) -> float:
    """Return the fee of closing at the bankruptcy price, as Bybit reserves it."""
    price = bankruptcy_price(position)
    return 0.0 if price is None else position.notional(price) * fee_rate


def trigger_from_bankruptcy(
    prices: ArrayLike, sides: ArrayLike, rate: ArrayLike, *, is_inverse: bool = False
) -> NDArray[np.float64]:
    """Return the mark prices that triggered liquidations whose bankruptcy prices are told; (N,).

    It needs no leverage, but leaves out deductions: exact in the lowest tier, and a little too
    far from the bankruptcy price in those above.
    """
    signs = np.where(np.asarray(sides) == LONG, 1.0, -1.0)
    given, rates = np.asarray(prices, dtype=np.float64), np.asarray(rate, dtype=np.float64)
    return given * (1 + signs * rates) if is_inverse else given / (1 - signs * rates)


def _positive(numerator: float, denominator: float) -> float | None:
    if denominator == 0:
        return None
    price = numerator / denominator
    return price if price > 0 else None
