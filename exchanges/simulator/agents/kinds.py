"""Kinds of market: who trades there, how the price moves, which tiers apply."""

from __future__ import annotations

from dataclasses import dataclass, replace

from exchanges.simulator.agents.margin import Tiers
from exchanges.simulator.errors import SimulatorError

CEX_TIERS = Tiers(
    up_to=(5e4, 6e5, 3e6, 1.2e7, 7e7, 1e8, 2.3e8, 4.8e8),
    rate=(0.004, 0.005, 0.0065, 0.01, 0.02, 0.025, 0.05, 0.1),
    leverage=(125.0, 100.0, 75.0, 50.0, 25.0, 20.0, 10.0, 5.0),
)
"""As Binance's for BTCUSDT in October 2024."""
HL_TIERS = Tiers(up_to=(1.5e8, 1e12), rate=(0.0125, 0.025), leverage=(40.0, 20.0))
"""As Hyperliquid's for BTC in December 2025."""
DARING_TIERS = Tiers(
    up_to=(5e4, 2e5, 1e6, 5e6, 2e7),
    rate=(0.002, 0.004, 0.01, 0.025, 0.05),
    leverage=(250.0, 125.0, 50.0, 20.0, 10.0),
)
"""Of no venue, and wilder than most: so that calm minutes have liquidations too."""
ALT_TIERS = Tiers(
    up_to=(2e4, 1e5, 1e6, 5e6, 2e7),
    rate=(0.01, 0.015, 0.02, 0.05, 0.1),
    leverage=(50.0, 40.0, 25.0, 10.0, 5.0),
)
"""Of no venue: what a small coin's tiers are like."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Facts about one kind of market; shares are parts of all agents, 0 to 1."""

    name: str
    tiers: Tiers = CEX_TIERS
    price: float = 82_500.0
    """USD at the beginning."""
    yearly_volatility: float = 0.6
    arrivals: float = 4.5
    """Agents a minute, on average."""
    arrival_spread: float = 0.0
    """Standard deviation of the logarithm of how busy the hours are."""
    sentiment: float = 0.4
    """Standard deviation of the mood that agents share, in units of log odds."""
    whales: float = 0.0
    """Share of agents that are twenty times as large."""
    median_usd: float = 11_000.0
    size_spread: float = 1.15
    """Standard deviation of the logarithm of agents' sizes."""
    isolated: float = 0.35
    leverages: tuple[float, ...] = (3, 5, 10, 20, 25, 50, 75, 100, 125)
    chances: tuple[float, ...] = (0.15, 0.22, 0.3, 0.14, 0.07, 0.06, 0.03, 0.02, 0.01)
    """How those with isolated margin choose among `leverages`."""
    stopped: float = 0.55
    """Share with a stop-loss."""
    fast: float = 0.35
    """Share that leaves within the hour, most likely; the others stay for days."""


CEX = Kind("cex")
HL = Kind("hl", tiers=HL_TIERS)
KINDS = {
    kind.name: kind
    for kind in (
        CEX,
        HL,
        replace(CEX, name="burst", arrival_spread=1.1, sentiment=1.2, whales=0.01),
        replace(HL, name="hlburst", arrival_spread=1.1, sentiment=1.2, whales=0.01),
        replace(CEX, name="hard", isolated=0.1, stopped=0.75, fast=0.6),
        replace(CEX, name="alt", tiers=ALT_TIERS, price=1.62, yearly_volatility=1.1),
    )
}


def kind_named(name: str) -> Kind:
    """Return a kind. Raises SimulatorError when there is none of that name."""
    if name not in KINDS:
        raise SimulatorError(f"There is no market kind {name!r}; there are {', '.join(KINDS)}.")
    return KINDS[name]
