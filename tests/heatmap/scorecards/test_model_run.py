"""The walk-forward run: each day is forecast from before it, and nothing is lost on the way."""

from __future__ import annotations

import numpy as np

from heatmap.scorecards.model_run import (
    BLIND_DAYS,
    CANDLES_A_DAY,
    FEWEST_DAYS,
    ModelRun,
    before,
    model_run,
    part,
)
from heatmap.scorecards.simulated import World


def test_what_was_opened_stands_or_is_accounted_for(run: ModelRun):
    flows = run.state.flows
    gone = flows["consumed"] + flows["closed"] + flows["lost"]
    np.testing.assert_allclose(flows["opened"], run.state.standing + gone, rtol=1e-9)


def test_the_past_does_not_change_when_the_future_is_not_known(world: World, run: ModelRun):
    candles = 17 * CANDLES_A_DAY + 100
    end = world.series.opened_at[candles]
    cut = model_run(part(world.series, 0, candles), before(world.events, end), world.prior)
    known = len(cut.columns.at)
    assert known > 17 * 24
    np.testing.assert_array_equal(cut.columns.at, run.columns.at[:known])
    np.testing.assert_array_equal(cut.columns.quantity, run.columns.quantity[:known])


def test_a_kernel_is_fitted_once_there_is_enough_and_from_before_its_day(run: ModelRun):
    methods = [kernel.method for _, kernel in run.kernels]
    blind = BLIND_DAYS + FEWEST_DAYS
    assert methods == ["flat"] * blind + ["fitted"] * (len(methods) - blind)
    for day, kernel in run.kernels[blind:]:
        assert kernel.until is not None and kernel.until <= day


def test_days_that_were_not_recorded_explain_nothing(world: World):
    nothing = np.zeros(len(world.series.opened_at), dtype=bool)
    told = model_run(world.series, world.events, world.prior, recorded=nothing)
    assert {kernel.method for _, kernel in told.kernels} == {"flat"}
