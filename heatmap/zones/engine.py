"""The model of one symbol on one exchange: levels that are consumed, closed and opened by candles.

    consume   the mark reached a level: it is gone
    close     a share of all positions closed by themselves
    open      legs on both sides, spread over levels by the kernel

In this order, so that no candle reaches a level that it made.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heatmap.zones.grid import BINS, LONG, SHORT
from heatmap.zones.kernel import Kernel
from heatmap.zones.levels import HELD, Cells, Levels, Spreads
from heatmap.zones.series import STEP_SECONDS, Columns, Floats, Series
from heatmap.zones.turnover import OMEGA, Candle, Memory, Turnover, memory_at, turnover

FREEZE_SECONDS = 3600
_FLOWS = ("opened", "consumed", "closed", "lost")


@dataclass
class State:
    """Where the model of one symbol on one exchange stands."""

    closed_at: np.datetime64
    """datetime64[s]: the close of the last candle; the next opens then."""
    levels: Levels
    memory: Memory
    flows: dict[str, Floats]
    """Since the start, by side (2,): opened = standing + consumed + closed + lost.

    `opened` counts what the kernel made levels of; `lost` what fell off the lattice.
    """
    standing: Floats
    """The sum of all levels of each side, over the scale; (2,)."""


@dataclass(frozen=True)
class Steps:
    """What each of T candles did to the levels, in the units of the series."""

    at: NDArray[np.datetime64]
    """The closes; (T,)."""
    consumed: Floats
    """Of each side; (T, 2). It is what the model expected to be liquidated."""
    turnover: Turnover


@dataclass(frozen=True)
class Advance:
    """What came of some candles: the columns that froze, and every step."""

    columns: Columns
    steps: Steps


def start(series: Series) -> State:
    """Return the state before the first candle of a series: no levels."""
    memory = memory_at(series)
    levels = Levels(np.zeros((2, HELD)), memory.first_bin)
    flows = {flow: np.zeros(2) for flow in _FLOWS}
    return State(series.opened_at[0], levels, memory, flows, np.zeros(2))


def advance(
    state: State,
    series: Series,
    kernel: Kernel,
    omega: float = OMEGA,
    freeze_seconds: int = FREEZE_SECONDS,
) -> Advance:
    """Take the state over the candles of a series, one or many, that follow it.

    A column freezes at each close that is a whole multiple of `freeze_seconds`. Raise ValueError
    when the candles do not follow the state, or the kernel was made from any of their time.
    """
    if not len(series.opened_at) or series.opened_at[0] != state.closed_at:
        raise ValueError(f"The next candle must open at {state.closed_at}.")
    if not kernel.serves(series.opened_at[0]):
        raise ValueError(f"The kernel knows what happened until {kernel.until}.")
    flow = turnover(series, state.memory, omega)
    closes = series.opened_at + np.timedelta64(STEP_SECONDS, "s")
    freezes = closes.astype("datetime64[s]").astype(np.int64) % freeze_seconds == 0
    consumed = np.empty((len(closes), 2))
    frozen = np.empty((int(freezes.sum()), 2, BINS), dtype=np.float32)
    _run(state, flow, kernel, freezes, consumed, frozen)
    state.closed_at = closes[-1]
    frozen.setflags(write=False)
    columns = Columns(closes[freezes], flow.first_bin[freezes], frozen)
    return Advance(columns, Steps(closes, consumed, flow))


def _run(
    state: State,
    flow: Turnover,
    kernel: Kernel,
    freezes: NDArray[np.bool_],
    consumed: Floats,
    frozen: Cells,
) -> None:
    column = 0
    ledger = _Ledger(state, kernel.spreads)
    for at, candle in enumerate(flow.candles()):
        consumed[at] = ledger.step(candle)
        if freezes[at]:
            frozen[column] = state.levels.window
            column += 1
    ledger.write()


class _Ledger:
    """Does the steps and keeps the books, in plain numbers because these are many and small."""

    def __init__(self, state: State, spreads: Spreads) -> None:
        self.state, self.levels, self.spreads = state, state.levels, spreads
        self.standing: list[float] = state.standing.tolist()
        self.opened, self.consumed, self.closed, self.lost = (
            state.flows[flow].tolist() for flow in _FLOWS
        )
        self.masses: list[float] = spreads.masses.tolist()

    def step(self, candle: Candle) -> tuple[float, float]:
        """Do one candle; return what it consumed of longs and of shorts."""
        low, high, closed, first_bin, legs, entries = candle
        levels, standing, scale = self.levels, self.standing, self.levels.scale
        taken = levels.consume(low, high)
        took = (float(taken[LONG]) * scale, float(taken[SHORT]) * scale)
        for side in (LONG, SHORT):
            left = max(standing[side] - took[side], 0.0)
            self.consumed[side] += took[side]
            self.closed[side] += left * closed
            opened = legs[side] * self.masses[side]
            self.opened[side] += opened
            standing[side] = left * (1 - closed) + opened
        levels.close(closed)
        for lost in (levels.move(first_bin), levels.open(legs, entries, self.spreads)):
            if lost is not None:
                self._lose(lost)
        return took

    def _lose(self, lost: tuple[Cells, Cells]) -> None:
        for side in (LONG, SHORT):
            gone = float(lost[side]) * self.levels.scale
            self.lost[side] += gone
            self.standing[side] -= gone

    def write(self) -> None:
        """Write the books back into the state."""
        books = (self.opened, self.consumed, self.closed, self.lost)
        self.state.flows = {flow: np.array(book) for flow, book in zip(_FLOWS, books, strict=True)}
        self.state.standing = np.array(self.standing)


def to_arrays(state: State) -> dict[str, NDArray[np.generic]]:
    """Return the state as arrays, for np.savez; `from_arrays` makes the same of them."""
    levels, memory = state.levels, state.memory
    bins = [levels.first_bin, levels.end_of_longs, levels.start_of_shorts, memory.first_bin]
    rest = [levels.scale, memory.open_interest, memory.untracked, memory.volume_sum]
    return {
        "closed_at": np.array(state.closed_at),
        "cells": levels.cells.copy(),
        "bins": np.array(bins, dtype=np.int64),
        "numbers": np.array(rest),
        "volumes": memory.volumes.copy(),
        "standing": state.standing.copy(),
        "flows": np.stack([state.flows[flow] for flow in _FLOWS]),
    }


def from_arrays(arrays: dict[str, NDArray[np.generic]]) -> State:
    """Return the state of which these are the arrays."""
    first_bin, end_of_longs, start_of_shorts, memory_bin = arrays["bins"].astype(int).tolist()
    scale, interest, untracked, volume_sum = arrays["numbers"].astype(float).tolist()
    levels = Levels(arrays["cells"].astype(np.float64), first_bin, scale)
    levels.end_of_longs, levels.start_of_shorts = end_of_longs, start_of_shorts
    volumes = arrays["volumes"].astype(np.float64)
    memory = Memory(interest, untracked, volumes, volume_sum, memory_bin)
    flows = dict(zip(_FLOWS, arrays["flows"].astype(np.float64), strict=True))
    closed_at = np.datetime64(arrays["closed_at"].item(), "s")
    return State(closed_at, levels, memory, flows, arrays["standing"].astype(np.float64))
