"""Leverage tiers: how much margin a venue demands of a position of a given notional.

Notionals, caps and deductions are in the currency of the margin: the quote currency of linear
contracts, the coin of inverse ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isfinite


@dataclass(frozen=True)
class LeverageTier:
    """What holds for positions whose notional is in [floor, cap)."""

    floor: float
    cap: float
    maintenance_rate: float
    max_leverage: float
    deduction: float
    """Maintenance margin is notional * maintenance_rate - deduction."""


@dataclass(frozen=True)
class TierTable:
    """The tiers of one instrument, in rising order and without holes."""

    tiers: tuple[LeverageTier, ...]

    def __post_init__(self) -> None:
        reason = _fault(self.tiers)
        if reason:
            raise ValueError(reason)

    @property
    def max_leverage(self) -> float:
        """The most that the venue allows to any position."""
        return max(tier.max_leverage for tier in self.tiers)

    def at(self, notional: float) -> LeverageTier:
        """Return the tier of a position; above the last cap the last tier goes on."""
        return next((tier for tier in self.tiers if notional < tier.cap), self.tiers[-1])

    def maintenance(self, notional: float) -> float:
        """Return the maintenance margin of a position."""
        tier = self.at(notional)
        return notional * tier.maintenance_rate - tier.deduction

    def largest_jump(self) -> float:
        """Return the largest jump of the maintenance margin at an edge, as a share of the notional.

        Zero but for rounding when the deductions belong to the rates.
        """
        jumps = [abs(_step(low, high)) / high.floor for low, high in pairwise(self.tiers)]
        return max(jumps, default=0.0)


def _step(low: LeverageTier, high: LeverageTier) -> float:
    rates = high.maintenance_rate - low.maintenance_rate
    return high.floor * rates - (high.deduction - low.deduction)


def _fault(tiers: tuple[LeverageTier, ...]) -> str:
    if not tiers or tiers[0].floor != 0:
        return "The first tier must begin at a notional of zero."
    if any(low.cap != high.floor for low, high in pairwise(tiers)):
        return "Each tier must begin where the one before ends."
    if any(tier.cap <= tier.floor for tier in tiers):
        return "The caps of the tiers must rise."
    if not all(_is_plausible(tier) for tier in tiers):
        return "A tier needs a rate between 0 and 1, a leverage from 1, a deduction from 0."
    return ""


def _is_plausible(tier: LeverageTier) -> bool:
    is_leverage = tier.max_leverage >= 1 and isfinite(tier.max_leverage)
    is_deduction = tier.deduction >= 0 and isfinite(tier.deduction)
    return 0 < tier.maintenance_rate < 1 and is_leverage and is_deduction


def continuous(rows: Iterable[tuple[float, float, float]]) -> TierTable:
    """Return the table of (cap, rate, max leverage) rows whose venue tells no deductions.

    They follow from a maintenance margin that does not jump where one tier meets the next.
    """
    tiers: list[LeverageTier] = []
    floor = rate_below = deduction = 0.0
    for cap, rate, leverage in rows:
        deduction += floor * (rate - rate_below) if tiers else 0.0
        tiers.append(LeverageTier(floor, cap, rate, leverage, deduction))
        floor, rate_below = cap, rate
    return TierTable(tuple(tiers))


def stepped(rows: Iterable[tuple[float, float, float]]) -> TierTable:
    """Return the table of (cap, rate, max leverage) rows of a venue without deductions.

    The rate of a tier is that of the whole position, as OKX has it.
    """
    tiers: list[LeverageTier] = []
    floor = 0.0
    for cap, rate, leverage in rows:
        tiers.append(LeverageTier(floor, cap, rate, leverage, 0.0))
        floor = cap
    return TierTable(tuple(tiers))


def hyperliquid(rows: Iterable[tuple[float, float]]) -> TierTable:
    """Return the table of Hyperliquid's (lower bound, max leverage) rows.

    Its maintenance margin is half of the initial margin at the greatest leverage of the tier.
    """
    bounds = sorted(rows)
    caps = [floor for floor, _ in bounds[1:]] + [inf]
    leverages = [leverage for _, leverage in bounds]
    return continuous((cap, 0.5 / top, top) for cap, top in zip(caps, leverages, strict=True))
