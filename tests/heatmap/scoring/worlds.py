"""Small markets in which positions are liquidated where the mark really finds them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from heatmap.zones.grid import BINS, LONG, SHORT, WIDTH, bins_of, first_bin_around, prices_of
from heatmap.zones.series import STEP_SECONDS, Columns, Events, Series

START = np.datetime64("2026-01-01T00:00:00", "s")
CANDLES_A_DAY = 288
PRICE = 100_000.0


@dataclass(frozen=True)
class World:
    series: Series
    events: Events
    truth: Columns
    """The true levels at each full hour."""


def day(number: float) -> np.datetime64:
    """The time so many days after the first candle."""
    return START + np.timedelta64(int(number * 86_400), "s")


def a_series(close: Any, low: Any = None, high: Any = None, **fields: Any) -> Series:
    """Candles with these closes; what is not given is the close, or ordinary."""
    close = np.asarray(close, dtype=np.float64)
    low = close if low is None else np.asarray(low, dtype=np.float64)
    high = close if high is None else np.asarray(high, dtype=np.float64)
    steps = np.arange(len(close)) * np.timedelta64(STEP_SECONDS, "s")
    series = Series(
        exchange="venue",
        symbol="BTCUSDT",
        opened_at=START + steps,
        open=close,
        high=high,
        low=low,
        close=close,
        volume=np.ones(len(close)),
        open_interest=np.full(len(close), 1000.0),
        mark_high=high,
        mark_low=low,
        taker_buy=np.full(len(close), np.nan),
        is_bridged=np.zeros(len(close), dtype=np.bool_),
    )
    return replace(series, **fields)


def some_events(*rows: tuple[Any, int, float, float]) -> Events:
    """Liquidations of (time, side, price, quantity)."""
    at, side, price, quantity = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Events(
        np.array(at, dtype="datetime64[ms]"),
        np.array(side, dtype=np.int8),
        np.array(price, dtype=np.float64),
        np.array(quantity, dtype=np.float64),
    )


def world(days: int = 24, seed: int = 1) -> World:
    """A random walk; each candle opens positions on both sides, the mark liquidates them."""
    chance = np.random.default_rng(seed)
    count = days * CANDLES_A_DAY
    close = PRICE * np.exp(np.cumsum(chance.standard_t(4, count) * 0.0011))
    opened = np.concatenate([[PRICE], close[:-1]])
    high = np.maximum(opened, close) * np.exp(chance.exponential(0.0004, count))
    low = np.minimum(opened, close) * np.exp(-chance.exponential(0.0004, count))
    volume = chance.lognormal(0, 1, count)
    series = a_series(close, low, high, open=opened, volume=volume)
    return World(series, *_liquidated(series, chance))


def _liquidated(series: Series, chance: np.random.Generator) -> tuple[Events, Columns]:
    first = first_bin_around(PRICE)
    lows, highs = bins_of(series.mark_low) - first, bins_of(series.mark_high) - first
    entry = bins_of(series.close) - first
    levels = np.zeros((2, BINS))
    rows, hours, truth = [], [], []
    for i in range(len(entry)):
        rows += _crossed(levels, LONG, slice(int(lows[i]), BINS), i, first)
        rows += _crossed(levels, SHORT, slice(0, int(highs[i]) + 1), i, first)
        levels *= 0.9995
        for side, sign in ((LONG, -1), (SHORT, 1)):
            if chance.random() < 0.5:
                away = int(np.exp(chance.uniform(np.log(4), np.log(150))))
                levels[side, entry[i] + sign * away] += chance.lognormal(0, 1)
        if (i + 1) % 12 == 0:
            hours.append(series.opened_at[i] + np.timedelta64(STEP_SECONDS, "s"))
            truth.append(levels.copy())
    columns = Columns(
        np.array(hours),
        np.full(len(hours), first, dtype=np.int64),
        np.array(truth, dtype=np.float32),
    )
    return some_events(*rows), columns


def _crossed(
    levels: np.ndarray, side: int, swept: slice, candle: int, first: int
) -> list[tuple[Any, int, float, float]]:
    """Take the levels that the mark crossed, as events in the middle of the candle."""
    spots = swept.start + np.flatnonzero(levels[side, swept])
    at = START + np.timedelta64(candle * STEP_SECONDS + STEP_SECONDS // 2, "s")
    rows = [
        (at, side, float(prices_of(first + b) * (1 + WIDTH / 2)), float(levels[side, b]))
        for b in spots
    ]
    levels[side, swept] = 0.0
    return rows
