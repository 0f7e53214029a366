"""Only where the mark really went is anybody asked about."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.errors import NotScorable
from heatmap.scoring.course import Course
from heatmap.scoring.market import Market
from heatmap.scoring.swept import NO_GAPS, recorded, swept, windows_of
from heatmap.scoring.terms import Terms
from heatmap.zones.grid import LONG, SHORT, bins_of
from tests.heatmap.scoring.courses import BEFORE, SINCE, ZERO, a_course, a_market, at
from tests.heatmap.scoring.worlds import a_series, day, some_events


def cells_of(course: Course, window: int = 0) -> dict[tuple[int, int], int]:
    """Offset, side and candle (from the window's first) of a window's cells."""
    own = course.cells.window == window
    first = course.windows.first_candle[window]
    rows = zip(
        course.cells.bin[own] - ZERO,
        course.cells.side[own],
        course.cells.candle[own] - first,
        strict=True,
    )
    return {(int(b), int(side)): int(candle) for b, side, candle in rows}


def test_longs_are_swept_down_to_the_lowest_mark_and_shorts_up_to_the_highest():
    course = a_course(a_market({2: -1, 5: -3, 7: -2}, {4: 2}))
    assert cells_of(course) == {
        (0, LONG): 0,
        (-1, LONG): 2,
        (-2, LONG): 5,
        (-3, LONG): 5,
        (0, SHORT): 0,
        (1, SHORT): 4,
        (2, SHORT): 4,
    }


def test_a_window_ends_where_the_next_begins():
    course = a_course(a_market({11: -2, 12: -4}, {}))
    assert [len(cells_of(course, window)) for window in (0, 1, 2)] == [4, 6, 2]


def test_bins_reached_during_the_lead_are_left_out():
    course = a_course(a_market({0: -1, 1: -3}, {}), lead_candles=1)
    left_out = {(int(b - ZERO), int(s)) for b, s in _left_out(course)}
    assert left_out == {(0, LONG), (-1, LONG), (0, SHORT)}


def _left_out(course: Course) -> Any:
    own = (course.cells.window == 0) & ~course.cells.is_led
    return zip(course.cells.bin[own], course.cells.side[own], strict=True)


def test_bins_first_reached_in_a_gap_are_left_out_though_the_mark_comes_back():
    gaps = np.array([[at(11), at(12)]])
    course = a_course(a_market({2: -2, 5: -3, 8: -2}, {}), gaps)
    own = (course.cells.window == 0) & course.cells.is_recorded
    assert (course.cells.bin[own] - ZERO).tolist() == [-3]


@pytest.mark.parametrize(
    ("start", "end", "lost"),
    [(0, 5, [0]), (1, 4, [0]), (4, 6, [0, 1]), (5, 10, [1]), (-60, -1, [])],
)
def test_a_gap_takes_every_candle_that_it_touches(start, end, lost):
    market = Market(a_series(np.full(12, 100.0)), some_events())
    minutes = [day(0) + np.timedelta64(m, "m") for m in (start, end)]
    is_recorded = recorded(market, np.array([minutes]))
    assert np.flatnonzero(~is_recorded).tolist() == lost


def test_windows_lie_on_their_own_hours_and_begin_with_the_trailing_days():
    market = Market(a_series(np.full(288 * 8, 100.0)), some_events())
    windows = windows_of(market, day(5), Terms(horizon_hours=4, trailing_days=3))
    assert windows.at[0] == day(2)
    assert windows.at[-1] == day(8) - np.timedelta64(4, "h")
    assert set(np.diff(windows.at)) == {np.timedelta64(4, "h")}


@pytest.mark.parametrize("since", [day(1.2), day(9)])
def test_a_time_after_which_no_window_fits_is_refused(since):
    market = Market(a_series(np.full(288 + 60, 100.0)), some_events())
    with pytest.raises(NotScorable, match="No window of 4 h fits"):
        windows_of(market, since, Terms(horizon_hours=4))


PATHS = st.lists(
    st.tuples(st.integers(-30, 30), st.integers(0, 5), st.integers(0, 5)), min_size=36, max_size=36
)


@settings(deadline=None)
@given(PATHS)
def test_every_bin_of_a_path_is_reached_first_in_the_candle_that_is_told(rows):
    middle, down, up = np.array(rows).T
    path = np.concatenate([np.zeros(BEFORE, dtype=np.int64), middle])
    close = np.exp((ZERO + path + 0.5) * 0.001)
    low, high = close.copy(), close.copy()
    low[BEFORE:] *= np.exp(-down * 0.001)
    high[BEFORE:] *= np.exp(up * 0.001)
    market = Market(a_series(close, low, high), some_events())
    windows = windows_of(market, SINCE, Terms())
    cells = swept(market, windows, NO_GAPS, Terms())
    lows, highs = bins_of(low), bins_of(high)
    for window, side, bin_, candle in zip(
        cells.window, cells.side, cells.bin, cells.candle, strict=True
    ):
        first = windows.first_candle[window]
        earlier, own = slice(first, candle), candle
        if side == LONG:
            assert lows[own] <= bin_ <= windows.start_bin[window]
            assert (lows[earlier] > bin_).all()
        else:
            assert windows.start_bin[window] <= bin_ <= highs[own]
            assert (highs[earlier] < bin_).all()
