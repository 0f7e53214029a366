"""The agents behind the live market: one agent market an asset, along the simulator's paths.

A minute of an agent's life is a second here, because these paths go as far in a second as a
real market does in a minute.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from exchanges.simulator.agents.crowd import Column, Floats, How
from exchanges.simulator.agents.history import Candles
from exchanges.simulator.agents.kinds import CEX, DARING_TIERS, Kind
from exchanges.simulator.agents.market import AgentMarket, Bar, Block
from exchanges.simulator.agents.past import Past, past_of
from exchanges.simulator.agents.path import path_told
from exchanges.simulator.contracts import Side
from exchanges.simulator.prices import ASSETS

SECONDS = 1.0
"""Of a step, which is an agents' minute."""
ARRIVALS, LIQUIDATED = 40.0, 0.12
"""Agents a minute over all assets, and about which part of them is liquidated."""
ISOLATED, STOPPED, FAST = 0.85, 0.3, 0.8
LEVERAGES = (5.0, 10.0, 25.0, 50.0, 100.0, 150.0, 200.0, 250.0)
CHANCES = (0.1, 0.15, 0.1, 0.1, 0.1, 0.15, 0.15, 0.15)
"""More daring agents than in the batch, so that a few minutes have something to show."""
MEDIAN_USD, SPREAD, WHALES = 1_500.0, 1.5, 0.005
BLOCK_STEPS = 600
_ALL_SHARES = sum(facts.share for facts in ASSETS.values())


@dataclass(frozen=True, slots=True)
class Forced:
    """One agent's position that was liquidated; `at` in epoch seconds."""

    asset: str
    side: Side
    level: float
    """USD: its liquidation price."""
    quantity: float
    """Base units, of one agent."""
    at: float


@dataclass(slots=True)
class Tick:
    """What an asset's path has done since the last step."""

    open: float
    high: float
    low: float
    close: float

    def note(self, price: float) -> None:
        """Take the path's next price."""
        self.high, self.low, self.close = max(self.high, price), min(self.low, price), price


def kind_of(asset: str) -> Kind:
    """Return what an asset's agents are like."""
    facts = ASSETS[asset]
    return replace(
        CEX,
        name=f"live {asset}",
        tiers=DARING_TIERS,
        price=facts.price,
        yearly_volatility=CEX.yearly_volatility * facts.swing,
        arrivals=ARRIVALS * facts.share / _ALL_SHARES,
        whales=WHALES,
        isolated=ISOLATED,
        stopped=STOPPED,
        fast=FAST,
        leverages=LEVERAGES,
        chances=CHANCES,
        median_usd=MEDIAN_USD,
        size_spread=SPREAD,
    )


def usual_rate(asset: str) -> float:
    """Return about how many of an asset's agents are liquidated a second."""
    return kind_of(asset).arrivals * LIQUIDATED / SECONDS


class Crowds:
    """All assets' agents; each stands for so many people, in quantities that are seen."""

    def __init__(self, seed: int, start: float, people: Mapping[str, float]) -> None:
        """`people` names the assets that have agents."""
        self._people = people
        pasts = {asset: past_of(kind_of(asset), seed) for asset in people}
        self.candles = {asset: _seen(pasts[asset], asset, people[asset]) for asset in people}
        """Of the past, in USD and in what is seen; their times are relative to the start."""
        self._markets = {
            asset: past.market_at(start, ASSETS[asset].price, SECONDS)
            for asset, past in pasts.items()
        }
        self._blocks: dict[str, tuple[Block, Iterator[int]]] = {}
        self._ticks = {asset: _tick(market) for asset, market in self._markets.items()}

    def note(self, asset: str, price: float) -> None:
        """Take the path's next price."""
        if asset in self._ticks:
            self._ticks[asset].note(price)

    def step(self, asset: str, end: float) -> tuple[Bar, list[Forced], float]:
        """Let a second that ends now happen to an asset's agents.

        Return what is seen, with quantities in base units, who was liquidated, and the
        logarithm of how far that pushes the price.
        """
        market, tick = self._markets[asset], self._ticks[asset]
        path = path_told(tick.open, tick.high, tick.low, tick.close, market.mark)
        self._ticks[asset] = Tick(tick.close, tick.close, tick.close, tick.close)
        market.now = end - SECONDS
        block, number = self._next(asset, market)
        bar = market.step(block, number, path)
        unit = market.lot * self._people[asset]
        seen = bar._replace(volume=bar.volume * unit, open_interest=bar.open_interest * unit)
        return seen, list(_forced(asset, market)), market.pushed()

    def people(self, asset: str) -> float:
        """Return how many people one of the asset's agents stands for."""
        return self._people[asset]

    def positions(self, asset: str) -> Iterator[dict[str, Any]]:
        """Yield every open position: the truth, with times in epoch seconds."""
        for side, unit, table in self.tables(asset):
            for row in table.T.tolist():
                yield {
                    "asset": asset,
                    "side": side,
                    "quantity": row[Column.QUANTITY] * unit,
                    "entry": row[Column.ENTRY],
                    "leverage": row[Column.LEVERAGE],
                    "is_isolated": row[Column.IS_ISOLATED] > 0,
                    "opened": row[Column.OPENED],
                    "liquidation_price": row[Column.LEVEL],
                }

    def tables(self, asset: str) -> Iterator[tuple[Side, float, Floats]]:
        """Yield each side's open positions, oldest first, and how many base units a lot is."""
        market = self._markets[asset]
        for crowd in (market.longs, market.shorts):
            yield _side(crowd.side), market.lot * self._people[asset], crowd.positions()

    @property
    def now(self) -> float:
        """The end of the last step, in epoch seconds."""
        return max(market.now for market in self._markets.values())

    def _next(self, asset: str, market: AgentMarket) -> tuple[Block, int]:
        """Return the next step's draws."""
        while True:
            if asset in self._blocks:
                block, numbers = self._blocks[asset]
                if (number := next(numbers, None)) is not None:
                    return block, number
            self._blocks[asset] = market.block(BLOCK_STEPS, 1.0), iter(range(BLOCK_STEPS))


def _forced(asset: str, market: AgentMarket) -> Iterator[Forced]:
    for side, table in market.ended:
        for row in table[:, table[Column.HOW] == How.LIQUIDATED].T.tolist():
            quantity = row[Column.QUANTITY] * market.lot
            yield Forced(asset, _side(side), row[Column.LEVEL], quantity, row[Column.CLOSED])


def _side(side: float) -> Side:
    return "long" if side > 0 else "short"


def _tick(market: AgentMarket) -> Tick:
    return Tick(market.price, market.price, market.price, market.price)


def _seen(past: Past, asset: str, people: float) -> Candles:
    """Return the past's candles so that they end at the price where the path starts."""
    candles, scale = past.candles, ASSETS[asset].price / past.market.price
    prices = ("open", "high", "low", "close", "vwap", "mark_high", "mark_low", "mark_close")
    seen = {name: getattr(candles, name) * scale for name in prices}
    for name in ("volume", "open_interest"):
        seen[name] = getattr(candles, name) * people / scale
    return replace(candles, **seen)
