"""A forecast's score as sums for each day: every number is a ratio of such sums."""

from __future__ import annotations

import numpy as np

from heatmap.scoring.ages import aged_sums, lead_sums
from heatmap.scoring.arrays import Sums, summed
from heatmap.scoring.calibration import Outcomes, Probabilities
from heatmap.scoring.course import Counted, Course
from heatmap.scoring.flags import Zones
from heatmap.scoring.rings import capture_sums
from heatmap.scoring.totals import guess, total_sums
from heatmap.scoring.touched import touched_sums
from heatmap.zones.grid import LONG, SHORT
from heatmap.zones.series import Floats

BAND_BINS = 50
"""Five percent of the price, on the side where the positions are liquidated."""


def day_sums(
    course: Course, counted: Counted, zones: Zones, happened: Outcomes, says: Probabilities
) -> Sums:
    """Return all daily sums of a forecast by name, (D,) each."""
    return {
        **area_sums(course, counted, zones),
        **_band_sums(course, counted, zones),
        **capture_sums(course, counted, zones),
        **_chance_sums(course, counted, zones, happened, says),
        **touched_sums(course, counted, zones, happened),
        **lead_sums(course, counted, zones),
        **aged_sums(course, counted, zones),
        **total_sums(course, counted, guess(course, zones)),
        **_predicted_sums(course, counted, zones),
    }


def area_sums(course: Course, counted: Counted, zones: Zones) -> Sums:
    """Return what H, H_all and A_path are made of."""
    notional = course.realised.in_cell[counted.cells]
    is_flagged = course.at_cells(zones.flagged)[counted.cells]
    return {
        "hit": counted.per_day(notional * is_flagged),
        "swept": counted.per_day(notional),
        "all": _all_notional(course, counted),
        "flagged": counted.per_day(is_flagged),
        "bins": counted.per_day(np.ones(len(is_flagged))),
    }


def _all_notional(course: Course, counted: Counted) -> Floats:
    """Return the notional of all counted events, those outside of the swept bins too."""
    events = counted.events
    day = counted.window_day[course.realised.window[events]]
    return summed(day, course.realised.notional[events], len(counted.days))


def _band_sums(course: Course, counted: Counted, zones: Zones) -> Sums:
    """Return how many bins of the band are flagged, longs below the price and shorts above."""
    windows = counted.windows[:, None]
    spot = course.windows.start_bin[windows] - course.prices.first_bin
    away = np.arange(BAND_BINS + 1)
    flagged = zones.flagged[windows, LONG, spot - away].sum(axis=1)
    flagged = flagged + zones.flagged[windows, SHORT, spot + away].sum(axis=1)
    day, days = counted.window_day[counted.windows], len(counted.days)
    band = summed(day, np.full(len(day), 2 * len(away)), days)
    return {"band_flagged": summed(day, flagged, days), "band": band}


def _chance_sums(
    course: Course, counted: Counted, zones: Zones, happened: Outcomes, says: Probabilities
) -> Sums:
    """Return squared errors of the chances and of the base rate, and counts of hit bins.

    Cells of days without a q or a calibration count in none of them.
    """
    cells = counted.cells
    chance, base = says.chance[cells], happened.base[cells]
    is_judged = np.isfinite(chance) & np.isfinite(base)
    is_hit = happened.is_hit[cells] & is_judged
    is_flagged = course.at_cells(zones.flagged)[cells] & is_judged
    return {
        "judged": counted.per_day(is_judged),
        "judged_hit": counted.per_day(is_hit),
        "judged_flagged": counted.per_day(is_flagged),
        "judged_flagged_hit": counted.per_day(is_flagged & is_hit),
        "error": counted.per_day(np.where(is_judged, (chance - is_hit) ** 2, 0.0)),
        "error_base": counted.per_day(np.where(is_judged, (base - is_hit) ** 2, 0.0)),
    }


def _predicted_sums(course: Course, counted: Counted, zones: Zones) -> Sums:
    """Return the notional that was predicted in the swept bins, NaN if it has no unit."""
    if not zones.forecast.is_quantity:
        return {"predicted": np.full(len(counted.days), np.nan)}
    usd = course.at_cells(zones.density) * course.usd_per_unit[course.spots]
    return {"predicted": counted.per_day(usd[counted.cells])}
