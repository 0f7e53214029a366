"""Candles of five minutes along the simulator's price paths, and for a past before its start.

From the start on they are what the paths did. Before it the price is a sum of slow waves that
ends where the paths begin: the same seed and start give the same past.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from exchanges.simulator.prices import ASSETS

STEP = 300
KEPT = 10_000
"""Steps that are remembered: a month and a bit."""

# How long the waves of the past are, and how far they go for an asset that swings by 1.
_WAVES = ((3_600.0 * 5, 0.004), (86_400.0, 0.009), (86_400.0 * 6.3, 0.025), (86_400.0 * 23, 0.05))
_USD_PER_SHARE = 250_000.0


@dataclass(slots=True)
class Bar:
    """What an asset's price did (USD) in the step that began at `opened` (epoch seconds)."""

    opened: int
    open: float
    high: float
    low: float
    close: float
    value_usd: float
    """Traded in it."""
    is_closed: bool = True


class Chart:
    """Remembers the paths as they go on."""

    def __init__(self, seed: int = 0, start: float = 0.0) -> None:
        self._seed = seed
        self._start = start
        self._bars: dict[str, dict[int, Bar]] = {asset: {} for asset in ASSETS}
        self._last = {asset: facts.price for asset, facts in ASSETS.items()}
        self._phases = {asset: self._phases_of(asset) for asset in ASSETS}

    def note(self, asset: str, now: float, price: float) -> None:
        """Take a price of the path, later than those before."""
        opened = math.floor(now / STEP) * STEP
        bars = self._bars[asset]
        if (bar := bars.get(opened)) is None:
            bar = bars[opened] = self._begun(asset, opened)
            if len(bars) > KEPT:
                del bars[next(iter(bars))]
        bar.high, bar.low, bar.close = max(bar.high, price), min(bar.low, price), price
        self._last[asset] = price

    def bars(self, asset: str, first: float, end: float, now: float) -> Iterator[Bar]:
        """Yield the bars opened in [first, end) and not after now, oldest first."""
        if asset not in ASSETS:
            return
        for opened in range(math.ceil(first / STEP) * STEP, math.ceil(end), STEP):
            if opened > now:
                return
            bar = self._bars[asset].get(opened) or self._begun(asset, opened)
            bar.is_closed = opened + STEP <= now
            yield bar

    def _begun(self, asset: str, opened: int) -> Bar:
        """Return a bar of the past, or a new one that goes on where the last one ended."""
        if opened + STEP <= self._start:
            start, end = self._past(asset, opened), self._past(asset, opened + STEP)
        else:
            start = self._past(asset, opened) if opened < self._start else self._last[asset]
            end = self._last[asset]
        chance = Random(f"{self._seed} {asset} {opened}")
        above, below = chance.random() * 0.0008, chance.random() * 0.0008
        value = ASSETS[asset].share * _USD_PER_SHARE * chance.lognormvariate(0.0, 0.5)
        high, low = max(start, end), min(start, end)
        if opened + STEP <= self._start:
            high, low = high * (1 + above), low * (1 - below)
        return Bar(opened, start, high, low, end, value)

    def _past(self, asset: str, at: float) -> float:
        """Return the price at a moment before the start, from which on the paths tell it."""
        facts = ASSETS[asset]
        way = self._wave(asset, min(at, self._start)) - self._wave(asset, self._start)
        return facts.price * math.exp(facts.swing * way)

    def _wave(self, asset: str, at: float) -> float:
        return sum(
            height * math.sin(2 * math.pi * at / length + phase)
            for (length, height), phase in zip(_WAVES, self._phases[asset], strict=True)
        )

    def _phases_of(self, asset: str) -> list[float]:
        """Return where each wave begins; half of it is common to all assets."""
        common, own = Random(f"waves {self._seed}"), Random(f"waves {self._seed} {asset}")
        return [common.uniform(0, 2 * math.pi) + own.uniform(0, 1.5) for _ in _WAVES]
