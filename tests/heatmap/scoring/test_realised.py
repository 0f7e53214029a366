"""Each liquidation counts once, in its bin or as a miss, or on neither side."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heatmap.scoring.course import Course
from heatmap.scoring.realised import OUTSIDE
from heatmap.scoring.swept import NO_GAPS
from heatmap.zones.grid import LONG, SHORT
from tests.heatmap.scoring.courses import ZERO, a_course, a_market, at, price

FALL = {2: -1, 5: -4}


def fallen(course: Course) -> list[int | None]:
    """The offset of each counted event's bin, None for one outside of the swept bins."""
    bins = course.cells.bin
    return [None if c == OUTSIDE else int(bins[c] - ZERO) for c in course.realised.cell]


def test_an_event_falls_in_its_bin():
    course = a_course(a_market(FALL, {}, (12, LONG, -1, 2.0), (27, LONG, -4, 3.0)))
    assert fallen(course) == [-1, -4]
    assert course.realised.in_cell.sum() == pytest.approx(2 * price(-1) + 3 * price(-4))


def test_inverse_quantities_are_dollars_already():
    course = a_course(a_market(FALL, {}, (12, LONG, -1, 2.0)), is_inverse=True)
    assert course.realised.in_cell.sum() == 2.0


@pytest.mark.parametrize(
    ("event", "place"),
    [
        ((27, LONG, -9, 1.0), [None]),
        ((27, SHORT, -1, 1.0), [None]),
        ((27, LONG, 5000, 1.0), [None]),
        ((2, LONG, -4, 1.0), []),
        ((27, LONG, 0, 1.0), []),
        ((-30, LONG, -1, 1.0), []),
        ((200, LONG, -1, 1.0), []),
        ((60 + 27, LONG, -1, 1.0), [None]),
    ],
    ids=[
        "below the lowest mark: a miss",
        "of the other side: a miss",
        "far away: a miss",
        "during the lead: not counted",
        "in a bin reached during the lead: not counted",
        "before the first window: not counted",
        "after the last window: not counted",
        "in a later window that did not go there: a miss",
    ],
)
def test_an_event_elsewhere(event, place):
    assert fallen(a_course(a_market(FALL, {}, event))) == place


def test_what_a_gap_touches_counts_on_neither_side():
    events = ((12, LONG, -1, 1.0), (16, LONG, -9, 1.0), (27, LONG, -1, 1.0), (27, LONG, -4, 1.0))
    course = a_course(a_market(FALL, {}, *events), np.array([[at(11), at(19)]]))
    assert fallen(course) == [-4]


EVENTS = st.lists(
    st.tuples(
        st.floats(-90, 250), st.sampled_from([LONG, SHORT]), st.integers(-8, 8), st.floats(0, 9)
    )
)


@settings(deadline=None)
@given(EVENTS, st.lists(st.tuples(st.integers(0, 180), st.integers(0, 40)), max_size=3))
def test_bins_never_hold_more_than_was_liquidated(rows, gaps):
    spans = [[at(start), at(start + length)] for start, length in gaps]
    course = a_course(
        a_market({3: -5, 14: -6, 30: -2}, {6: 4, 20: 7}, *sorted(rows)),
        np.array(spans) if spans else NO_GAPS,
    )
    happened, cells = course.realised, course.cells
    inside = happened.cell != OUTSIDE
    assert happened.in_cell.sum() == pytest.approx(happened.notional[inside].sum())
    assert cells.is_recorded[happened.cell[inside]].all()
    assert (happened.in_cell[~cells.is_recorded] == 0).all()
    assert (cells.window[happened.cell[inside]] == happened.window[inside]).all()
