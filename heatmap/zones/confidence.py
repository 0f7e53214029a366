"""How often bins as dense as this one were hit when price went through them, and in one word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from heatmap.zones.series import Floats
from heatmap.zones.swept import Swept

Word = Literal["low", "medium", "high"]
Completeness = Literal["complete", "sampled", "partial"]

LEAST_COVERAGE = 0.5
LEAST_SAMPLES = 30
_CLASSES = 10
_PRIOR = 5
_DRAWS = 500
_LOWER = 0.025


@dataclass(frozen=True)
class Confidence:
    """P(at least q liquidated in a bin | price trades through it), and what it rests on."""

    p: float
    n: int
    """Swept bins of like density in the last days."""
    lower: float
    """Of p: 2.5 % of resampled days lie below."""
    base: float
    """The same probability of any swept bin."""
    coverage: float
    word: Word


@dataclass(frozen=True)
class Calibration:
    """What the last days taught about one symbol on one exchange; empty ones know nothing."""

    least_quantity: float
    """q: the median of what was liquidated in the bins where any was."""
    base: float
    edges: Floats
    """Densities between the classes, rising; (classes - 1,)."""
    p: Floats
    """By class, never falling; (classes,)."""
    lower: Floats
    n: NDArray[np.int64]

    def of(self, density: float, coverage: float, completeness: Completeness | None) -> Confidence:
        """Return the confidence in a bin, or in a zone by its densest bin.

        `coverage` is the share of the open interest whose opening was seen; `completeness` that
        of the exchange's feed of liquidations, None when there is none.
        """
        at = int(np.searchsorted(self.edges, density, side="left"))
        p, n, lower = float(self.p[at]), int(self.n[at]), float(self.lower[at])
        word = _word(n, lower > self.base, coverage, completeness)
        return Confidence(p, n, lower, self.base, coverage, word)


def _word(n: int, is_above: bool, coverage: float, completeness: Completeness | None) -> Word:
    if coverage < LEAST_COVERAGE or n < LEAST_SAMPLES or completeness is None:
        return "low"
    if completeness != "complete":
        return "medium" if is_above else "low"
    return "high" if is_above else "medium"


def calibrate(swept: Swept, amounts: Floats, seed: int = 7) -> Calibration:
    """Return what swept bins (N,) and what was liquidated in each of them teach.

    The caller gives only what was over before the moment of use (`Swept.until`).
    """
    hit_amounts = amounts[amounts > 0]
    if not len(hit_amounts):
        return _empty()
    least = float(np.median(hit_amounts))
    hits = amounts >= least
    base = float(hits.mean())
    edges = np.unique(np.quantile(swept.quantity, np.arange(1, _CLASSES) / _CLASSES))
    classes = np.searchsorted(edges, swept.quantity, side="left")
    _, days = np.unique(swept.at.astype("datetime64[D]"), return_inverse=True)
    n, hit = _by_day(days, classes, len(edges) + 1, hits)
    totals = n.sum(axis=0)
    p = _rising(_shrunk(hit.sum(axis=0), totals, base), totals)
    return Calibration(least, base, edges, p, _lower(n, hit, base, p, seed), totals)


def _empty() -> Calibration:
    none = np.zeros(1)
    return Calibration(np.inf, 0.0, np.empty(0), none, none, np.zeros(1, dtype=np.int64))


def _by_day(
    days: NDArray[np.int64], classes: NDArray[np.int64], count: int, hits: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many bins were swept and how many of them hit; (days, classes) each."""
    cells, size = days * count + classes, (int(days.max()) + 1) * count
    swept = np.bincount(cells, minlength=size).reshape(-1, count)
    return swept, np.bincount(cells[hits], minlength=size).reshape(-1, count)


def _shrunk(hits: NDArray[np.integer], n: NDArray[np.integer], base: float) -> Floats:
    shrunk: Floats = (hits + _PRIOR * base) / (n + _PRIOR)
    return shrunk


def _lower(
    n: NDArray[np.int64], hits: NDArray[np.int64], base: float, p: Floats, seed: int
) -> Floats:
    """Return the lower bounds of p when whole days are drawn again; (classes,)."""
    draw = np.random.default_rng(seed)
    times = draw.multinomial(len(n), np.full(len(n), 1 / len(n)), _DRAWS)
    drawn = _shrunk(times @ hits, times @ n, base)
    return np.minimum(np.maximum.accumulate(np.quantile(drawn, _LOWER, axis=0)), p)


def _rising(p: Floats, weights: NDArray[np.int64]) -> Floats:
    """Return the nearest values that never fall: neighbours that fall are pooled."""
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(p.tolist(), np.maximum(weights, 1e-9).tolist(), strict=True):
        pools.append((value, weight, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (one, its, few), (two, other, more) = pools[-2:]
            pools[-2:] = [((one * its + two * other) / (its + other), its + other, few + more)]
    return np.repeat([value for value, _, _ in pools], [count for _, _, count in pools])
