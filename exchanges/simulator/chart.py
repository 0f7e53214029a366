"""Candles of five minutes along the simulator's price paths, and for a past before its start;
mark prices, which swing less, and open interest, which swells and ebbs.

From the start on they are what the paths did, and what agents traded along them. Before it they
are those of the agents' past, where there is one, and else the price is a sum of slow waves that
ends where the candles begin: the same seed and start give the same past.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from exchanges.simulator.agents.history import Candles
from exchanges.simulator.agents.market import Bar as Step
from exchanges.simulator.prices import ASSETS
from exchanges.simulator.waves import End, Waves

STEP = 300
KEPT = 10_000
"""Steps that are remembered: a month and a bit."""


@dataclass(slots=True)
class Bar:
    """What an asset did on all venues in the step that began at `opened` (epoch seconds)."""

    opened: int
    open: float
    high: float
    low: float
    close: float
    value_usd: float
    """Traded in it."""
    mark_high: float
    mark_low: float
    mark: float
    """The mark price (USD) at its end, or so far."""
    open_interest: float
    """Of one side, in base units, at its end or so far."""
    taker_buy: float = 0.5
    """Part of the value that buyers took."""
    is_closed: bool = True


class Chart:
    """Remembers the paths as they go on."""

    def __init__(
        self, seed: int = 0, start: float = 0.0, pasts: Mapping[str, Candles] | None = None
    ) -> None:
        """`pasts` are candles up to the step of the start, for assets that have agents."""
        self._start = start
        self._pasts = pasts or {}
        self._grid = math.floor(start / STEP) * STEP
        self._bars: dict[str, dict[int, Bar]] = {asset: {} for asset in ASSETS}
        self._last = {asset: facts.price for asset, facts in ASSETS.items()}
        self._mark = {asset: float(past.mark_close[-1]) for asset, past in self._pasts.items()}
        self._interest = {
            asset: float(past.open_interest[-1]) for asset, past in self._pasts.items()
        }
        self._waves_end = {asset: self._end_of_waves(asset) for asset in ASSETS}
        self._waves = Waves(seed, self._waves_end)

    def note(self, asset: str, now: float, price: float) -> None:
        """Take a price of the path, later than those before."""
        bar = self._current(asset, now)
        bar.high, bar.low, bar.close = max(bar.high, price), min(bar.low, price), price
        if asset not in self._pasts:
            bar.mark_high, bar.mark_low, bar.mark = bar.high, bar.low, price
        self._last[asset] = price

    def note_agents(self, asset: str, now: float, step: Step) -> None:
        """Take what agents did up to now, in a part of a bar, with quantities in base units."""
        # What ends with a bar is a part of it.
        bar = self._current(asset, math.nextafter(now, 0))
        value = step.volume * step.path.close
        if value:
            bought = bar.taker_buy * bar.value_usd + step.taker_buy * value
            bar.value_usd += value
            bar.taker_buy = bought / bar.value_usd
        bar.mark_high = max(bar.mark_high, step.path.mark_high)
        bar.mark_low = min(bar.mark_low, step.path.mark_low)
        bar.mark, bar.open_interest = step.path.mark, step.open_interest
        self._mark[asset], self._interest[asset] = bar.mark, bar.open_interest

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

    def mark_candles(self, asset: str, first: float, end: float, now: float) -> Iterator[Bar]:
        """Yield the bars of the mark price, in the fields of a bar of trades."""
        for bar in self.bars(asset, first, end, now):
            begin = min(max(bar.open, bar.mark_low), bar.mark_high)
            yield replace(bar, open=begin, high=bar.mark_high, low=bar.mark_low, close=bar.mark)

    def open_interest(self, asset: str, at: float) -> float:
        """Return what is open on all venues at a moment, in base units, of one side."""
        return self._bar_at(asset, at).open_interest if asset in ASSETS else 0.0

    def mark(self, asset: str, at: float) -> float:
        """Return the mark price in USD."""
        return self._bar_at(asset, at).mark

    def _bar_at(self, asset: str, at: float) -> Bar:
        """Return the bar that holds a moment. Raises KeyError for an unknown asset."""
        opened = math.floor(at / STEP) * STEP
        return self._bars[asset].get(opened) or self._begun(asset, opened)

    def _current(self, asset: str, now: float) -> Bar:
        """Return the bar that goes on now; one that just begins is remembered."""
        opened, bars = math.floor(now / STEP) * STEP, self._bars[asset]
        if (bar := bars.get(opened)) is None:
            bar = bars[opened] = self._begun(asset, opened)
            if len(bars) > KEPT:
                del bars[next(iter(bars))]
        return bar

    def _begun(self, asset: str, opened: int) -> Bar:
        """Return a bar of the past, or a new one that goes on where the last one ended."""
        if opened + STEP <= self._waves_end[asset].at:
            return self._waved(asset, opened)
        if asset not in self._pasts:
            begin = self._waves.price(asset, opened) if opened < self._start else self._last[asset]
            return self._new(asset, opened, begin)
        place = (opened - self._grid) // STEP
        if place < 0:
            return _of_past(self._pasts[asset], place, opened)
        return self._new(asset, opened, self._last[asset])

    def _waved(self, asset: str, opened: int) -> Bar:
        """Return a bar of the slow waves."""
        bar = self._new(asset, opened, self._waves.price(asset, opened))
        bar.close = bar.mark = self._waves.price(asset, opened + STEP)
        above, below = self._waves.beyond(asset, opened)
        bar.high = bar.mark_high = max(bar.open, bar.close) * (1 + above)
        bar.low = bar.mark_low = min(bar.open, bar.close) * (1 - below)
        if asset in self._pasts:
            bar.value_usd = bar.open * float(self._pasts[asset].volume.mean())
            bar.open_interest = float(self._pasts[asset].open_interest[0])
        return bar

    def _new(self, asset: str, opened: int, begin: float) -> Bar:
        """Return a bar that has got from where it begins to the last price."""
        last = self._last[asset]
        high, low = max(begin, last), min(begin, last)
        if asset in self._pasts:
            mark, interest = self._mark[asset], self._interest[asset]
            return Bar(opened, begin, high, low, last, 0.0, mark, mark, mark, interest)
        value = self._waves.value_usd(asset, opened)
        interest = self._waves.open_interest(asset, opened)
        return Bar(opened, begin, high, low, last, value, high, low, last, interest)

    def _end_of_waves(self, asset: str) -> End:
        if asset not in self._pasts:
            return End(self._start, self._last[asset])
        past = self._pasts[asset]
        return End(self._grid - STEP * len(past.open), float(past.open[0]))


def _of_past(past: Candles, place: int, opened: int) -> Bar:
    return Bar(
        opened,
        float(past.open[place]),
        float(past.high[place]),
        float(past.low[place]),
        float(past.close[place]),
        float(past.volume[place] * past.vwap[place]),
        float(past.mark_high[place]),
        float(past.mark_low[place]),
        float(past.mark_close[place]),
        float(past.open_interest[place]),
        float(past.taker_buy[place]),
    )
