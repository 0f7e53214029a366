"""The model of predicted zones: a month of ten venues, one candle of them, a fit, a cell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from time import perf_counter

import numpy as np

from benchmarks.figures import IS_QUICK, milliseconds
from heatmap.zones.binance_tiers import SHIPPED
from heatmap.zones.engine import Advance, advance, start
from heatmap.zones.explain import explain
from heatmap.zones.fitting import fit_kernel
from heatmap.zones.grid import LONG
from heatmap.zones.kernel import flat_kernel
from heatmap.zones.series import STEP_SECONDS, Events, Series

VENUES = 2 if IS_QUICK else 10
CANDLES = 288 if IS_QUICK else 30 * 288
LATER = 100
ASKED = 2 if IS_QUICK else 5
STEP = np.timedelta64(STEP_SECONDS, "s")
FLAT = flat_kernel(SHIPPED["BTCUSDT"])


def measure() -> Iterator[tuple[str, str]]:
    """Yield (what, figure); each venue has its own prices, volumes and open interest."""
    venues = [_market(seed, CANDLES + LATER) for seed in range(VENUES)]
    month = [_part(series, 0, CANDLES) for series in venues]
    yield f"{VENUES} venues x {CANDLES:,} candles", _time(lambda: [_replay(s) for s in month])
    yield f"one candle of {VENUES} venues", _one_candle(venues)
    series = month[0]
    consumed = advance(start(series), series, FLAT).steps.consumed
    events, day = _events(series, consumed), series.opened_at[-1] + STEP
    what = f"kernel fit of a venue, {len(events.at):,} events"
    yield what, _time(lambda: fit_kernel(series, events, day, FLAT))
    price = float(series.close[-1]) * 0.98
    yield (
        "a cell explained",
        _time(lambda: explain(series, [(series.opened_at[0], FLAT)], day, price, LONG)),
    )


def _replay(series: Series) -> Advance:
    return advance(start(series), series, FLAT)


def _one_candle(venues: list[Series]) -> str:
    states = [start(series) for series in venues]
    for state, series in zip(states, venues, strict=True):
        advance(state, _part(series, 0, CANDLES), FLAT)
    times = []
    for at in range(CANDLES, CANDLES + LATER):
        candles = [_part(series, at, at + 1) for series in venues]
        begin = perf_counter()
        for state, candle in zip(states, candles, strict=True):
            advance(state, candle, FLAT)
        times.append(perf_counter() - begin)
    return milliseconds(times, 50, 95)


def _time(work: Callable[[], object]) -> str:
    times = []
    for _ in range(ASKED):
        begin = perf_counter()
        work()
        times.append(perf_counter() - begin)
    return milliseconds(times, 50, 95)


def _market(seed: int, candles: int) -> Series:
    draw = np.random.default_rng(seed)
    close = 60_000 * np.exp(np.cumsum(draw.standard_t(4, candles)) * 0.0009)
    opened = np.concatenate(([60_000], close[:-1]))
    high = np.maximum(opened, close) * (1 + 0.0005 * draw.random(candles))
    low = np.minimum(opened, close) * (1 - 0.0005 * draw.random(candles))
    at = np.datetime64("2026-01-01", "s") + np.arange(candles) * STEP
    volume = draw.lognormal(5, 1, candles)
    interest = 1e5 * np.exp(np.cumsum(draw.normal(0, 4e-4, candles)))
    rest = (draw.random(candles), np.zeros(candles, dtype=bool))
    return Series(
        str(seed), "BTCUSDT", at, opened, high, low, close, volume, interest, high, low, *rest
    )


def _part(series: Series, begin: int, end: int) -> Series:
    names = [field.name for field in fields(Series)][2:]
    arrays = {name: getattr(series, name)[begin:end] for name in names}
    return Series(series.exchange, series.symbol, **arrays)


def _events(series: Series, consumed: np.ndarray) -> Events:
    drawn = np.random.default_rng(1).poisson(consumed / 5).astype(np.float64) * 5
    candle, side = np.nonzero(drawn)
    at = (series.opened_at[candle] + STEP // 2).astype("datetime64[ms]")
    return Events(at, side.astype(np.int8), series.close[candle], drawn[candle, side])
