"""The reliability table: what was said of each decile of bins, and what came."""

from __future__ import annotations

import numpy as np

from heatmap.scoring.bootstrap import told
from heatmap.scoring.calibration import DECILES, Outcomes
from heatmap.scoring.course import Counted, Course
from heatmap.scoring.report import Reliability
from heatmap.scoring.runner import Runner


def reliability(
    course: Course, counted: Counted, runner: Runner, happened: Outcomes
) -> list[Reliability]:
    """Return the deciles that hold bins with a chance, the coldest first."""
    cells = counted.cells[np.isfinite(runner.says.chance[counted.cells])]
    decile = runner.says.decile[cells]
    notional = course.realised.in_cell[cells]
    usd = course.at_cells(runner.zones.density)[cells] * course.usd_per_unit[course.spots[cells]]
    usd = usd if runner.zones.forecast.is_quantity else np.full(len(cells), np.nan)
    return [
        Reliability(
            decile=number,
            bins=int(own.sum()),
            predicted=told(float(runner.says.chance[cells][own].mean())),
            realised=told(float(happened.is_hit[cells][own].mean())),
            predicted_notional=told(float(usd[own].sum())),
            realised_notional=told(float(notional[own].sum())),
        )
        for number in range(len(DECILES) + 1)
        if (own := decile == number).any()
    ]
