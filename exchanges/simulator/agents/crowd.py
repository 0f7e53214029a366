"""The open positions of all agents on one side, and how they end.

Levels are kept as keys, which are the side times the price: whatever hurts a long or a short
lowers its key, so that one comparison serves both.
"""

from __future__ import annotations

import math
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from exchanges.simulator.agents.margin import Tiers, liquidation_ratio

Floats = NDArray[np.float64]

TOP_UP_AT = 0.7
"""Of the way to the liquidation price."""
_DEAD = 512
"""Places of positions that have ended before the rest is moved together."""


class Column(IntEnum):
    """The rows of a table of positions: (len(Column), N) numbers."""

    QUANTITY = 0
    """Lots, a whole number."""
    ENTRY = 1
    LEVERAGE = 2
    IS_ISOLATED = 3
    OPENED = 4
    """Epoch seconds, as all times here."""
    FIRST_LEVEL = 5
    """Its liquidation price at first, and since the top-up, if there was one."""
    LEVEL = 6
    TOPPED_UP = 7
    """When; infinite: never."""
    CLOSED = 8
    """When; infinite: not yet."""
    EXIT = 9
    HOW = 10
    TOP_KEY = 11
    NEXT_KEY = 12
    """The nearer of top-up and liquidation: what the mark price meets first."""
    STOP_KEY = 13
    PROFIT_KEY = 14
    EXPIRY = 15


class How(IntEnum):
    """How a position stands."""

    OPEN = 0
    LIQUIDATED = 1
    STOPPED = 2
    PROFIT = 3
    TIME = 4


C = Column
_KEYS = (C.TOP_KEY, C.NEXT_KEY, C.STOP_KEY, C.PROFIT_KEY)


class Crowd:
    """Positions of one side; the quantity of what is no more open is kept by the caller."""

    def __init__(self, side: float, tiers: Tiers, lot: float) -> None:
        self.side = side
        self.lots = 0.0
        """Open, all together."""
        self.lot = lot
        """Base units."""
        self._tiers = tiers
        self._table = np.empty((len(Column), 1_024))
        self._count = self._dead = 0

    def open(self, rows: Floats) -> None:
        """Take positions in: columns QUANTITY to TOPPED_UP and the keys are filled in."""
        coming = rows.shape[1]
        if self._count + coming > self._table.shape[1]:
            room = np.empty((len(Column), coming))
            self._table = np.concatenate([self._table, np.empty_like(self._table), room], axis=1)
        self._table[:, self._count : self._count + coming] = rows
        self._count += coming
        self.lots += float(rows[C.QUANTITY].sum())

    def positions(self) -> Floats:
        """Return the open positions, oldest first."""
        table = self._table[:, : self._count]
        alive: Floats = table[:, table[C.QUANTITY] > 0]
        return alive

    def move(self, before: float, now: float, scale: float, faster: float) -> None:
        """Let prices be `scale` times what they were, and it be `now`, not the time `before`.

        What waits for a time comes `faster` than it would have.
        """
        table = self._table[:, : self._count]
        table[[C.ENTRY, C.FIRST_LEVEL, C.LEVEL, *_KEYS]] *= scale
        for time in (C.OPENED, C.TOPPED_UP):
            table[time] += now - before
        table[C.EXPIRY] = now + (table[C.EXPIRY] - before) / faster

    def sweep(
        self, mark: float, worst: float, best: float, close: float, now: float
    ) -> Floats | None:
        """End what the step's prices end, and return the table of it, or None.

        `mark` is the mark price's worst for this side, `worst` and `best` the last price's.
        A stop comes before the liquidation behind it, both before a profit. `now` is the end
        of the step, also the time at which all are CLOSED.
        """
        table = self._table[:, : self._count]
        mark, worst, best = self.side * mark, self.side * worst, self.side * best
        is_met = table[C.NEXT_KEY] >= mark
        is_met |= table[C.STOP_KEY] >= worst
        is_met |= table[C.PROFIT_KEY] <= best
        is_met |= table[C.EXPIRY] <= now
        at = np.flatnonzero(is_met)
        if not at.size:
            return None
        self._top_up(at, mark, now)
        rows: Floats = table[:, at]
        how = _how(rows, mark, worst, best, now)
        leaving = how != How.OPEN
        if not leaving.any():
            return None
        self._forget(at[leaving])
        return _ended(rows[:, leaving], how[leaving], self.side, close, now)

    def _top_up(self, at: NDArray[np.intp], mark: float, now: float) -> None:
        """Double the margin of those who wait for it and whose time has come."""
        table = self._table
        at = at[table[C.TOP_KEY, at] >= mark]
        if not at.size:
            return
        entry = table[C.ENTRY, at]
        notional = table[C.QUANTITY, at] * self.lot * entry
        leverage = table[C.LEVERAGE, at] / 2
        level = entry * liquidation_ratio(self.side, notional, leverage, self._tiers)
        table[C.LEVEL, at] = level
        table[C.NEXT_KEY, at] = self.side * level
        table[C.TOPPED_UP, at] = now
        table[C.TOP_KEY, at] = -math.inf

    def _forget(self, at: NDArray[np.intp]) -> None:
        table = self._table
        self.lots -= float(table[C.QUANTITY, at].sum())
        table[C.QUANTITY, at] = 0.0
        for key in (C.NEXT_KEY, C.STOP_KEY, C.TOP_KEY):
            table[key, at] = -math.inf
        for key in (C.PROFIT_KEY, C.EXPIRY):
            table[key, at] = math.inf
        self._dead += at.size
        if self._dead > max(_DEAD, self._count // 4):
            alive = self.positions()
            self._count, self._dead = alive.shape[1], 0
            table[:, : self._count] = alive


def _how(rows: Floats, mark: float, worst: float, best: float, now: float) -> Floats:
    """Return how each of these positions stands at the end of a step, (N,)."""
    how = np.where(rows[C.EXPIRY] <= now, float(How.TIME), float(How.OPEN))
    how[rows[C.PROFIT_KEY] <= best] = How.PROFIT
    how[rows[C.NEXT_KEY] >= mark] = How.LIQUIDATED
    how[rows[C.STOP_KEY] >= worst] = How.STOPPED
    return how


def _ended(rows: Floats, how: Floats, side: float, close: float, now: float) -> Floats:
    """Return the rows with their ends filled in: each at its own level, by time at the close."""
    rows[C.HOW], rows[C.CLOSED] = how, now
    price = np.where(how == How.LIQUIDATED, rows[C.LEVEL], close)
    price = np.where(how == How.PROFIT, side * rows[C.PROFIT_KEY], price)
    rows[C.EXIT] = np.where(how == How.STOPPED, side * rows[C.STOP_KEY], price)
    return rows
