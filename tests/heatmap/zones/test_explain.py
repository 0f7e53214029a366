"""The legs that made a cell sum to the cell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heatmap.zones.engine import advance, start
from heatmap.zones.explain import explain
from heatmap.zones.grid import BINS, LONG, SHORT, bins_of, prices_of
from heatmap.zones.kernel import Kernel
from heatmap.zones.series import Series
from tests.heatmap.zones.make import BEGIN, FLAT, STEP, market, markets, part, replayed, still


@settings(deadline=None)
@given(markets, st.data())
def test_the_legs_sum_to_the_cell(series: Series, data: st.DataObject):
    _, result = replayed(series)
    columns = result.columns
    column = data.draw(st.integers(0, len(columns.at) - 1)) if len(columns.at) else None
    if column is None:
        return
    side = data.draw(st.sampled_from((LONG, SHORT)))
    cells = columns.quantity[column, side]
    place = data.draw(st.sampled_from([*np.flatnonzero(cells).tolist(), 0, BINS - 1]))
    price = float(prices_of(columns.first_bin[column] + place + 0.5))
    found = explain(series, [(BEGIN, FLAT)], columns.at[column], price, side)
    most = result.steps.turnover.opened.max()
    assert found.standing.sum() == pytest.approx(cells[place], rel=1e-6, abs=1e-12 * most)
    assert (found.opened_at < columns.at[column]).all()
    opened = found.legs * found.kernel_share
    assert found.closed + found.standing == pytest.approx(opened)


def test_a_cell_under_two_kernels_in_turn():
    series, switch = market(288), BEGIN + 144 * STEP
    double = Kernel(FLAT.weights[:, ::-1].copy(), "measured")
    state = start(series)
    advance(state, part(series, 0, 144), FLAT)
    columns = advance(state, part(series, 144, 288), double).columns
    place = int(columns.quantity[-1, LONG].argmax())
    price = float(prices_of(columns.first_bin[-1] + place + 0.5))
    kernels = [(BEGIN, FLAT), (switch, double)]
    found = explain(series, kernels, columns.at[-1], price, LONG)
    assert found.standing.sum() == pytest.approx(columns.quantity[-1, LONG, place], rel=1e-6)


def test_legs_that_fell_off_the_lattice_are_not_told_when_price_comes_back():
    away = (np.arange(40) >= 20) & (np.arange(40) < 24)
    series = still(40)
    names = ("open", "high", "low", "close", "mark_high", "mark_low")
    prices = {name: getattr(series, name) * np.where(away, 20.0, 1.0) for name in names}
    moved = replace(series, **prices)
    columns = replayed(moved)[1].columns
    cell = float(100.05 * np.exp(-0.02))
    place = int(bins_of(cell)) - columns.first_bin[-1]
    found = explain(moved, [(BEGIN, FLAT)], columns.at[-1], cell, LONG)
    assert found.opened_at[0] == BEGIN + 24 * STEP
    assert found.standing.sum() == pytest.approx(columns.quantity[-1, LONG, place], rel=1e-6)


def test_the_last_sweep_and_what_it_took_is_told():
    series = market(576, seed=9)
    _, result = replayed(series)
    swept = int(result.steps.consumed[:, LONG].argmax())
    low = series.mark_low[swept]
    bins, before = np.log(low) / 0.001, series.opened_at[swept]
    state = start(series)
    advance(state, part(series, 0, swept), FLAT)
    window = state.levels.window[LONG]
    held = window[int(np.floor(bins)) - state.levels.first_bin]
    found = explain(series, [(BEGIN, FLAT)], before + STEP, float(low), LONG)
    assert found.emptied_at == before + STEP
    assert found.emptied == pytest.approx(held)
    assert not (found.opened_at < before).any()


def test_a_time_before_the_first_close_is_refused():
    with pytest.raises(ValueError, match="No candle"):
        explain(market(20), [(BEGIN, FLAT)], BEGIN, 6e4, LONG)
