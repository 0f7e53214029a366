"""One market of leveraged agents, step by step.

A step draws a move of the price (or is told it), lets positions end where it went, lets new
agents in, and leaves the other side to market makers. Quantities are whole lots, so that what
was opened is what was liquidated, closed and is still open, exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.random import PCG64, Generator
from numpy.typing import NDArray

from exchanges.simulator.agents.arrivals import Arrivals, arrivals_of
from exchanges.simulator.agents.crowd import TOP_UP_AT, Column, Crowd, How
from exchanges.simulator.agents.kinds import Kind
from exchanges.simulator.agents.makers import CHURN_A_DAY, SHIFT, Makers
from exchanges.simulator.agents.margin import LONG, SHORT
from exchanges.simulator.agents.path import Path, path_drawn
from exchanges.simulator.agents.weather import DAY, Sky, Weather

Floats = NDArray[np.float64]
C = Column

IMPACT = 0.05
"""Logarithm of the price's change by a forced sale of the whole open interest."""
MOMENTUM_MINUTES, MOMENTUM = 60.0, 1.2
"""How long a move is remembered, and what one usual hour's move does to the log odds of buying."""
TAKER_FOLLOWS, TAKER_NOISE = 0.045, 0.052
LOT_USD = 0.01


class Bar(NamedTuple):
    """One step as everybody sees it; quantities in lots."""

    path: Path
    volume: float
    taker_buy: float
    """Part of the volume that buyers took."""
    open_interest: float
    """At the end, of one side."""


@dataclass(frozen=True)
class Block:
    """Draws for the next N steps."""

    minutes: float
    """Of one step."""
    weather: Weather
    agents: Arrivals
    first: NDArray[np.int64]
    """(N + 1,): where each step's agents begin."""
    shifts: Floats
    churn: Floats
    taker: Floats


class AgentMarket:
    """The market's state; the same kind, seed and calls of `step` give the same history."""

    def __init__(
        self, kind: Kind, seed: int, now: float, *, price: float, minute: float = 60.0
    ) -> None:
        """`now` is in epoch seconds; `minute` is how many of them one of its minutes takes."""
        seeds = np.random.SeedSequence([seed % 2**64, *kind.name.encode()]).spawn(4)
        sky, self._agents, makers, self._ends = (Generator(PCG64(each)) for each in seeds)
        self.kind, self.now, self.minute = kind, now, minute
        self.lot = 10.0 ** round(math.log10(LOT_USD / price))
        self.price = self.mark = price
        self.longs = Crowd(LONG, kind.tiers, self.lot)
        self.shorts = Crowd(SHORT, kind.tiers, self.lot)
        self.makers = Makers(makers)
        self.opened_lots = {LONG: 0.0, SHORT: 0.0}
        self.ended: list[tuple[float, Floats]] = []
        """Side and table of what ended in the last step."""
        self._sky = Sky(kind, sky)
        self._push = self._momentum = 0.0

    @property
    def open_interest(self) -> float:
        """Longs, which are as many as shorts, in lots."""
        return self.longs.lots + self.makers.longs

    def block(self, steps: int, minutes: float) -> Block:
        """Draw what the next steps of so many minutes need."""
        weather = self._sky.block(self.now / self.minute % DAY, steps, minutes)
        shifts, churn = self.makers.draws(steps)
        return Block(
            minutes,
            weather,
            arrivals_of(self.kind, int(weather.arrivals.sum()), self._agents),
            np.concatenate([[0], np.cumsum(weather.arrivals)]),
            shifts,
            churn,
            self._agents.standard_normal(steps),
        )

    def draw_path(self, block: Block, number: int) -> Path:
        """Return where the prices go in a step, by the weather and by what has pushed them."""
        weather = block.weather
        move = float(weather.move[number]) + self.pushed()
        volatility, reach = float(weather.volatility[number]), weather.reach[number].tolist()
        return path_drawn(self.price, self.mark, move, volatility, reach)

    def follow(self, path: Path) -> None:
        """Let the prices go this way, as they do by themselves in `step`."""
        self.price, self.mark = path.close, path.mark

    def step(self, block: Block, number: int, path: Path, many: int = 1) -> Bar:
        """Go `many` steps of the block on, as one in which the prices go along `path`."""
        minutes = many * block.minutes
        begin, self.now = self.now, self.now + minutes * self.minute
        self.follow(path)
        sold = self._sweep(path, begin)
        agents = slice(*block.first[[number, number + many]].tolist())
        mood = float(block.weather.mood[number])
        bought, traded = self._let_in(block.agents, agents, mood, path, begin)
        interest = max(self.open_interest, 1.0)
        size = SHIFT * interest * math.sqrt(minutes)
        self.makers.trade(bought - sold, block.shifts[number], size, minutes)
        move = math.log(path.close / path.open)
        self._remember(move, minutes)
        churned = CHURN_A_DAY * float(block.churn[number]) * minutes / DAY
        volatility = float(block.weather.volatility[number]) * math.sqrt(many)
        share = taker_share(move / volatility, float(block.taker[number]))
        return Bar(path, traded + math.floor(churned * interest), share, self.open_interest)

    def move_to(self, now: float, price: float, minute: float) -> None:
        """Let the market be at another time and price, with minutes of another length.

        Quantities in USD stay as they are, and so do the levels' distances from the price.
        """
        scale, faster = price / self.price, self.minute / minute
        for crowd in (self.longs, self.shorts):
            crowd.move(self.now, now, scale, faster)
        self.lot /= scale
        self.longs.lot = self.shorts.lot = self.lot
        self.mark *= scale
        self.now, self.price, self.minute = now, price, minute

    def pushed(self) -> float:
        """Return, once, the logarithm of how far forced orders have pushed the price."""
        push, self._push = self._push, 0.0
        return push

    def _sweep(self, path: Path, begin: float) -> float:
        """End positions; return the net lots that agents sold by it."""
        close, now, interest = path.close, self.now, max(self.open_interest, 1.0)
        tables = (
            (LONG, self.longs.sweep(path.mark_low, path.low, path.high, close, now)),
            (SHORT, self.shorts.sweep(path.mark_high, path.high, path.low, close, now)),
        )
        self.ended = [(side, table) for side, table in tables if table is not None]
        sold = forced = 0.0
        for side, table in self.ended:
            table[C.CLOSED] -= self._ends.random(table.shape[1]) * (now - begin)
            sold += side * float(table[C.QUANTITY].sum())
            is_forced = table[C.HOW] <= How.STOPPED
            forced += side * float(table[C.QUANTITY, is_forced].sum())
        self._push -= IMPACT * forced / interest
        return sold

    def _let_in(
        self, agents: Arrivals, some: slice, mood: float, path: Path, begin: float
    ) -> tuple[float, float]:
        """Let some agents in; return net lots bought, and lots traded with those of ends."""
        traded = sum(float(table[C.QUANTITY].sum()) for _, table in self.ended)
        bought = 0.0
        if some.start == some.stop:
            return bought, traded
        odds = mood + self._momentum * agents.follows[some]
        is_long = agents.choice[some] < 1 / (1 + np.exp(-odds))
        for crowd, chosen in ((self.longs, is_long), (self.shorts, ~is_long)):
            rows = self._rows(agents, some.start + np.flatnonzero(chosen), crowd.side, path, begin)
            if rows.shape[1]:
                crowd.open(rows)
                lots = float(rows[C.QUANTITY].sum())
                self.opened_lots[crowd.side] += lots
                bought, traded = bought + crowd.side * lots, traded + lots
        return bought, traded

    def _rows(
        self, agents: Arrivals, at: NDArray[np.intp], side: float, path: Path, begin: float
    ) -> Floats:
        """Return the positions of these agents; those the mark is already beyond are refused."""
        entry = path.low + agents.where[at] * (path.high - path.low)
        level = entry * agents.ratio[0 if side == LONG else 1][at]
        way = level - entry
        top = np.where(agents.tops_up[at], side * (entry + TOP_UP_AT * way), -math.inf)
        rows = np.empty((len(Column), at.size))
        rows[C.QUANTITY] = np.maximum(np.rint(agents.notional[at] / (entry * self.lot)), 1.0)
        rows[C.ENTRY], rows[C.LEVERAGE] = entry, agents.leverage[at]
        rows[C.IS_ISOLATED] = agents.is_isolated[at]
        rows[C.OPENED] = begin + agents.when[at] * (self.now - begin)
        rows[C.FIRST_LEVEL] = rows[C.LEVEL] = level
        rows[C.TOPPED_UP] = rows[C.CLOSED] = math.inf
        rows[C.EXIT], rows[C.HOW] = math.nan, How.OPEN
        rows[C.TOP_KEY], rows[C.NEXT_KEY] = top, np.maximum(top, side * level)
        rows[C.STOP_KEY] = side * (entry + agents.stop[at] * way)
        rows[C.PROFIT_KEY] = side * (entry - agents.profit[at] * way)
        rows[C.EXPIRY] = self.now + agents.minutes[at] * self.minute
        return rows[:, rows[C.NEXT_KEY] < side * self.mark]

    def _remember(self, move: float, minutes: float) -> None:
        """Let the last moves fade, and count this one in usual hours of this kind's market."""
        hour = self.kind.yearly_volatility * math.sqrt(60 / (365 * DAY))
        keep = math.exp(-minutes / MOMENTUM_MINUTES)
        before = self._momentum / MOMENTUM
        self._momentum = MOMENTUM * (keep * before + move / hour)


def taker_share(moves: float, chance: float) -> float:
    """Return the buyers' part of the volume when the price moved by so many usual moves."""
    share = 0.5 + TAKER_FOLLOWS * max(-4.0, min(4.0, moves)) + TAKER_NOISE * chance
    return max(0.05, min(0.95, share))
