"""The engine loses nothing, looks at nothing to come, and repeats itself to the last bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heatmap.zones.engine import State, advance, from_arrays, start, to_arrays
from heatmap.zones.grid import BINS, LONG, SHORT, WIDTH, bins_of
from heatmap.zones.kernel import REACH, Kernel
from heatmap.zones.levels import MARGIN
from heatmap.zones.series import Series
from tests.heatmap.zones.make import BEGIN, FLAT, STEP, market, markets, part, replayed, still


def held(state: State) -> np.ndarray:
    return np.asarray(state.levels.cells.sum(axis=-1) * state.levels.scale)


def one_spike(bins: int) -> Kernel:
    weights = np.zeros((2, REACH))
    weights[:, bins - 1] = 1
    return Kernel(weights, "measured")


@settings(deadline=None)
@given(markets)
def test_what_was_opened_stands_was_consumed_was_closed_or_fell_off(series: Series):
    state = start(series)
    for at in range(len(series.close)):
        advance(state, part(series, at, at + 1), FLAT)
        flows = state.flows
        kept = held(state) + flows["consumed"] + flows["closed"] + flows["lost"]
        assert (abs(flows["opened"] - kept) <= 1e-9 * flows["opened"] + 1e-12).all()
        assert (state.levels.cells >= 0).all()


@settings(deadline=None)
@given(markets)
def test_no_level_survives_a_crossing(series: Series):
    state = start(series)
    for at in range(len(series.close)):
        advance(state, part(series, at, at + 1), FLAT)
        # The next candle, from the same state, opening nothing.
        end = from_arrays(to_arrays(state))
        low, high = bins_of([series.mark_low[at], series.mark_high[at]]).tolist()
        end.levels.consume(low, high)
        origin = end.levels.first_bin - MARGIN
        assert not end.levels.cells[LONG, max(low - origin, 0) :].any()
        assert not end.levels.cells[SHORT, : max(high - origin + 1, 0)].any()


@settings(deadline=None)
@given(markets, st.data())
def test_one_by_one_is_all_at_once_to_the_last_bit(series: Series, data: st.DataObject):
    together, whole = replayed(series)
    state = start(series)
    cut = data.draw(st.integers(1, len(series.close)))
    pieces = [
        advance(state, part(series, at, min(at + cut, len(series.close))), FLAT)
        for at in range(0, len(series.close), cut)
    ]
    frozen = np.concatenate([piece.columns.quantity for piece in pieces])
    assert np.array_equal(frozen, whole.columns.quantity)
    assert np.array_equal(
        np.concatenate([piece.steps.consumed for piece in pieces]), whole.steps.consumed
    )
    for one, other in zip(to_arrays(state).values(), to_arrays(together).values(), strict=True):
        assert np.array_equal(one, other)


def test_a_replay_over_weeks_is_the_same_one_by_one():
    series = market(2_500)
    together, whole = replayed(series)
    state = start(series)
    for at in range(len(series.close)):
        last = advance(state, part(series, at, at + 1), FLAT)
    assert np.array_equal(state.levels.cells, together.levels.cells)
    assert np.array_equal(last.steps.turnover.coverage, whole.steps.turnover.coverage[-1:])


def test_a_state_from_its_arrays_goes_on_as_if_nothing_had_been():
    series = market(400)
    state = start(series)
    advance(state, part(series, 0, 250), FLAT)
    again = from_arrays(to_arrays(state))
    rest = part(series, 250, 400)
    one, other = advance(state, rest, FLAT), advance(again, rest, FLAT)
    assert np.array_equal(one.columns.quantity, other.columns.quantity)
    assert np.array_equal(to_arrays(state)["flows"], to_arrays(again)["flows"])


def test_frozen_columns_never_change():
    series = market(400)
    state = start(series)
    columns = advance(state, part(series, 0, 200), FLAT).columns
    before = columns.quantity.copy()
    advance(state, part(series, 200, 400), FLAT)
    assert np.array_equal(columns.quantity, before)
    with pytest.raises(ValueError, match="read-only"):
        columns.quantity[0] = 0


@settings(deadline=None)
@given(markets, st.integers(1, 19))
def test_what_comes_later_changes_no_earlier_column(series: Series, kept: int):
    _, whole = replayed(series)
    _, early = replayed(part(series, 0, kept))
    assert np.array_equal(early.columns.quantity, whole.columns.quantity[: len(early.columns.at)])
    assert np.array_equal(early.steps.consumed, whole.steps.consumed[:kept])


def test_columns_freeze_at_whole_hours():
    _, result = replayed(part(market(100), 7, 100))
    assert result.columns.at[0] == BEGIN + 12 * STEP
    assert set(np.diff(result.columns.at)) == {12 * STEP}


def test_longs_lie_below_their_entry_and_shorts_above():
    state, result = replayed(still(12), one_spike(20))
    entry = int(bins_of(100.05))
    column, first = result.columns.quantity[0], result.columns.first_bin[0]
    assert np.flatnonzero(column[LONG]).tolist() == [entry - 20 - first]
    assert np.flatnonzero(column[SHORT]).tolist() == [entry + 20 - first]


def test_the_candle_that_reaches_a_level_consumes_it_and_no_other():
    series = still(10)
    at_the_level = 100.05 * np.exp(-20 * WIDTH)
    low = series.low.copy()
    low[6] = at_the_level
    state, result = replayed(replace(series, mark_low=low), one_spike(20))
    consumed = result.steps.consumed
    assert consumed[6, LONG] > 0
    assert np.flatnonzero(consumed).tolist() == [6 * 2 + LONG]
    just_above = replace(series, mark_low=np.where(low < 100, at_the_level * np.exp(WIDTH), low))
    assert not replayed(just_above, one_spike(20))[1].steps.consumed.any()


def test_a_candle_does_not_reach_the_levels_that_it_makes():
    series = still(3)
    wide = replace(series, mark_low=series.low * [1, 1, 0.5], mark_high=series.high * [1, 1, 2])
    state, result = replayed(wide, one_spike(20))
    assert (held(state) == result.steps.turnover.opened[2]).all()


@given(markets)
@settings(deadline=None)
def test_constant_interest_opens_no_more_than_turnover_wherever_price_goes(series: Series):
    constant = replace(series, open_interest=np.full(len(series.close), 1e4))
    opened = replayed(constant)[1].steps.turnover.opened
    mean = np.cumsum(series.volume) / np.arange(1, len(series.close) + 1)
    relative = np.divide(series.volume, mean, out=np.zeros_like(mean), where=mean > 0)
    assert opened.sum(axis=1) == pytest.approx(2 * 0.3 / 288 * 1e4 * relative)


def test_no_volume_opens_and_closes_nothing():
    quiet = replace(still(50), volume=np.zeros(50))
    state, result = replayed(quiet)
    assert not held(state).any()
    assert not result.steps.turnover.closed.any()
    assert not result.steps.turnover.coverage.any()


def test_coverage_grows_with_the_turnover():
    series = still(8 * 288)
    coverage = replayed(series)[1].steps.turnover.coverage
    # A day replaces 0.3 of the interest; closings are a share of what stands and what opens.
    assert coverage[287] == pytest.approx(1 - np.exp(-0.3), abs=1e-3)
    assert coverage[-1] > 0.9


def test_a_price_that_leaves_the_window_moves_it_and_what_falls_off_is_counted():
    series = still(40)
    factor = np.where(np.arange(40) < 20, 1.0, 20.0)
    prices = {
        name: getattr(series, name) * factor
        for name in ("open", "high", "low", "close", "mark_high", "mark_low")
    }
    state, result = replayed(replace(series, **prices), one_spike(20))
    # The shorts were swept, the longs are far below.
    assert state.flows["lost"][LONG] > 0 == state.flows["lost"][SHORT]
    offset = int(bins_of(100.05 * 20)) - state.levels.first_bin
    assert BINS // 4 <= offset < BINS - BINS // 4
    assert np.isfinite(result.columns.quantity).all()


def test_candles_that_do_not_follow_are_refused():
    series = market(30)
    state = start(series)
    with pytest.raises(ValueError, match="must open"):
        advance(state, part(series, 1, 3), FLAT)
    with pytest.raises(ValueError, match="must open"):
        advance(state, part(series, 0, 0), FLAT)


def test_a_kernel_from_the_future_is_refused():
    series = market(30)
    late = Kernel(FLAT.weights, "fitted", BEGIN, BEGIN + STEP)
    state = start(series)
    with pytest.raises(ValueError, match="knows what happened"):
        advance(state, series, late)
    advance(state, part(series, 0, 1), FLAT)
    advance(state, part(series, 1, 2), late)
