"""Agents before they trade: all that does not depend on the price they will find."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from exchanges.simulator.agents.kinds import Kind
from exchanges.simulator.agents.margin import LONG, SHORT, liquidation_ratio

Floats = NDArray[np.float64]

WHALE, LARGEST_USD = 20.0, 2e7
CROSS_LEVERAGE, CROSS_SPREAD = 4.0, 0.7
SMALLEST_LEVERAGE = 1.05
CHASERS = 0.6
"""Share that goes with the last move; the others go against it."""
STOP_FROM, STOP_TO = 0.15, 0.9
"""Of the way to the liquidation price."""
WITH_PROFIT, PROFIT_FROM, PROFIT_TO = 0.4, 0.3, 2.0
"""Share with a take-profit, and where: of the distance to the liquidation price."""
TOPPING = 0.12
"""Share that doubles its margin on the way; all of them have no stop-loss."""
FAST_MINUTES, SLOW_MINUTES = 45.0, 8_640.0


@dataclass(frozen=True)
class Arrivals:
    """N agents in the order of time; every field is (N,)."""

    notional: Floats
    """USD."""
    leverage: Floats
    is_isolated: NDArray[np.bool_]
    ratio: tuple[Floats, Floats]
    """Liquidation price over entry price, as a long and as a short."""
    follows: Floats
    """1 for those who chase the last move, -1 for those who fade it."""
    choice: Floats
    """0 to 1: buys when below the chance of buying."""
    where: Floats
    """0 to 1: where between the step's low and high it enters."""
    stop: Floats
    """Part of the way to the liquidation price; infinite without."""
    profit: Floats
    """The same on the other side of the entry."""
    tops_up: NDArray[np.bool_]
    minutes: Floats
    """How long it stays."""
    when: Floats
    """0 to 1: when within the step."""


def arrivals_of(kind: Kind, count: int, rng: Generator) -> Arrivals:
    """Return so many agents."""
    notional = kind.median_usd * np.exp(kind.size_spread * rng.standard_normal(count))
    notional *= np.where(rng.random(count) < kind.whales, WHALE, 1.0)
    notional = np.minimum(notional, min(LARGEST_USD, kind.tiers.up_to[-1] / 2))
    is_isolated = rng.random(count) < kind.isolated
    leverage = np.where(is_isolated, _isolated(kind, count, rng), _cross(count, rng))
    leverage = np.clip(leverage, SMALLEST_LEVERAGE, kind.tiers.largest_leverage(notional))
    stop = rng.uniform(STOP_FROM, STOP_TO, count)
    stop[rng.random(count) >= kind.stopped] = math.inf
    profit = rng.uniform(PROFIT_FROM, PROFIT_TO, count)
    profit[rng.random(count) >= WITH_PROFIT] = math.inf
    topping = rng.random(count) < TOPPING / (1 - kind.stopped)
    is_fast = rng.random(count) < kind.fast
    return Arrivals(
        notional=notional,
        leverage=leverage,
        is_isolated=is_isolated,
        ratio=(
            liquidation_ratio(LONG, notional, leverage, kind.tiers),
            liquidation_ratio(SHORT, notional, leverage, kind.tiers),
        ),
        follows=np.where(rng.random(count) < CHASERS, 1.0, -1.0),
        choice=rng.random(count),
        where=rng.beta(2.0, 2.0, count),
        stop=stop,
        profit=profit,
        tops_up=topping & np.isinf(stop),
        minutes=rng.exponential(np.where(is_fast, FAST_MINUTES, SLOW_MINUTES)),
        when=rng.random(count),
    )


def _isolated(kind: Kind, count: int, rng: Generator) -> Floats:
    return rng.choice(np.array(kind.leverages), count, p=kind.chances)


def _cross(count: int, rng: Generator) -> Floats:
    """Return the notional over all that a cross account has behind the position."""
    leverage: Floats = CROSS_LEVERAGE * np.exp(CROSS_SPREAD * rng.standard_normal(count))
    return leverage
