"""Where a forecast has zones: bins denser than a threshold that earlier days have set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heatmap.scoring.arrays import Flags
from heatmap.scoring.course import Course
from heatmap.scoring.field import Forecast, is_known
from heatmap.scoring.predictors import Density
from heatmap.zones.series import Floats

FEWEST_BINS = 50
"""Trailing swept bins below which a day has no threshold."""


@dataclass(frozen=True)
class Zones:
    """A forecast's zones in each window."""

    forecast: Forecast
    density: Density
    """At the windows' snapshots; (N, 2, prices.count)."""
    ranked: Floats
    """The closed density at each cell, what zones are chosen by; (C,)."""
    flagged: Flags
    """(N, 2, prices.count)."""
    is_known: Flags
    """Which windows have zones, if none at least by a threshold; (N,)."""


def zones_of(course: Course, forecast: Forecast, hours: int = 0) -> Zones:
    """Return the zones by snapshots so many hours before each window's time."""
    density = forecast.at(course.windows.at - np.timedelta64(hours, "h"))
    whole = closed(density)
    ranked = course.at_cells(whole)
    threshold = thresholds(course, ranked)
    flagged = dilated(whole > threshold[:, None, None], course.terms.tolerance_bins)
    return Zones(forecast, density, ranked, flagged, is_known(density) & np.isfinite(threshold))


def thresholds(course: Course, ranked: Floats) -> Floats:
    """Return each window's threshold, NaN where the days before swept too few bins, (N,).

    It is the quantile that leaves the zone share of the bins swept in the trailing days above.
    Whether events were recorded then does not matter: the path alone counts.
    """
    threshold = np.full(len(course.windows.at), np.nan)
    for day in course.days:
        earlier = ranked[day.trailing_cells][course.cells.is_led[day.trailing_cells]]
        earlier = earlier[~np.isnan(earlier)]
        if len(earlier) >= FEWEST_BINS:
            threshold[day.windows] = np.quantile(earlier, 1 - course.terms.zone_share)
    return threshold


def closed(density: Density) -> Density:
    """Return the density with each bin at least as high as the lower of its two neighbours.

    Zones of it are zones of the density with gaps of one bin joined, whatever the threshold.
    """
    joined = density.copy()
    between = np.minimum(density[..., :-2], density[..., 2:])
    np.maximum(density[..., 1:-1], between, out=joined[..., 1:-1])
    return joined


def dilated(flagged: Flags, bins: int) -> Flags:
    """Return zones widened by so many bins on each edge."""
    wide = flagged.copy()
    for shift in range(1, bins + 1):
        wide[..., shift:] |= flagged[..., :-shift]
        wide[..., :-shift] |= flagged[..., shift:]
    return wide
