"""From density to probability: that at least q is liquidated if the price trades through."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heatmap.scoring.arrays import Flags, Ints, summed
from heatmap.scoring.course import Course
from heatmap.scoring.trailing import Day
from heatmap.zones.series import Floats

DECILES = np.arange(1, 10) / 10
PRIOR = 5
"""Bins of the base rate that each decile starts with."""


@dataclass(frozen=True)
class Outcomes:
    """Whether at least q was liquidated in each cell, q known before its day; all (C,)."""

    least: Floats
    """q in USD: the median notional of the trailing bins that had any; NaN where none had."""
    is_hit: Flags
    base: Floats
    """Share of the trailing bins with at least q: what one says who knows nothing."""


@dataclass(frozen=True)
class Probabilities:
    """What a forecast says of each cell, by its decile among the trailing bins; all (C,)."""

    chance: Floats
    decile: Ints


def outcomes(course: Course) -> Outcomes:
    """Return what happened in every cell, by the q of its day."""
    notional = course.realised.in_cell
    least, base = np.full((2, len(notional)), np.nan)
    for day in course.days:
        earlier = notional[_trailing(course, day)]
        if earlier.any():
            q = np.median(earlier[earlier > 0])
            least[day.cells], base[day.cells] = q, (earlier >= q).mean()
    return Outcomes(least, notional >= least, base)


def probabilities(course: Course, density: Floats, happened: Outcomes) -> Probabilities:
    """Return the chances that a density (C,) stands for, NaN where nothing was there to learn."""
    chance = np.full(len(density), np.nan)
    decile = np.zeros(len(density), dtype=np.int64)
    for day in course.days:
        earlier = _trailing(course, day)
        earlier = earlier[~np.isnan(density[earlier])]
        least = happened.least[day.cells]
        if len(earlier) and np.isfinite(least).any():
            hits = course.realised.in_cell[earlier] >= least[0]
            edges = np.quantile(density[earlier], DECILES)
            decile[day.cells] = np.searchsorted(edges, density[day.cells], side="right")
            chance[day.cells] = _chances(edges, density[earlier], hits)[decile[day.cells]]
    return Probabilities(chance, decile)


def rising(values: Floats, weights: Floats) -> Floats:
    """Return the nearest sequence that never falls: neighbours that do are pooled."""
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        block = (float(value), float(weight), 1)
        while blocks and blocks[-1][0] > block[0]:
            mean, heavy, count = blocks.pop()
            total = heavy + block[1]
            block = ((mean * heavy + block[0] * block[1]) / total, total, count + block[2])
        blocks.append(block)
    return np.repeat([mean for mean, _, _ in blocks], [count for _, _, count in blocks])


def _chances(edges: Floats, density: Floats, hits: Flags) -> Floats:
    place = np.searchsorted(edges, density, side="right")
    count = summed(place, np.ones(len(place)), len(edges) + 1)
    hit = summed(place, hits, len(edges) + 1)
    return rising((hit + PRIOR * hits.mean()) / (count + PRIOR), count + PRIOR)


def _trailing(course: Course, day: Day) -> NDArray[np.int64]:
    """Return the recorded cells of the days before."""
    recorded = np.flatnonzero(course.cells.is_recorded[day.trailing_cells])
    return np.asarray(day.trailing_cells.start + recorded)
