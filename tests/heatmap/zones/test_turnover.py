"""Openings and closings follow from volume and open interest by the stated equations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from heatmap.zones.grid import LONG, SHORT, bins_of
from heatmap.zones.series import Series
from heatmap.zones.turnover import Turnover, memory_at, turnover
from tests.heatmap.zones.make import still

REPLACED = 0.3 / 288


def flow_of(series: Series, **changes: Any) -> Turnover:
    changed = replace(series, **changes)
    return turnover(changed, memory_at(changed))


def test_usual_volume_replaces_its_share_of_the_interest_on_both_sides():
    flow = flow_of(still(5))
    assert flow.opened == pytest.approx(np.full((5, 2), REPLACED * 1000))
    assert flow.closed == pytest.approx(np.full(5, REPLACED / (1 + REPLACED)))


def test_a_rise_of_interest_opens_both_sides_and_closes_nothing():
    flow = flow_of(still(3), open_interest=np.array([1000.0, 1100.0, 1100.0]))
    assert flow.opened[1].tolist() == [100, 100]
    assert flow.closed[1] == 0
    assert flow.opened[2] == pytest.approx([REPLACED * 1100] * 2)


def test_a_fall_of_interest_closes_what_is_gone_and_what_was_replaced():
    flow = flow_of(still(2), open_interest=np.array([1000.0, 900.0]))
    replaced = REPLACED * 1000
    assert flow.opened[1] == pytest.approx([replaced] * 2)
    assert flow.closed[1] == pytest.approx((replaced + 100) / (1000 + replaced))
    # What stood and what opened, less what closed, is the interest again.
    assert 1000 * (1 - flow.closed[1]) + replaced * (1 - flow.closed[1]) == pytest.approx(900)


def test_no_candle_closes_more_than_half():
    assert flow_of(still(2), open_interest=np.array([1000.0, 10.0])).closed[1] == 0.5


def test_takers_tilt_the_sides_and_the_unknown_does_not():
    flow = flow_of(still(3), taker_buy=np.array([0.75, np.nan, 0.0]))
    ratio = flow.opened / flow.opened.mean(axis=1, keepdims=True)
    assert ratio[:, LONG] == pytest.approx([1.5, 1, 0])
    assert ratio[:, SHORT] == pytest.approx([0.5, 1, 2])


def test_usual_volume_is_that_of_seven_days_and_of_nothing_to_come():
    volume = np.where(np.arange(3000) < 2500, 1.0, 100.0)
    flow = flow_of(still(3000), volume=volume)
    relative = flow.opened[:, 0] / (REPLACED * 1000)
    assert relative[:2500] == pytest.approx(np.ones(2500))
    assert relative[2500] == pytest.approx(100 * 2016 / (2015 + 100))
    late = flow_of(still(2100), volume=np.where(np.arange(2100) < 50, 1000.0, 1.0))
    assert late.opened[2066, 0] == pytest.approx(REPLACED * 1000)


def test_entries_lie_around_the_typical_price_within_the_candle():
    series = replace(still(1), high=np.array([106.0]), low=np.array([100.0]))
    series = replace(series, close=np.array([103.0]), open=np.array([100.0]))
    flow = turnover(series, memory_at(series))
    assert flow.entries[0].tolist() == bins_of([101.5, 103.0, 104.5]).tolist()
