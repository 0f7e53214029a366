"""One forecast with all that was added up for it."""

from __future__ import annotations

from dataclasses import dataclass

from heatmap.scoring.arrays import Sums
from heatmap.scoring.calibration import Outcomes, Probabilities, probabilities
from heatmap.scoring.course import Counted, Course
from heatmap.scoring.flags import Zones
from heatmap.scoring.sums import day_sums


@dataclass(frozen=True)
class Runner:
    """`is_baseline` tells the forecasts that every scorecard has from those that were given."""

    zones: Zones
    says: Probabilities
    sums: Sums
    is_baseline: bool

    @property
    def name(self) -> str:
        return self.zones.forecast.name


def runner(
    course: Course, counted: Counted, zones: Zones, happened: Outcomes, is_baseline: bool
) -> Runner:
    """Return a forecast's runner: its chances and its daily sums."""
    says = probabilities(course, course.at_cells(zones.density), happened)
    return Runner(zones, says, day_sums(course, counted, zones, happened, says), is_baseline)
