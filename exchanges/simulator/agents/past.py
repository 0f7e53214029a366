"""Thirty days of a market before the live simulator starts, quickly.

But for the last hours agents trade once an hour, along five-minute candles of the price, so that
a dozen markets take three or four seconds. Within the hour open interest runs evenly.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from exchanges.simulator.agents.history import Candles, bars_of, candles_of
from exchanges.simulator.agents.kinds import Kind
from exchanges.simulator.agents.market import AgentMarket, Bar, Block, taker_share
from exchanges.simulator.agents.path import Path, merged
from exchanges.simulator.agents.weather import DAY

Floats = NDArray[np.float64]

DAYS, SPIN_UP_DAYS = 30, 8
FINE, MANY = 5, 12
"""Minutes of a candle, and candles in which agents trade once."""
LAST_HOURS = 3
"""In them agents trade in every candle, so that some are left near the price at the end."""
UNEVEN = 0.5
"""Standard deviation of the logarithm of how an hour's volume falls on its candles."""


@dataclass(frozen=True)
class Past:
    """The market as it then is, its clock at 0, and candles of five minutes up to there."""

    market: AgentMarket
    candles: Candles

    def market_at(self, now: float, price: float, minute: float) -> AgentMarket:
        """Return a copy of the market that goes on from a time and price."""
        market = copy.deepcopy(self.market)
        market.move_to(now, price, minute)
        return market


@lru_cache(maxsize=64)
def past_of(kind: Kind, seed: int) -> Past:
    """Return the past of a market of this kind."""
    begin = -round(DAYS * DAY * 60)
    market = AgentMarket(kind, seed, begin - SPIN_UP_DAYS * DAY * 60, price=kind.price)
    for _ in bars_of(market, SPIN_UP_DAYS, FINE * MANY):
        pass
    chance = np.random.Generator(np.random.PCG64(seed % 2**64))
    bars: list[Bar] = []
    steps = round(DAY / FINE)
    for day in range(DAYS):
        block = market.block(steps, FINE)
        parts = np.exp(UNEVEN * chance.standard_normal(steps))
        number = 0
        while number < steps:
            is_last = day == DAYS - 1 and number >= steps - LAST_HOURS * 60 // FINE
            many = 1 if is_last else MANY
            bars += _hour(market, block, number, parts[number : number + many])
            number += many
    return Past(market, candles_of(bars, begin, FINE * 60, market.lot))


def _hour(market: AgentMarket, block: Block, number: int, parts: Floats) -> Iterator[Bar]:
    """Yield candles in which agents trade once; `parts` is how the volume falls on them."""
    paths = _paths(market, block, range(number, number + len(parts)))
    interest = market.open_interest
    whole = market.step(block, number, merged(paths), len(paths))
    grown = (whole.open_interest - interest) / len(paths)
    share = (parts / parts.sum()).tolist()
    for place, path in enumerate(paths):
        moves = math.log(path.close / path.open) / block.weather.volatility[number + place]
        taker = taker_share(moves, block.taker[number + place])
        interest += grown
        yield Bar(path, whole.volume * share[place], taker, interest)


def _paths(market: AgentMarket, block: Block, numbers: range) -> list[Path]:
    """Return where the prices go in each candle, before agents know of it."""
    price, mark = market.price, market.mark
    paths = []
    for number in numbers:
        paths.append(market.draw_path(block, number))
        market.follow(paths[-1])
    market.price, market.mark = price, mark
    return paths
