"""The market: who is liquidated where, when and for how much. One seed, one history.

Liquidations are those of agents whose level the price crossed; at a steady rate and in bursts,
which are there for load, they are drawn. Time comes in as an argument. Whatever the calls'
rhythm, the same seed and start give the same liquidations.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import replace
from random import Random
from typing import Any

from exchanges.simulator.accounts import Accounts
from exchanges.simulator.chart import Chart
from exchanges.simulator.contracts import Contract, Liquidation, Side
from exchanges.simulator.crowds import SECONDS, Crowds, Forced, usual_rate
from exchanges.simulator.deck import Deck
from exchanges.simulator.errors import SimulatorError
from exchanges.simulator.prices import ASSETS, STEP_SECONDS, Prices
from exchanges.simulator.venues.base import Venue

MEDIAN_USD, SPREAD = 1_800.0, 1.5
VENUES_DIFFER = 0.0002
"""How far venues' mark prices are apart, as a fraction."""
WHALE_CHANCE, WHALE_USD, WHALE_TAIL, LARGEST_USD = 0.01, 60_000.0, 1.3, 8_000_000.0
# A process that slept longer (a closed laptop) does not make up for it all at once.
CATCH_UP_SECONDS = 60.0
STEPS_A_SECOND = round(SECONDS / STEP_SECONDS)


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

        `is_steady`: the same rate all the time, drawn and not that of agents.
        """
        self._rate = rate
        self._start = start
        self._steps = 0
        self._until_next = 0.0
        self._rng = Random(f"liquidations {seed}")
        self._burst_rng = Random(f"bursts {seed}")
        self._prices = Prices(Random(f"prices {seed}"))
        deck = self._deck = Deck.of(venue for venue in venues if venue.name not in without)
        self._decks = {venue.name: Deck.of([venue]) for venue in venues}
        self._by_asset = deck.by_asset()
        rates = {a: rate * of.weight / deck.weight for a, of in self._by_asset.items()}
        self._accounts = {a: Accounts(each, usual_rate(a)) for a, each in rates.items()}
        self._people = {a: max(1.0, each / usual_rate(a)) for a, each in rates.items()}
        self._has_agents = bool(rate and deck and not is_steady)
        self._crowds: Crowds | None = None
        self._venues, self._seed = list(venues), seed
        self._show(Chart(seed, start))
        for of in Deck.of(venues).by_asset().values():
            for card in of.cards:
                card.venue.parts[card.contract.instrument] = card.weight / of.weight
        self._last_ms: dict[tuple[str, str, str, float, float], int] = {}

    def warm_up(self) -> None:
        """Make the agents and their past, which takes seconds; `until` does it where needed."""
        if self._has_agents and self._crowds is None:
            self._crowds = Crowds(self._seed, self._start, self._people)
            for venue in self._venues:
                venue.crowds = self._crowds
            self._show(Chart(self._seed, self._start, self._crowds.candles))

    def until(self, now: float) -> Iterator[Liquidation]:
        """Yield what happened since the last call, in order, up to `now` (epoch seconds)."""
        self.warm_up()
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

    def _show(self, chart: Chart) -> None:
        self._chart = chart
        for venue in self._venues:
            venue.chart = chart

    def positions(self) -> Iterator[dict[str, Any]]:
        """Yield every agent's open position; none where liquidations are drawn."""
        for asset in self._by_asset if self._crowds else ():
            yield from self._crowds.positions(asset) if self._crowds else ()

    def _step(self, end: float) -> Iterator[Liquidation]:
        """Let the price go one step on, and yield who was liquidated by it."""
        self._prices.advance()
        for asset in ASSETS:
            price = self._prices.price(asset)
            self._chart.note(asset, end, price)
            if self._crowds:
                self._crowds.note(asset, price)
        if self._crowds is None:
            yield from self._drawn(end)
        elif self._steps % STEPS_A_SECOND == 0:
            yield from self._of_agents(self._crowds, end)

    def _drawn(self, end: float) -> Iterator[Liquidation]:
        """Yield one step's events of a Poisson process."""
        self._until_next -= self._rate * STEP_SECONDS
        while self._until_next <= 0:
            yield self._liquidation(self._deck, self._rng, end + self._until_next / self._rate)
            self._until_next += self._rng.expovariate(1.0)

    def _of_agents(self, crowds: Crowds, end: float) -> Iterator[Liquidation]:
        """Yield the liquidations of a second that ends now."""
        rows: list[Liquidation] = []
        for asset in self._by_asset:
            bar, forced, push = crowds.step(asset, end)
            self._chart.note_agents(asset, end, bar)
            self._prices.push(asset, push)
            self._accounts[asset].wait(SECONDS)
            for one in forced:
                rows += self._printed(one, one.quantity * crowds.people(asset), end)
        yield from sorted(rows, key=lambda row: row.time_ms)

    def _printed(self, one: Forced, whole: float, end: float) -> Iterator[Liquidation]:
        """Yield what venues say of an agent's liquidation, in the second that ends now."""
        rng = self._rng
        for quantity in self._accounts[one.asset].split(whole, rng):
            venue, contract = self._by_asset[one.asset].draw(rng)
            mark = one.level * (1 + contract.basis + rng.gauss(0.0, VENUES_DIFFER))
            at = end - SECONDS * rng.random()
            yield self._row(venue, contract, one.side, mark, quantity * one.level, at)

    def _liquidation(self, deck: Deck, rng: Random, at: float) -> Liquidation:
        """Return one that is drawn: where the price is now."""
        venue, contract = deck.draw(rng)
        is_long = rng.random() < self._prices.chance_of_longs(contract.asset)
        near = 1 + contract.basis + rng.gauss(0.0, VENUES_DIFFER)
        mark = self._prices.price(contract.asset) * near
        side: Side = "long" if is_long else "short"
        return self._row(venue, contract, side, mark, _value_usd(rng), at)

    def _row(
        self, venue: Venue, contract: Contract, side: Side, mark: float, value: float, at: float
    ) -> Liquidation:
        """Return what the venue states about a liquidation at this mark price (USD)."""
        gap = -venue.price_gap if side == "long" else venue.price_gap
        price = round(mark * (1 + gap), contract.price_decimals)
        size = contract.size_of(price, value)
        time_ms = math.floor(at * 1000)
        if venue.sends_largest_only:
            key = (venue.name, contract.instrument, side, price, size)
            time_ms = self._distinct_ms(key, time_ms)
        return Liquidation(venue.name, contract, side, price, size, time_ms)

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
