"""How much is liquidated in a window and side, whatever the bin, given how far the price went."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heatmap.scoring.arrays import Ints, Sums, summed
from heatmap.scoring.course import Counted, Course
from heatmap.scoring.flags import Zones
from heatmap.zones.grid import WIDTH
from heatmap.zones.series import Floats

DEPTHS = ("depth_squared", "depth_volume")
"""N6 and N7."""
LEAST = 0.01
"""Of the trailing mean, below which no expectation goes: nobody may say never."""


@dataclass(frozen=True)
class Guess:
    """What is said of each window and side in the order of `window * 2 + side`, (2N,)."""

    name: str
    expected: Floats
    is_notional: bool
    """In USD as it is; else it is scaled by what the trailing days realised."""


def depth_guesses(course: Course) -> list[Guess]:
    """Return N6, the square of the swept depth, and N7, depth times traded volume."""
    depth = _totals(course, np.ones(len(course.cells.bin))) * WIDTH
    volume = np.repeat(_volumes(course), 2)
    return [Guess(DEPTHS[0], depth**2, False), Guess(DEPTHS[1], depth * volume, False)]


def guess(course: Course, zones: Zones) -> Guess:
    """Return a forecast's sum over the swept bins."""
    forecast = zones.forecast
    density = np.nan_to_num(course.at_cells(zones.density))
    usd = course.usd_per_unit[course.spots] if forecast.is_quantity else 1.0
    return Guess(forecast.name, _totals(course, density * usd), forecast.is_quantity)


def total_sums(course: Course, counted: Counted, said: Guess) -> Sums:
    """Return the daily sums that rank correlation, deviance and the top tenth are made of."""
    real = _totals(course, course.realised.in_cell)
    bins = _totals(course, np.ones(len(course.cells.bin)))
    expected, mean = _scaled(course, said, real, bins > 0)
    pairs = _pairs(counted)
    pairs = pairs[(bins[pairs] > 0) & ~np.isnan(mean[pairs])]
    day, days = counted.window_day[pairs // 2], len(counted.days)
    columns = _columns(said.expected[pairs], expected[pairs], mean[pairs], real[pairs])
    return {name: summed(day, column, days) for name, column in columns.items()}


def _columns(raw: Floats, expected: Floats, mean: Floats, real: Floats) -> Sums:
    a, b = _centred_ranks(raw), _centred_ranks(real)
    at_least = np.maximum(expected, LEAST * mean)
    top = np.zeros(len(raw))
    top[np.argsort(-raw, kind="stable")[: len(raw) // 10]] = 1.0
    return {
        "rank_product": a * b,
        "rank_said": a * a,
        "rank_real": b * b,
        "deviance": deviances(real, at_least),
        "deviance_base": deviances(real, mean),
        "top_real": top * real,
        "total_real": real,
        "total_said": expected,
    }


def _scaled(course: Course, said: Guess, real: Floats, is_swept: np.ndarray) -> tuple[Floats, ...]:
    """Return expectations in USD and the trailing mean of each window's day, NaN if unknown."""
    scale, mean = np.full((2, len(real)), np.nan)
    for day in course.days:
        own = slice(2 * day.windows.start, 2 * day.windows.stop)
        pairs = np.arange(2 * day.trailing_windows.start, 2 * day.trailing_windows.stop)
        pairs = pairs[is_swept[pairs]]
        realised, expected = real[pairs].sum(), said.expected[pairs].sum()
        if realised > 0 and (expected > 0 or said.is_notional):
            scale[own] = 1.0 if said.is_notional else realised / expected
            mean[own] = realised / len(pairs)
    return said.expected * scale, mean


def _totals(course: Course, values: Floats) -> Floats:
    """Return sums over the recorded cells of each window and side, (2N,)."""
    cells = course.cells
    pair = cells.window * 2 + cells.side
    return summed(pair, values * cells.is_recorded, 2 * len(course.windows.at))


def _volumes(course: Course) -> Floats:
    """Return the volume traded in the recorded candles of each window after its lead, (N,)."""
    volume = np.nan_to_num(course.market.series.volume) * course.realised.is_recorded
    summed = np.concatenate([[0.0], np.cumsum(volume)])
    first = course.windows.first_candle
    return np.asarray(
        summed[first + course.terms.candles] - summed[first + course.terms.lead_candles]
    )


def _pairs(counted: Counted) -> Ints:
    return np.sort(np.concatenate([counted.windows * 2, counted.windows * 2 + 1]))


def _centred_ranks(values: Floats) -> Floats:
    """Return ranks, equal values sharing theirs, with mean zero."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count + 1) / 2)[place]
    return rank - rank.mean() if len(rank) else rank


def deviances(real: Floats, expected: Floats) -> Floats:
    """Return Poisson deviances of positive expectations."""
    ratio = np.where(real > 0, real, 1.0) / expected
    return 2 * (np.where(real > 0, real * np.log(ratio), 0.0) - (real - expected))
