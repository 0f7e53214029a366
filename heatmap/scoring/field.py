"""All forecasts of a scorecard, made once and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from exchanges.errors import NotScorable
from heatmap.scoring.arrays import Flags
from heatmap.scoring.course import Course
from heatmap.scoring.predictors import Density, Predictor
from heatmap.scoring.terms import AGES
from heatmap.zones.series import Times


@dataclass(frozen=True)
class Forecast:
    """What a predictor said at each of the times that a scorecard asks about."""

    name: str
    is_quantity: bool
    times: Times
    density: Density
    """(len(times), 2, prices.count), NaN rows where nothing was known."""

    def at(self, times: Times) -> Density:
        """Return the rows for these times, all of which were asked about."""
        return self.density[np.searchsorted(self.times, times)]


def forecasts(course: Course, predictors: Mapping[str, Predictor]) -> list[Forecast]:
    """Return every predictor's forecast; raises `NotScorable` for one that makes no sense."""
    times = asked_times(course)
    return [_forecast(name, predictors[name], course, times) for name in predictors]


def asked_times(course: Course) -> Times:
    """Return the windows' snapshots, and those that are older by each age."""
    at = course.windows.at
    older = [at - np.timedelta64(hours, "h") for hours in AGES]
    return np.unique(np.concatenate([at, *older]))


def _forecast(name: str, predictor: Predictor, course: Course, times: Times) -> Forecast:
    density = np.asarray(predictor.density(course.market, times, course.prices), dtype=np.float32)
    wanted = (len(times), 2, course.prices.count)
    if density.shape != wanted:
        raise NotScorable(f"{name} answered densities of {density.shape}, asked were {wanted}.")
    is_unknown = np.isnan(density)
    if not (is_unknown.all(axis=(1, 2)) == is_unknown.any(axis=(1, 2))).all():
        raise NotScorable(f"{name} knows a part of a snapshot only: fill it, or leave it out.")
    if (density < 0).any() or np.isinf(density).any():
        raise NotScorable(f"{name} has densities that are negative or not finite.")
    return Forecast(name, predictor.is_quantity, times, density)


def is_known(density: Density) -> Flags:
    """Return which rows say something, (N,)."""
    return ~np.isnan(density[:, 0, 0])
