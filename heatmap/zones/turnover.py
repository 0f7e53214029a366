"""What each closed candle says about positions: how many opened, where, and how many closed.

Candle for candle it needs the past alone, and remembers what it needs of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatmap.zones.grid import BINS, LONG, SHORT, bins_of
from heatmap.zones.series import STEP_SECONDS, Floats, Series

OMEGA = 0.30
"""Share of the open interest that is replaced in a day of usual volume."""
MEAN_CANDLES = 7 * 86_400 // STEP_SECONDS
"""Usual volume is the mean of as many candles: seven days."""
MOST_CLOSED = 0.5
"""Of all positions, closed in one candle."""
ENTRY_SHARES = (0.25, 0.5, 0.25)
"""Of a candle's openings, at its typical price less a quarter of its range, at it, and above."""

Bins = NDArray[np.int64]


@dataclass
class Memory:
    """What of the past the next candle needs."""

    open_interest: float
    """At the close of the last candle."""
    untracked: float
    """Positions that were open before the first candle and still are."""
    volumes: Floats
    """Of the last candles, MEAN_CANDLES at most."""
    volume_sum: float
    first_bin: int
    """Of the window that has the price in its middle half."""


class Candle(NamedTuple):
    """What one candle did; as in Turnover."""

    low: int
    high: int
    closed: float
    first_bin: int
    opened: tuple[float, float]
    entries: tuple[int, int, int]


@dataclass(frozen=True)
class Turnover:
    """What T candles did; quantities in the units of the series."""

    opened: Floats
    """Legs opened on each side; (T, 2)."""
    closed: Floats
    """Share of all positions that was closed; (T,)."""
    entries: Bins
    """Bins of the entry points, rising; (T, 3)."""
    low: Bins
    """Bins of the lowest and highest mark price; (T,)."""
    high: Bins
    first_bin: Bins
    """Of the window after each candle; (T,)."""
    coverage: Floats
    """Share of the open interest whose opening was seen, after each candle; (T,)."""

    def candles(self) -> Iterator[Candle]:
        """Yield what each candle did, in plain numbers."""
        columns = (
            self.low,
            self.high,
            self.closed,
            self.first_bin,
            self.opened,
            self.entries,
        )
        yield from map(Candle._make, zip(*(one.tolist() for one in columns), strict=True))

    def first(self, count: int) -> Turnover:
        """Return the first so many candles."""
        return Turnover(*(getattr(self, one.name)[:count] for one in fields(self)))


def memory_at(series: Series) -> Memory:
    """Return the memory with which the first of these candles is met."""
    interest = float(series.open_interest[0])
    middle = int(bins_of(series.open[:1])[0])
    return Memory(interest, interest, np.empty(0), 0.0, middle - BINS // 2)


def turnover(series: Series, memory: Memory, omega: float = OMEGA) -> Turnover:
    """Return what one or more candles did, and bring the memory to their end.

    Many at once or one by one gives the same numbers to the last bit.
    """
    before = np.concatenate(([memory.open_interest], series.open_interest[:-1]))
    gained = series.open_interest - before
    replaced = omega * STEP_SECONDS / 86_400 * before * _relative_volume(series.volume, memory)
    legs = np.maximum(replaced, np.maximum(gained, 0.0))
    closed = _share_closed(legs, gained, before)
    memory.open_interest = float(series.open_interest[-1])
    bins = _bins(series)
    entries = bins[:, :3]
    return Turnover(
        opened=_by_side(legs, series.taker_buy),
        closed=closed,
        entries=entries,
        low=bins[:, 3],
        high=bins[:, 4],
        first_bin=_windows(entries[:, 1], memory),
        coverage=_coverage(closed, series.open_interest, memory),
    )


def _share_closed(legs: Floats, gained: Floats, before: Floats) -> Floats:
    most = before + legs
    share = np.divide(legs - gained, most, out=np.zeros_like(legs), where=most > 0)
    return np.minimum(np.maximum(share, 0.0), MOST_CLOSED)


def _by_side(legs: Floats, taker_buy: Floats) -> Floats:
    opened = np.empty((len(legs), 2))
    opened[:, LONG] = 2 * legs * np.where(np.isnan(taker_buy), 0.5, taker_buy)
    opened[:, SHORT] = 2 * legs - opened[:, LONG]
    return opened


def _relative_volume(volume: Floats, memory: Memory) -> Floats:
    """Return each volume over the mean of the MEAN_CANDLES that end with it; (T,)."""
    past = len(memory.volumes)
    known = np.concatenate((memory.volumes, volume))
    leaving = np.zeros_like(volume)
    left = max(len(known) - MEAN_CANDLES, 0)
    leaving[len(volume) - left :] = known[:left]
    # Added and taken away one after the other, so that the sum does not depend on the batch.
    changes = np.empty(1 + 2 * len(volume))
    changes[0], changes[1::2], changes[2::2] = memory.volume_sum, volume, -leaving
    sums = np.add.accumulate(changes)[2::2]
    counts = np.minimum(past + np.arange(1, len(volume) + 1), MEAN_CANDLES)
    memory.volumes, memory.volume_sum = known[-MEAN_CANDLES:].copy(), float(sums[-1])
    relative = np.divide(volume * counts, sums, out=np.zeros_like(volume), where=sums > 0)
    # No candle has more than all the volume, but rounding may say so.
    return np.minimum(relative, counts)


def _bins(series: Series) -> Bins:
    """Return the bins of the entry points, rising, and of the mark's low and high; (T, 5)."""
    prices = np.empty((len(series.close), 5))
    typical = (series.high + series.low + series.close) / 3
    quarter = (series.high - series.low) / 4
    prices[:, 0], prices[:, 1], prices[:, 2] = typical - quarter, typical, typical + quarter
    prices[:, 3], prices[:, 4] = series.mark_low, series.mark_high
    return bins_of(prices)


def _windows(bins: Bins, memory: Memory) -> Bins:
    """Return the first bin of the window after each candle: moved when the price nears an edge."""
    first, firsts = memory.first_bin, np.empty(len(bins), dtype=np.int64)
    for at, price_bin in enumerate(bins.tolist()):
        if not BINS // 4 <= price_bin - first < BINS - BINS // 4:
            first = price_bin - BINS // 2
        firsts[at] = first
    memory.first_bin = first
    return firsts


def _coverage(closed: Floats, interest: Floats, memory: Memory) -> Floats:
    untracked = np.multiply.accumulate(np.concatenate(([memory.untracked], 1 - closed)))[1:]
    memory.untracked = float(untracked[-1])
    share = np.divide(untracked, interest, out=np.ones_like(interest), where=interest > 0)
    covered: Floats = np.minimum(np.maximum(1 - share, 0.0), 1.0)
    return covered
