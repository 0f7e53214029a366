"""Predicted levels of several exchanges over time, in even price steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from heatmap.answers.grids import MOST_LEVELS, check_price_step
from heatmap.answers.sources import Sources, Wanted, sources, time_of
from heatmap.bins import edge, price_step
from heatmap.shapes.common import SidePair
from heatmap.shapes.predicted import ModelCoverage, PredictedHead
from heatmap.zones.grid import BINS, LONG, SHORT, WIDTH
from heatmap.zones.series import Floats, Times

MODEL = "liqsite-zones"
MOST_CELLS = 80_000
MOST_LEVELS_UNASKED = 100
# Without a range of one's own: from so much of the lowest price to so much of the highest.
LOWEST_SHOWN, HIGHEST_SHOWN = 0.8, 1.25


@dataclass(frozen=True)
class Axis:
    """Price steps: the i-th of `count` begins at `first + i` times `step`."""

    first: int
    count: int
    step: float | None

    @property
    def edges(self) -> Floats:
        """Return the edges of all steps; (count + 1,)."""
        indexes = np.arange(self.first, self.first + self.count + 1, dtype=np.float64)
        return indexes * (self.step or 1.0)

    @cached_property
    def prices(self) -> list[float]:
        """The same edges without the dust of binary fractions."""
        return [edge(self.first + index, self.step or 1.0) for index in range(self.count + 1)]


@dataclass(frozen=True)
class Prediction:
    """Levels of E exchanges at T moments in L price steps, rounded; USD or shares of one."""

    sources: Sources
    axis: Axis
    levels: Floats
    """(T, E, 2, L)."""
    outside: Floats
    """What lies off the price axis; (T, 2)."""
    weights: dict[str, float]
    """Each exchange's sum of both sides and all prices, at the newest moment that has one."""

    def frozen_at(self, moment: int) -> datetime | None:
        """Return when the newest column of a moment froze."""
        newest = self.sources.newest(moment)
        return None if newest is None else time_of(newest)


def predict(wanted: Wanted, moments: Times, step_seconds: int = 1) -> Prediction:
    """Return what was predicted at moments, rising and so many seconds apart (one alone: 1).

    Raises BadParameters for a price step of which there would be too many.
    """
    found = sources(wanted, moments, step_seconds)
    axis = _axis(found)
    levels = np.zeros((len(moments), len(found.exchanges), 2, axis.count))
    outside = np.zeros((len(moments), 2))
    weights, newest = {}, -1
    for at, combined in found.combined():
        rows = [found.exchanges.index(name) for name in combined.exchanges]
        cells = _of_side(combined.cells, wanted.side)
        inside = in_steps(cells, combined.first_bin, axis.edges)
        levels[np.ix_(at, rows)] = np.round(inside, wanted.digits)
        beyond = cells.sum(axis=(0, 2)) - inside.sum(axis=(0, 2))
        outside[at] = np.maximum(np.round(beyond, wanted.digits), 0.0)
        if at[-1] > newest:
            sums = combined.cells.sum(axis=(1, 2)).tolist()
            weights, newest = dict(zip(combined.exchanges, sums, strict=True)), at[-1]
    return Prediction(found, axis, levels, outside, weights)


def in_steps(cells: Floats, first_bin: int, edges: Floats) -> Floats:
    """Return bins (..., BINS) as price steps between edges (L + 1,); (..., L).

    A bin that an edge cuts is split as if it were evenly filled in the logarithm of price.
    """
    places = np.log(np.maximum(edges, 1e-300)) / WIDTH - first_bin
    inside = np.clip(places, 0, BINS)
    whole = np.minimum(inside.astype(np.int64), BINS - 1)
    sums = np.zeros((*cells.shape[:-1], BINS + 1))
    np.cumsum(cells, axis=-1, out=sums[..., 1:])
    reached = sums[..., whole] + (inside - whole) * cells[..., whole]
    steps: Floats = np.maximum(np.diff(reached, axis=-1), 0.0)
    return steps


def _of_side(cells: Floats, side: str | None) -> Floats:
    if side is None:
        return cells
    kept = np.zeros_like(cells)
    at = LONG if side == "long" else SHORT
    kept[:, at] = cells[:, at]
    return kept


def _axis(found: Sources) -> Axis:
    """Return the price steps. Raises BadParameters when there would be too many."""
    wanted = found.wanted
    if not found.leading:
        return Axis(0, 0, wanted.price_bin_size)
    prices = found.frozen.price[found.used(found.leading[0])]
    low = LOWEST_SHOWN * float(prices.min()) if wanted.price_min is None else wanted.price_min
    high = HIGHEST_SHOWN * float(prices.max()) if wanted.price_max is None else wanted.price_max
    high = max(low, high)
    most = max(1, min(MOST_LEVELS, MOST_CELLS // len(found.moments)))
    step = wanted.price_bin_size
    if step is not None:
        check_price_step(low, high, step, most)
    else:
        step = price_step(low, high, max(1, min(MOST_LEVELS_UNASKED, most)))
    first = math.floor(low / step)
    return Axis(first, math.floor(high / step) - first + 1, step)


def head(found: Prediction, start: datetime, end: datetime) -> PredictedHead:
    """Return what a prediction says about itself."""
    own, wanted, axis = found.sources, found.sources.wanted, found.axis
    reference = own.leading[0] if own.leading else None
    is_usd = wanted.weighting == "notional"
    return {
        "layer": "predicted",
        "is_estimate": True,
        "model": MODEL,
        "symbol": wanted.symbol,
        "start": start,
        "end": end,
        "exchanges": list(own.exchanges),
        "reference": reference,
        "reference_price": reference_price(found),
        "zone_weighting": wanted.weighting,
        "unit": "usd" if is_usd else "share",
        "weights": None if is_usd else found.weights,
        "coverage": {name: _coverage(own, name) for name in wanted.exchanges},
        "price_bin_size": axis.step,
        "price_range": {
            "min": axis.prices[0] if axis.count else None,
            "max": axis.prices[-1] if axis.count else None,
        },
    }


def reference_price(found: Prediction) -> float | None:
    """Return the price of the reference when its newest column froze."""
    own = found.sources
    return float(own.frozen.price[own.used(own.leading[0])[-1]]) if own.leading else None


def _coverage(own: Sources, exchange: str) -> ModelCoverage:
    used, frozen = own.used(exchange), own.frozen
    newest = int(used[-1]) if len(used) else None
    return {
        "covered_percent": round(100 * len(used) / len(own.moments), 2),
        "frozen_at": None if newest is None else time_of(frozen.frozen_at[newest]),
        "model_coverage": None if newest is None else float(frozen.coverage[newest]),
        "kernel": None if newest is None else str(frozen.kernel[newest]),
        "is_imputed": exchange in own.imputed,
    }


def pair(sides: NDArray[np.floating]) -> SidePair:
    """Return the numbers of both sides (2,)."""
    return {"long": float(sides[LONG]), "short": float(sides[SHORT])}


def breakdowns(found: Prediction, at: int, held: list[int]) -> list[dict[str, SidePair]]:
    """Return each exchange's part of the price steps that are asked for, without the empty."""
    parts = np.moveaxis(found.levels[at][:, :, held], 2, 0).tolist()
    names = found.sources.exchanges
    return [
        {
            name: {"long": sides[LONG], "short": sides[SHORT]}
            for name, sides in zip(names, level, strict=True)
            if sides[LONG] or sides[SHORT]
        }
        for level in parts
    ]
