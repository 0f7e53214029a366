"""Zones are where the density is above what the days before have taught."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from heatmap.scoring.course import course_of
from heatmap.scoring.flags import closed, dilated, thresholds
from heatmap.scoring.market import Market
from heatmap.scoring.swept import NO_GAPS
from heatmap.scoring.terms import Terms
from tests.heatmap.scoring.worlds import day

ROWS = arrays(np.float32, (2, 2, 12), elements=st.integers(0, 9))


@given(ROWS, st.integers(0, 9))
def test_zones_of_the_closed_density_are_zones_with_gaps_of_one_bin_joined(density, threshold):
    joined = density > threshold
    joined[..., 1:-1] |= joined[..., :-2] & joined[..., 2:]
    assert ((closed(density) > threshold) == joined).all()


@given(ROWS, st.integers(0, 3))
def test_dilated_zones_reach_so_many_bins_further(density, bins):
    flagged = density > 5
    wide = dilated(flagged, bins)
    for place in np.ndindex(flagged.shape):
        near = flagged[*place[:2], max(place[2] - bins, 0) : place[2] + bins + 1]
        assert wide[place] == near.any()


def test_a_threshold_leaves_the_zone_share_of_earlier_bins_above(a_world):
    terms = Terms(zone_share=0.25, trailing_days=7)
    course = course_of(Market(a_world.series, a_world.events), day(10), NO_GAPS, terms)
    ranked = np.random.default_rng(0).random(len(course.cells.bin))
    threshold = thresholds(course, ranked)
    last = course.days[-1]
    earlier = ranked[last.trailing_cells][course.cells.is_led[last.trailing_cells]]
    assert abs((earlier > threshold[-1]).mean() - 0.25) < 0.001


def test_a_threshold_knows_nothing_of_its_own_day_or_later(a_world):
    course = course_of(Market(a_world.series, a_world.events), day(10), NO_GAPS, Terms())
    ranked = np.random.default_rng(0).random(len(course.cells.bin))
    chosen = course.days[12]
    changed = ranked.copy()
    changed[chosen.cells.start :] = 99.0
    same = slice(0, chosen.windows.stop)
    assert np.array_equal(
        thresholds(course, ranked)[same], thresholds(course, changed)[same], equal_nan=True
    )
    assert (thresholds(course, changed)[chosen.windows.stop :] > 0).all()


def test_a_day_with_too_little_before_it_has_no_threshold(a_world):
    course = course_of(Market(a_world.series, a_world.events), day(2), NO_GAPS, Terms())
    threshold = thresholds(course, np.ones(len(course.cells.bin)))
    assert np.isnan(threshold[course.days[0].windows]).all()
    assert np.isfinite(threshold[course.days[3].windows]).all()
