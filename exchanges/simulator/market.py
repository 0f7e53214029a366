"""The market: who is liquidated where, when and for how much. One seed, one history.

Time comes in as an argument. Whatever the calls' rhythm, the same seed and start give
the same liquidations.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import accumulate
from random import Random

from exchanges.simulator.chart import Chart
from exchanges.simulator.contracts import Contract, Liquidation
from exchanges.simulator.errors import SimulatorError
from exchanges.simulator.prices import ASSETS, STEP_SECONDS, Prices
from exchanges.simulator.venues.base import Venue

MEDIAN_USD, SPREAD = 1_800.0, 1.5
WHALE_CHANCE, WHALE_USD, WHALE_TAIL, LARGEST_USD = 0.01, 60_000.0, 1.3, 8_000_000.0
# A process that slept longer (a closed laptop) does not make up for it all at once.
CATCH_UP_SECONDS = 60.0


class Deck:
    """Contracts to draw from, each as often as its shares say."""

    def __init__(self, venues: Iterable[Venue]) -> None:
        self._cards: list[tuple[Venue, Contract]] = []
        weights: list[float] = []
        for venue in venues:
            of = {c: ASSETS[c.asset].share * c.share for c in venue.contracts.values() if c.share}
            self._cards += [(venue, contract) for contract in of]
            weights += [venue.share * part / sum(of.values()) for part in of.values()]
        self._weights = list(accumulate(weights))

    def __bool__(self) -> bool:
        return bool(self._cards)

    def draw(self, rng: Random) -> tuple[Venue, Contract]:
        """Return a venue and one of its contracts."""
        return rng.choices(self._cards, cum_weights=self._weights)[0]


class Market:
    """Liquidations as time goes on (`until`) or at one instant (`burst`)."""

    def __init__(
        self,
        venues: Collection[Venue],
        *,
        seed: int,
        rate: float,
        start: float,
        is_steady: bool = False,
        without: Collection[str] = (),
    ) -> None:
        """`rate` is the mean a second over all venues; `without` names venues left alone.

        `is_steady`: the same rate all the time, without calm stretches and cascades.
        """
        self._rate = rate
        self._is_steady = is_steady
        self._start = start
        self._steps = 0
        self._until_next = 0.0
        self._rng = Random(f"liquidations {seed}")
        self._burst_rng = Random(f"bursts {seed}")
        self._prices = Prices(Random(f"prices {seed}"))
        self._chart = Chart(seed, start)
        for venue in venues:
            venue.chart = self._chart
        self._deck = Deck(venue for venue in venues if venue.name not in without)
        self._decks = {venue.name: Deck([venue]) for venue in venues}
        self._last_ms: dict[tuple[str, str, str, float, float], int] = {}

    def until(self, now: float) -> Iterator[Liquidation]:
        """Yield what happened since the last call, in order, up to `now` (epoch seconds)."""
        steps = math.floor((now - self._start) / STEP_SECONDS)
        if not (self._rate and self._deck):
            self._steps = steps
        self._steps = max(self._steps, steps - round(CATCH_UP_SECONDS / STEP_SECONDS))
        while self._steps < steps:
            self._steps += 1
            yield from self._step(self._start + self._steps * STEP_SECONDS)

    def burst(
        self, exchange: str, count: int, now: float, identical: float = 0.0
    ) -> Iterator[Liquidation]:
        """Yield `count` liquidations of one instant; they leave the history as it is.

        A part `identical` of them are equal in everything.
        """
        twins = round(count * identical)
        twin = self._liquidation(self._decks[exchange], self._burst_rng, now) if twins else None
        for number in range(count):
            # Spread evenly among the others.
            if twin and (number + 1) * twins // count > number * twins // count:
                yield replace(twin)
            else:
                yield self._liquidation(self._decks[exchange], self._burst_rng, now)

    def _step(self, end: float) -> Iterator[Liquidation]:
        """Yield one step's events: a Poisson process whose rate follows the activity."""
        self._prices.advance()
        for asset in ASSETS:
            self._chart.note(asset, end, self._prices.price(asset))
        rate = self._rate if self._is_steady else self._rate * self._prices.activity
        self._until_next -= rate * STEP_SECONDS
        while self._until_next <= 0:
            yield self._liquidation(self._deck, self._rng, end + self._until_next / rate)
            self._until_next += self._rng.expovariate(1.0)

    def _liquidation(self, deck: Deck, rng: Random, at: float) -> Liquidation:
        venue, contract = deck.draw(rng)
        is_long = rng.random() < self._prices.chance_of_longs(contract.asset)
        mark = self._prices.price(contract.asset) * (1 + contract.basis + rng.gauss(0.0, 0.0002))
        stated = mark * (1 - venue.price_gap if is_long else 1 + venue.price_gap)
        price = round(stated, contract.price_decimals)
        size = contract.size_of(price, _value_usd(rng))
        side, time_ms = "long" if is_long else "short", math.floor(at * 1000)
        if venue.sends_largest_only:
            key = (venue.name, contract.instrument, side, price, size)
            time_ms = self._distinct_ms(key, time_ms)
        return Liquidation(
            venue.name, contract, "long" if is_long else "short", price, size, time_ms
        )

    def _distinct_ms(self, key: tuple[str, str, str, float, float], time_ms: int) -> int:
        """Return a time at which nothing equal happened.

        A venue that sends one a second can never send twins, so its clients may take two
        equal rows for one.
        """
        if len(self._last_ms) > 50_000:
            self._last_ms = {k: ms for k, ms in self._last_ms.items() if ms >= time_ms}
        self._last_ms[key] = max(time_ms, self._last_ms.get(key, 0) + 1)
        return self._last_ms[key]


def check_identical(identical: float, venue: Venue) -> None:
    """Raise SimulatorError unless so large a part of the venue's rows can be equal."""
    if not 0 <= identical <= 1:
        raise SimulatorError(f"identical must be from 0 to 1, not {identical:g}.")
    if identical and venue.sends_largest_only:
        raise SimulatorError(
            f"{venue.name} sends one row a contract and push, so no two of them can be equal; "
            "leave identical out."
        )


def _value_usd(rng: Random) -> float:
    """Return a size in USD: log-normal, with a fat tail."""
    if rng.random() < WHALE_CHANCE:
        return min(WHALE_USD * rng.paretovariate(WHALE_TAIL), LARGEST_USD)
    return min(rng.lognormvariate(math.log(MEDIAN_USD), SPREAD), LARGEST_USD)
