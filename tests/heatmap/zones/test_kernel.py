"""Kernels come from formulas or from the past, and a fit finds the kernel that made its data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heatmap.zones.binance_tiers import SHIPPED
from heatmap.zones.fitting import design, fit_kernel
from heatmap.zones.grid import LONG, SHORT, WIDTH
from heatmap.zones.kernel import (
    NODES,
    REACH,
    Kernel,
    flat_kernel,
    hats,
    measured_kernel,
    node_distances,
)
from heatmap.zones.series import Events, Series
from heatmap.zones.tiers import continuous
from tests.heatmap.zones.make import BEGIN, FLAT, STEP, events_of, market, markets, part, replayed

DAY = np.timedelta64(1, "D")


def around(distance: float, mass: float) -> Kernel:
    distances = WIDTH * np.arange(1, REACH + 1)
    shape = np.exp(-0.5 * (np.log(distances / distance) / 0.5) ** 2) / distances
    return Kernel(np.tile(mass * shape / shape.sum(), (2, 1)), "measured")


def test_hats_hold_one_leg_each_and_lie_around_their_nodes():
    shapes = hats()
    assert shapes.sum(axis=1) == pytest.approx(np.ones(NODES))
    means = np.exp(shapes @ np.log(WIDTH * np.arange(1, REACH + 1)))
    assert means[3:-1] == pytest.approx(node_distances()[3:-1], rel=0.2)


def test_the_flat_kernel_begins_where_the_greatest_leverage_is_liquidated():
    # 125x at 0.4 %: 0.4 % from the entry.
    assert np.flatnonzero(FLAT.weights[LONG])[0] == 3
    assert np.flatnonzero(FLAT.weights[SHORT])[0] == 3
    # 40x at 1.25 %: 1.27 % below, 1.23 % above.
    slow = flat_kernel(continuous([(1e12, 0.0125, 40)]))
    assert [np.flatnonzero(slow.weights[side])[0] for side in (LONG, SHORT)] == [12, 11]


def test_the_flat_kernel_gives_each_doubling_of_leverage_the_same_share():
    rate = 1e-9
    kernel = flat_kernel(continuous([(1e12, rate, 96)]))
    # ln(1 + 1/L) of shorts at 6x, 12x, 24x, 48x.
    edges = [round(np.log(1 + 1 / leverage) / WIDTH) for leverage in (48, 24, 12, 6)]
    shares = [kernel.weights[SHORT, a:b].sum() for a, b in zip(edges, edges[1:], strict=False)]
    assert shares == pytest.approx([1 / 6] * 3, abs=0.02)
    assert kernel.weights[SHORT].sum() == pytest.approx(1)


def test_longs_too_far_to_be_liquidated_are_left_out():
    # Below 2.2x a long has more than 60 % to fall in logarithms.
    left_out = np.log(2.21 / 1.5) / np.log(125 / 1.5)
    assert FLAT.weights[LONG].sum() == pytest.approx(1 - left_out, abs=0.01)


def test_inverse_longs_are_nearer_than_inverse_shorts():
    tiers = SHIPPED["BTCUSDT"]
    inverse = flat_kernel(tiers, is_inverse=True)
    # The mirror image of linear: a gain of coin falls as price rises.
    assert inverse.weights[LONG] == pytest.approx(FLAT.weights[SHORT], abs=0.005)


def test_a_measured_kernel_is_the_histogram_by_size():
    distances, sizes = np.array([0.01, 0.02, np.inf, 0.05]), np.array([1.0, 2.0, 1.0, 5.0])
    sides = np.array([LONG, LONG, LONG, SHORT])
    kernel = measured_kernel(distances, sides, sizes, BEGIN, BEGIN + DAY)
    assert kernel.weights[LONG, [9, 19]].tolist() == [0.25, 0.5]
    assert kernel.weights[SHORT, 49] == 1
    assert not kernel.serves(BEGIN) and kernel.serves(BEGIN + DAY)


@pytest.mark.parametrize("change", [-0.1, np.nan, 2.0])
def test_weights_that_cannot_be_are_refused(change: float):
    weights = np.zeros((2, REACH))
    weights[0, 5] = change
    with pytest.raises(ValueError, match="weights"):
        Kernel(weights, "flat")


@settings(deadline=None, max_examples=20)
@given(markets)
def test_the_design_is_what_the_engine_sweeps(series: Series):
    masses = np.random.default_rng(1).dirichlet(np.ones(NODES))
    weights = masses @ hats()
    _, result = replayed(series, Kernel(np.stack((weights, weights)), "measured"))
    swept = design(series) @ masses
    most = result.steps.turnover.opened.max()
    assert abs(swept - result.steps.consumed).max() <= 1e-4 * (most + result.steps.consumed.max())


def test_a_fit_finds_the_kernel_that_made_its_data():
    series, true = market(5_000, seed=4), around(0.02, 0.5)
    events = events_of(series, replayed(series, true)[1].steps.consumed, unit=0.5)
    fitted = fit_kernel(series, events, series.opened_at[-1] + STEP, FLAT)
    assert fitted.method == "fitted"
    within = [slice(0, 10), slice(10, 20), slice(20, 50)]
    found = [fitted.weights[LONG, part].sum() for part in within]
    assert found == pytest.approx([true.weights[LONG, part].sum() for part in within], abs=0.03)
    assert abs(FLAT.weights[LONG, 10:20].sum() - true.weights[LONG, 10:20].sum()) > 0.05


def test_what_is_swept_may_be_known_before_the_fit():
    series = market(2000, seed=5)
    events = events_of(series, replayed(series, around(0.01, 0.5))[1].steps.consumed, 0.2)
    day = series.opened_at[-1] + STEP
    told = fit_kernel(series, events, day, FLAT, swept=design(series))
    np.testing.assert_array_equal(told.weights, fit_kernel(series, events, day, FLAT).weights)
    assert told.method == "fitted"


def test_hours_that_were_not_recorded_are_no_quiet_hours():
    series, true = market(4_000, seed=5), around(0.02, 0.5)
    events = events_of(series, replayed(series, true)[1].steps.consumed, unit=0.5)
    recorded = np.arange(4_000) % 288 >= 144
    kept = recorded[(events.at - BEGIN).astype("timedelta64[s]").astype(int) // 300]
    some = Events(events.at[kept], events.side[kept], events.price[kept], events.quantity[kept])
    day = series.opened_at[-1] + STEP
    honest = fit_kernel(series, some, day, FLAT, recorded).weights[LONG, :50].sum()
    assert honest == pytest.approx(true.weights[LONG, :50].sum(), rel=0.15)
    naive = fit_kernel(series, some, day, FLAT).weights[LONG, :50].sum()
    assert naive < 0.75 * honest


def test_few_events_leave_the_prior():
    series = market(400)
    events = events_of(series, np.eye(400, 2), unit=1.0)
    assert fit_kernel(series, events, series.opened_at[-1] + STEP, FLAT) is FLAT


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 600 * 300_000))
def test_a_fit_refuses_whatever_is_not_before_its_day(milliseconds: int):
    series = market(576)
    day = BEGIN + DAY
    at = np.array([BEGIN.astype("datetime64[ms]") + np.timedelta64(milliseconds, "ms")])
    one = Events(at, np.zeros(1, np.int8), np.ones(1), np.ones(1))
    if at[0] >= day:
        with pytest.raises(ValueError, match="from then on"):
            fit_kernel(part(series, 0, 288), one, day, FLAT)
    else:
        assert fit_kernel(part(series, 0, 288), one, day, FLAT) is FLAT
    with pytest.raises(ValueError, match="closed by then"):
        fit_kernel(part(series, 0, 289), one, day, FLAT)
