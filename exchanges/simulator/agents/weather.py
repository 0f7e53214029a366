"""What does not depend on agents: how the price would move without them, and moods.

Returns are Student-t with four degrees of freedom, scaled by a volatility whose logarithm
reverts within hours, by a daily season, and by jumps now and then.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from exchanges.simulator.agents.kinds import Kind

Floats = NDArray[np.float64]

DAY = 1440.0
"""Minutes."""
MINUTES_A_YEAR = 365 * DAY
VOLATILITY_MINUTES, VOLATILITY_SPREAD = 480.0, 0.45
SEASON = 0.3
JUMPS_A_DAY, JUMP = 1.2, 0.006
MOOD_MINUTES = 1_440.0
BUSY_MINUTES = 180.0


@dataclass(frozen=True)
class Weather:
    """N steps of it; every field is (N,)."""

    move: Floats
    """Logarithm of the price's change."""
    volatility: Floats
    """Expected size of `move`, jumps apart."""
    reach: Floats
    """How far above and below its ends the price goes within the step: (N, 2) draws, 0 to 1."""
    arrivals: NDArray[np.int64]
    """How many agents come."""
    mood: Floats
    """Log odds of buying that all agents share."""


class Wave:
    """An Ornstein-Uhlenbeck process of mean 0 that goes on from block to block."""

    def __init__(self, rng: Generator, minutes: float, spread: float) -> None:
        self._rng, self._minutes, self._spread = rng, minutes, spread
        self._last = spread * float(rng.standard_normal())

    def walk(self, steps: int, step_minutes: float) -> Floats:
        """Return the next values, (steps,)."""
        keep = math.exp(-step_minutes / self._minutes)
        shocks = self._spread * math.sqrt(1 - keep * keep) * self._rng.standard_normal(steps)
        values, last = [], self._last
        for shock in shocks.tolist():
            last = keep * last + shock
            values.append(last)
        self._last = last
        return np.array(values)


class Sky:
    """Makes weather, block after block."""

    def __init__(self, kind: Kind, rng: Generator) -> None:
        self._kind, self._rng = kind, rng
        self._volatility = Wave(rng, VOLATILITY_MINUTES, VOLATILITY_SPREAD)
        self._mood = Wave(rng, MOOD_MINUTES, kind.sentiment)
        self._busy = Wave(rng, BUSY_MINUTES, kind.arrival_spread)

    def block(self, begin: float, steps: int, step_minutes: float) -> Weather:
        """Return the next steps; `begin` is the minute of the first one."""
        minute = begin + step_minutes * np.arange(steps)
        season = 1 + SEASON * np.sin(2 * np.pi * minute / DAY)
        level = self._volatility.walk(steps, step_minutes) - VOLATILITY_SPREAD**2
        hectic = np.exp(level) * season
        usual = self._kind.yearly_volatility * math.sqrt(step_minutes / MINUTES_A_YEAR)
        volatility = usual * hectic
        return Weather(
            move=self._moves(volatility, step_minutes),
            volatility=volatility,
            reach=self._rng.random((steps, 2)),
            arrivals=self._rng.poisson(self._coming(hectic, step_minutes)),
            mood=self._mood.walk(steps, step_minutes),
        )

    def _moves(self, volatility: Floats, step_minutes: float) -> Floats:
        steps, rng = len(volatility), self._rng
        calm: Floats = volatility * rng.standard_t(4, steps) / math.sqrt(2)
        is_jump = rng.random(steps) < JUMPS_A_DAY * step_minutes / DAY
        return calm + is_jump * rng.normal(0.0, JUMP, steps)

    def _coming(self, hectic: Floats, step_minutes: float) -> Floats:
        spread = self._kind.arrival_spread
        busy = np.exp(self._busy.walk(len(hectic), step_minutes) - spread * spread / 2)
        return self._kind.arrivals * step_minutes * hectic * busy
