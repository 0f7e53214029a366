"""A forecast must not change when the future is taken away."""

from __future__ import annotations

import numpy as np

from exchanges.errors import LooksAhead
from heatmap.scoring.course import Course
from heatmap.scoring.field import Forecast
from heatmap.scoring.market import until
from heatmap.scoring.predictors import Density, Predictor

PROBES = 5
RELATIVE = 1e-4


def audit(course: Course, predictor: Predictor, forecast: Forecast) -> None:
    """Ask the predictor again with the market cut off at a few snapshots.

    Raises `LooksAhead` when an answer differs from the one given with the whole market at hand.
    """
    scored = np.flatnonzero(course.windows.at >= course.since)
    for place in np.unique(np.linspace(0, len(scored) - 1, PROBES).astype(np.int64)):
        time = course.windows.at[scored[place] : scored[place] + 1]
        known = until(course.market, time[0])
        alone = np.asarray(predictor.density(known, time, course.prices), dtype=np.float32)
        if not _are_equal(alone, forecast.at(time)):
            raise LooksAhead(
                f"{forecast.name} says something else for {time[0]} when it does not have the "
                "market after that. Let it use only what was closed by the snapshot's time."
            )


def _are_equal(one: Density, other: Density) -> bool:
    scale = float(np.nanmax(np.abs(other))) if not np.isnan(other).all() else 0.0
    return bool(
        np.allclose(one, other, rtol=RELATIVE, atol=RELATIVE * RELATIVE * scale, equal_nan=True)
    )
