"""Chances are learned from earlier days, and rise with the density."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heatmap.scoring.calibration import outcomes, probabilities, rising
from heatmap.scoring.course import course_of
from heatmap.scoring.market import Market
from heatmap.scoring.swept import NO_GAPS
from heatmap.scoring.terms import Terms
from tests.heatmap.scoring.worlds import day

VALUES = st.lists(st.tuples(st.floats(0, 1), st.floats(0.1, 50)), min_size=1, max_size=12)


@given(VALUES)
def test_pooling_keeps_the_weighted_mean_and_never_falls(rows):
    values, weights = np.array(rows).T
    pooled = rising(values, weights)
    assert (np.diff(pooled) >= -1e-12).all()
    assert (pooled * weights).sum() == pytest.approx((values * weights).sum())


def test_pooling_takes_together_what_falls():
    pooled = rising(np.array([0.1, 0.5, 0.3, 0.6]), np.array([1.0, 1.0, 3.0, 1.0]))
    assert pooled.tolist() == pytest.approx([0.1, 0.35, 0.35, 0.6])


@pytest.fixture(scope="module")
def course(a_world):
    return course_of(Market(a_world.series, a_world.events), day(15), NO_GAPS, Terms())


def test_the_least_amount_is_the_median_of_earlier_bins_that_had_any(course):
    last, notional = course.days[-1], course.realised.in_cell
    earlier = notional[last.trailing_cells][course.cells.is_recorded[last.trailing_cells]]
    happened = outcomes(course)
    assert happened.least[last.cells.start] == np.median(earlier[earlier > 0])
    assert happened.base[last.cells.start] == (earlier >= happened.least[last.cells.start]).mean()


def test_chances_of_a_day_do_not_depend_on_what_happened_on_it(course):
    chosen = course.days[-2]
    changed = course.realised.in_cell.copy()
    changed[chosen.cells.start :] = 1e9
    other = replace(course, realised=replace(course.realised, in_cell=changed))
    density = np.random.default_rng(0).random(len(changed))
    one, two = (probabilities(c, density, outcomes(c)) for c in (course, other))
    assert (one.chance[chosen.cells] == two.chance[chosen.cells]).all()
    assert (one.chance[course.days[-1].cells] != two.chance[course.days[-1].cells]).any()


def test_a_density_that_tells_the_outcome_is_nearly_sure_of_it(course):
    happened = outcomes(course)
    said = probabilities(course, happened.is_hit.astype(np.float64), happened)
    last = course.days[-1].cells
    assert said.chance[last][happened.is_hit[last]].min() > 0.8
    assert said.chance[last][~happened.is_hit[last]].max() < 0.02


def test_without_earlier_liquidations_nothing_is_said(a_world):
    none = replace(a_world.events, quantity=np.zeros(len(a_world.events.at)))
    course = course_of(Market(a_world.series, none), day(15), NO_GAPS, Terms())
    happened = outcomes(course)
    said = probabilities(course, np.ones(len(course.cells.bin)), happened)
    assert np.isnan(said.chance).all() and np.isnan(happened.base).all()
    assert not happened.is_hit.any()
