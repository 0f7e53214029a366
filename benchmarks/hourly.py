"""Hourly candles as five-minute ones, so that what was recorded by the hour can be scored.

Within an hour the price goes straight from its open over one end of its range to the other and to
its close, at an even pace; the nearer end for its colour comes first. So no step has the whole
range, and each starts where the one before ended.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heatmap.zones.series import STEP_SECONDS, Floats, Series, Times

STEPS = 12


@dataclass(frozen=True)
class Hours:
    """Hourly candles without a hole, with the open interest in USD at each close; all (H,)."""

    opened_at: Times
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    interest_usd: Floats


def spread(exchange: str, symbol: str, hours: Hours) -> Series:
    """Return each hour as STEPS candles; volume falls on them evenly, open interest runs evenly."""
    edges, highs, lows = _paths(hours)
    count = len(hours.open) * STEPS
    times = hours.opened_at[0] + np.arange(count) * np.timedelta64(STEP_SECONDS, "s")
    high, low = highs.ravel(), lows.ravel()
    return Series(
        exchange,
        symbol,
        times.astype("datetime64[s]"),
        edges[:, :-1].ravel(),
        high,
        low,
        edges[:, 1:].ravel(),
        np.repeat(hours.volume / STEPS, STEPS),
        _evenly(hours.interest_usd / hours.close),
        high,
        low,
        np.full(count, np.nan),
        np.zeros(count, dtype=np.bool_),
    )


def as_steps(exchange: str, symbol: str, hours: Hours, times: Times) -> Series:
    """Return the first hours as candles that open at these times, (T,), whatever their length."""
    count = len(times)
    high, low = hours.high[:count], hours.low[:count]
    return Series(
        exchange,
        symbol,
        times,
        hours.open[:count],
        high,
        low,
        hours.close[:count],
        hours.volume[:count],
        (hours.interest_usd / hours.close)[:count],
        high,
        low,
        np.full(count, np.nan),
        np.zeros(count, dtype=np.bool_),
    )


def _paths(hours: Hours) -> tuple[Floats, Floats, Floats]:
    """Return the prices between steps (H, STEPS + 1), and each step's high and low (H, STEPS)."""
    rose = hours.close >= hours.open
    second = np.where(rose, hours.low, hours.high)
    third = np.where(rose, hours.high, hours.low)
    corners = np.stack([hours.open, second, third, hours.close], axis=1)
    edges = np.empty((len(corners), STEPS + 1))
    highs, lows = np.empty((2, len(corners), STEPS))
    for hour, corner in enumerate(corners):
        gone = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(corner)))])
        at = np.linspace(0, gone[-1], STEPS + 1)
        # Where nothing moved all corners are one.
        edges[hour] = np.interp(at, gone, corner) if gone[-1] else corner[0]
        step = np.clip(np.searchsorted(at, gone[1:3], side="right") - 1, 0, STEPS - 1)
        highs[hour] = np.maximum(edges[hour, :-1], edges[hour, 1:])
        lows[hour] = np.minimum(edges[hour, :-1], edges[hour, 1:])
        np.maximum.at(highs[hour], step, corner[1:3])
        np.minimum.at(lows[hour], step, corner[1:3])
    return edges, highs, lows


def _evenly(at_closes: Floats) -> Floats:
    before = np.concatenate((at_closes[:1], at_closes[:-1]))
    parts = np.arange(1, STEPS + 1) / STEPS
    runs: Floats = before[:, None] + (at_closes - before)[:, None] * parts
    return runs.ravel()
