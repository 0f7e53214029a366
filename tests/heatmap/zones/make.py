"""Markets for tests: random walks of price, volume and open interest."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from hypothesis import strategies as st

from heatmap.zones.binance_tiers import SHIPPED
from heatmap.zones.engine import Advance, State, advance, start
from heatmap.zones.kernel import Kernel, flat_kernel
from heatmap.zones.series import STEP_SECONDS, Events, Series

BEGIN = np.datetime64("2026-01-01T00:00:00", "s")
STEP = np.timedelta64(STEP_SECONDS, "s")
FLAT = flat_kernel(SHIPPED["BTCUSDT"])


def market(
    candles: int = 600, seed: int = 0, move: float = 0.0015, noise: float = 5e-4, price: float = 6e4
) -> Series:
    """Return a series with heavy tails; `move` and `noise` are of price and open interest."""
    draw = np.random.default_rng(seed)
    close = price * np.exp(np.cumsum(draw.standard_t(4, candles)) * move)
    opened = np.concatenate(([price], close[:-1]))
    high = np.maximum(opened, close) * (1 + move * draw.random(candles))
    low = np.minimum(opened, close) * (1 - move * draw.random(candles))
    return Series(
        exchange="binance",
        symbol="BTCUSDT",
        opened_at=BEGIN + np.arange(candles) * STEP,
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=draw.lognormal(3, 1.5, candles) * (draw.random(candles) > 0.1),
        open_interest=1e4 * np.exp(np.cumsum(draw.normal(0, noise, candles))),
        mark_high=high - (high - np.maximum(opened, close)) * draw.random(candles),
        mark_low=low + (np.minimum(opened, close) - low) * draw.random(candles),
        taker_buy=np.where(draw.random(candles) > 0.3, draw.random(candles), np.nan),
        is_bridged=np.zeros(candles, dtype=bool),
    )


def still(candles: int, price: float = 100.05) -> Series:
    """Return candles in which nothing moves; the price lies in the middle of its bin."""
    flat, none = np.full(candles, price), np.zeros(candles, dtype=bool)
    volume, interest = np.full(candles, 10.0), np.full(candles, 1000.0)
    at, unknown = BEGIN + np.arange(candles) * STEP, np.full(candles, np.nan)
    prices = (flat, flat, flat, flat, volume, interest, flat, flat)
    return Series("x", "BTCUSDT", at, *prices, unknown, none)


markets = st.builds(
    market,
    candles=st.integers(20, 250),
    seed=st.integers(0, 2**32),
    move=st.sampled_from((0.0005, 0.003, 0.03, 0.2)),
    noise=st.sampled_from((0.0, 1e-4, 0.01, 0.3)),
    price=st.sampled_from((6e4, 1.0, 3e-6)),
)


def part(series: Series, begin: int, end: int) -> Series:
    """Return the candles from one to before another."""
    arrays = {
        field.name: getattr(series, field.name)[begin:end]
        for field in fields(Series)
        if field.name not in ("exchange", "symbol")
    }
    return Series(series.exchange, series.symbol, **arrays)


def replayed(series: Series, kernel: Kernel = FLAT) -> tuple[State, Advance]:
    """Return the state after a whole series, and what came of it."""
    state = start(series)
    return state, advance(state, series, kernel)


def events_of(series: Series, consumed: np.ndarray, unit: float, seed: int = 3) -> Events:
    """Return Poisson liquidations of a unit's multiples with these means (T, 2)."""
    drawn = np.random.default_rng(seed).poisson(consumed / unit).astype(np.float64) * unit
    candle, side = np.nonzero(drawn)
    at = (series.opened_at[candle] + STEP // 2).astype("datetime64[ms]")
    price = np.where(side == 0, series.mark_low[candle], series.mark_high[candle])
    return Events(at, side.astype(np.int8), price, drawn[candle, side])
