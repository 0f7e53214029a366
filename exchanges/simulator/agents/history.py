"""The batch: some days of one market, with all that is seen of it and all that is true."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exchanges.simulator.agents.crowd import Column, How
from exchanges.simulator.agents.kinds import kind_named
from exchanges.simulator.agents.margin import LONG
from exchanges.simulator.agents.market import AgentMarket, Bar
from exchanges.simulator.errors import SimulatorError

Floats = NDArray[np.float64]
Times = NDArray[np.datetime64]

START = 1_767_225_600
"""2026-01-01 00:00 UTC in epoch seconds."""
DAY_SECONDS = 86_400
SPIN_UP_DAYS, SPIN_UP_MINUTES = 12, 10
"""How long a market goes on before it is looked at, and in which steps."""
LONGEST_DAYS = 400


@dataclass(frozen=True)
class Candles:
    """Candles on end; fields are (T,), prices in USD, quantities in base units."""

    opened_at: Times
    """datetime64[s], UTC."""
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    vwap: Floats
    volume: Floats
    taker_buy: Floats
    """Part of the volume that buyers took, 0 to 1."""
    open_interest: Floats
    """At the close, of one side."""
    mark_high: Floats
    mark_low: Floats
    mark_close: Floats

    def every(self, many: int) -> Candles:
        """Return candles that are each made of so many of these; a rest is left out."""
        size = len(self.open) // many * many

        def parts(values: Floats) -> Floats:
            return values[:size].reshape(-1, many)

        volume = parts(self.volume).sum(axis=1)
        weight = np.maximum(parts(self.volume), 1e-300)
        total = weight.sum(axis=1)
        return Candles(
            opened_at=self.opened_at[:size:many],
            open=parts(self.open)[:, 0],
            high=parts(self.high).max(axis=1),
            low=parts(self.low).min(axis=1),
            close=parts(self.close)[:, -1],
            vwap=(parts(self.vwap) * weight).sum(axis=1) / total,
            volume=volume,
            taker_buy=(parts(self.taker_buy) * weight).sum(axis=1) / total,
            open_interest=parts(self.open_interest)[:, -1],
            mark_high=parts(self.mark_high).max(axis=1),
            mark_low=parts(self.mark_low).min(axis=1),
            mark_close=parts(self.mark_close)[:, -1],
        )


@dataclass(frozen=True)
class Liquidations:
    """What a complete feed shows, in the order of time; fields are (N,)."""

    at: Times
    """datetime64[ms], UTC."""
    side: NDArray[np.int8]
    """Of the position: 0 long, 1 short."""
    price: Floats
    """The position's own liquidation price, which the mark price crossed."""
    quantity: Floats
    """Base units."""


@dataclass(frozen=True)
class Positions:
    """The truth: every position there ever was, in the order of opening; fields are (N,)."""

    side: NDArray[np.int8]
    """0 long, 1 short."""
    lots: Floats
    """Quantity in whole lots."""
    entry: Floats
    leverage: Floats
    """At first; a top-up halves it."""
    is_isolated: NDArray[np.bool_]
    opened: Floats
    """Epoch seconds."""
    first_level: Floats
    """Liquidation price until `topped_up`, and `level` from then on."""
    level: Floats
    topped_up: Floats
    """Epoch seconds; infinite: never. So `closed`."""
    closed: Floats
    exit: Floats
    """Price; NaN while open."""
    how: NDArray[np.int8]
    """`crowd.How`."""


@dataclass(frozen=True)
class History:
    """Some days of one market."""

    kind: str
    seed: int
    lot: float
    """Base units."""
    minutes: Candles
    candles: Candles
    """Of five minutes."""
    liquidations: Liquidations
    positions: Positions
    opened_lots: tuple[float, float]
    """By agents on each side, counted as they came."""

    def levels_at(self, at: np.datetime64) -> tuple[NDArray[np.int8], Floats, Floats]:
        """Return side, true liquidation price and quantity (base) of what is open at a moment."""
        when = float(at.astype("datetime64[ms]").astype(np.int64)) / 1000
        all_of = self.positions
        at_most = np.searchsorted(all_of.opened, when, side="right")
        there = np.flatnonzero(all_of.closed[:at_most] > when)
        is_topped_up = all_of.topped_up[there] <= when
        level = np.where(is_topped_up, all_of.level[there], all_of.first_level[there])
        return all_of.side[there], level, all_of.lots[there] * self.lot

    def histogram_at(self, at: np.datetime64, width: float, first_bin: int, bins: int) -> Floats:
        """Return the quantity (base) in true liquidation prices, (2, bins), longs first.

        Bin b holds the prices from exp(b * width) to exp((b + 1) * width).
        """
        side, level, quantity = self.levels_at(at)
        number = np.floor(np.log(level) / width).astype(np.int64) - first_bin
        inside = (number >= 0) & (number < bins)
        place = side[inside].astype(np.int64) * bins + number[inside]
        counted = np.bincount(place, weights=quantity[inside], minlength=2 * bins)
        return counted.astype(np.float64).reshape(2, bins)


def simulate(kind: str, seed: int, days: int, start: int = START) -> History:
    """Return so many days, from `start` (epoch seconds), in steps of a minute.

    Raises SimulatorError for an unknown kind or a number of days that cannot be.
    """
    facts = kind_named(kind)
    if not 0 < days <= LONGEST_DAYS:
        raise SimulatorError(f"days must be from 1 to {LONGEST_DAYS}, not {days}.")
    market = AgentMarket(facts, seed, start - SPIN_UP_DAYS * DAY_SECONDS, price=facts.price)
    ended: list[tuple[float, Floats]] = []
    for _ in bars_of(market, SPIN_UP_DAYS, SPIN_UP_MINUTES):
        ended += market.ended
    bars = []
    for bar in bars_of(market, days, 1):
        bars.append(bar)
        ended += market.ended
    minutes = candles_of(bars, start, 60, market.lot)
    positions = _positions(market, ended)
    liquidations = _liquidations(positions, market.lot, start)
    opened = (market.opened_lots[LONG], market.opened_lots[-LONG])
    return History(
        kind, seed, market.lot, minutes, minutes.every(5), liquidations, positions, opened
    )


def bars_of(market: AgentMarket, days: int, step_minutes: int) -> Iterator[Bar]:
    """Let a market go on for some days, and yield each of its steps."""
    steps = DAY_SECONDS // 60 // step_minutes
    for _ in range(days):
        block = market.block(steps, step_minutes)
        for number in range(steps):
            yield market.step(block, number, market.draw_path(block, number))


def candles_of(bars: list[Bar], start: int, step_seconds: int, lot: float) -> Candles:
    """Return steps as candles; the average price of a step is taken as that of its prices."""
    paths = np.array([bar.path for bar in bars]).T
    begin, high, low, close, mark_high, mark_low, mark = paths
    seen = np.array([(bar.volume, bar.taker_buy, bar.open_interest) for bar in bars]).T
    return Candles(
        opened_at=(start + step_seconds * np.arange(len(bars))).astype("datetime64[s]"),
        open=begin,
        high=high,
        low=low,
        close=close,
        vwap=(begin + high + low + close) / 4,
        volume=seen[0] * lot,
        taker_buy=seen[1],
        open_interest=seen[2] * lot,
        mark_high=mark_high,
        mark_low=mark_low,
        mark_close=mark,
    )


def _positions(market: AgentMarket, ended: list[tuple[float, Floats]]) -> Positions:
    tables = [*ended, *((crowd.side, crowd.positions()) for crowd in (market.longs, market.shorts))]
    side = np.concatenate([np.full(t.shape[1], 0 if s == LONG else 1) for s, t in tables])
    table = np.concatenate([table for _, table in tables], axis=1)
    order = np.argsort(table[Column.OPENED], kind="stable")
    table = table[:, order]
    return Positions(
        side=side[order].astype(np.int8),
        lots=table[Column.QUANTITY],
        entry=table[Column.ENTRY],
        leverage=table[Column.LEVERAGE],
        is_isolated=table[Column.IS_ISOLATED] > 0,
        opened=table[Column.OPENED],
        first_level=table[Column.FIRST_LEVEL],
        level=table[Column.LEVEL],
        topped_up=table[Column.TOPPED_UP],
        closed=table[Column.CLOSED],
        exit=table[Column.EXIT],
        how=table[Column.HOW].astype(np.int8),
    )


def _liquidations(positions: Positions, lot: float, start: int) -> Liquidations:
    at = np.flatnonzero((positions.how == How.LIQUIDATED) & (positions.closed >= start))
    at = at[np.argsort(positions.closed[at], kind="stable")]
    return Liquidations(
        at=np.array([math.floor(t * 1000) for t in positions.closed[at]]).astype("datetime64[ms]"),
        side=positions.side[at],
        price=positions.level[at],
        quantity=positions.lots[at] * lot,
    )
