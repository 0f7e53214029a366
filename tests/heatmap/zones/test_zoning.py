"""Zones are the densest bands, so many of them by design, and confidence is counted, not felt."""

from __future__ import annotations

import numpy as np
import pytest

from heatmap.zones.confidence import Calibration, calibrate
from heatmap.zones.grid import BINS, LONG, SHORT, bins_of, prices_of
from heatmap.zones.series import Events, Series
from heatmap.zones.swept import Swept, liquidated, swept_bins
from heatmap.zones.zoning import threshold, zones_of
from tests.heatmap.zones.make import BEGIN, STEP, events_of, market, replayed

HOUR = np.timedelta64(1, "h")
MARKET = market(20 * 288, seed=2, move=0.001)
RESULT = replayed(MARKET)[1]
SWEPT = swept_bins(RESULT.columns, MARKET, 3600)


def test_swept_bins_are_those_between_the_price_and_the_farthest_mark():
    at = RESULT.columns.at[30]
    here = SWEPT.at == at
    begin = int((at - BEGIN) / STEP)
    hour = slice(begin, begin + 12)
    price = bins_of(MARKET.open[hour][0])
    longs, shorts = (SWEPT.bin[here & (SWEPT.side == side)] for side in (LONG, SHORT))
    assert (longs.min(), longs.max()) == (bins_of(MARKET.mark_low[hour].min()), price)
    assert (shorts.min(), shorts.max()) == (price, bins_of(MARKET.mark_high[hour].max()))
    column, first = RESULT.columns.quantity[30], RESULT.columns.first_bin[30]
    assert np.array_equal(SWEPT.quantity[here & (SWEPT.side == LONG)], column[LONG, longs - first])


def test_horizons_do_not_overlap():
    four = swept_bins(RESULT.columns, MARKET, 4 * 3600)
    assert set(np.diff(np.unique(four.at))) == {4 * HOUR}


def test_liquidations_are_counted_in_their_own_bin_side_and_horizon():
    place = np.flatnonzero((SWEPT.side == LONG) & (SWEPT.at == RESULT.columns.at[30]))[0]
    price = float(prices_of(SWEPT.bin[place] + 0.5))
    at = SWEPT.at[place].astype("datetime64[ms]")
    moments = at + np.array([0, 1, 3_600_000, 3_600_001, 5]).astype("timedelta64[ms]")
    sides = np.array([LONG, LONG, LONG, LONG, SHORT], dtype=np.int8)
    events = Events(moments, sides, np.full(5, price), np.array([1.0, 10, 100, 1000, 10000]))
    order = np.argsort(moments)
    events = Events(moments[order], sides[order], events.price, events.quantity[order])
    assert liquidated(SWEPT, events)[place] == 110


def test_a_threshold_leaves_the_share_above_it_and_knows_nothing_later():
    moment = RESULT.columns.at[-50]
    least = threshold(SWEPT, moment)
    lately = SWEPT.until(moment, 14)
    assert (lately.quantity > least).mean() == pytest.approx(0.30, abs=0.01)
    assert lately.at.max() == moment - HOUR
    assert lately.at.min() == moment - np.timedelta64(14, "D")


def test_before_anything_was_swept_there_are_no_zones():
    assert threshold(SWEPT, BEGIN) == np.inf
    assert zones_of(RESULT.columns.quantity[-1:], 0, ("binance",), np.inf) == []


def cells_with(side: int, *bins: int) -> np.ndarray:
    cells = np.zeros((2, 2, BINS))
    for at in bins:
        cells[:, side, at] = (3.0, 1.0)
    return cells


@pytest.mark.parametrize(
    ("dense", "bands"),
    [
        ([5], [(5, 5)]),
        ([5, 7], [(5, 7)]),
        ([5, 8], [(5, 5), (8, 8)]),
        ([0, 1, 3, BINS - 1], [(0, 3), (BINS - 1, BINS - 1)]),
    ],
)
def test_gaps_of_one_bin_are_joined(dense: list[int], bands: list[tuple[int, int]]):
    zones = zones_of(cells_with(SHORT, *dense), 100, ("a", "b"), 2.0)
    assert [(zone.first_bin - 100, zone.last_bin - 100) for zone in zones] == bands


def test_a_zone_has_prices_and_the_part_of_each_exchange():
    (zone,) = zones_of(cells_with(LONG, 5, 6), 11_000, ("a", "b"), 2.0)
    assert zone.parts == {"a": 6, "b": 2}
    assert (zone.quantity, zone.densest) == (8, 4)
    assert bins_of((zone.low_price + zone.high_price) / 2) in (11_005, 11_006)
    assert zone.high_price / zone.low_price == pytest.approx(np.exp(0.002))


def test_longs_above_and_shorts_below_the_price_are_left_out():
    cells = cells_with(LONG, 5, 50) + cells_with(SHORT, 5, 50)
    price = float(prices_of(11_020.5))
    sides = [(z.side, z.first_bin - 11_000) for z in zones_of(cells, 11_000, ("a", "b"), 2, price)]
    assert sides == [(LONG, 5), (SHORT, 50)]


def learned(series: Series = MARKET, noise: bool = False) -> Calibration:
    steps = RESULT.steps
    consumed = steps.consumed.copy()
    if noise:
        consumed[:] = consumed.mean()
    amounts = liquidated(SWEPT, events_of(series, consumed, unit=0.5))
    return calibrate(SWEPT, amounts)


def test_denser_bins_are_hit_more_often_and_p_never_falls():
    calibration = learned()
    assert (np.diff(calibration.p) >= 0).all()
    dense = calibration.of(float(np.quantile(SWEPT.quantity, 0.97)), 0.9, "complete")
    thin = calibration.of(0.0, 0.9, "complete")
    assert dense.p > 1.5 * thin.p
    assert dense.lower > dense.base
    assert calibration.n.sum() == len(SWEPT.at)


def test_the_words_follow_the_stated_rule():
    calibration, dense = learned(), float(SWEPT.quantity.max())
    assert calibration.of(dense, 0.9, "complete").word == "high"
    assert calibration.of(dense, 0.9, "sampled").word == "medium"
    assert calibration.of(dense, 0.9, "partial").word == "medium"
    assert calibration.of(0.0, 0.9, "complete").word == "medium"
    assert calibration.of(0.0, 0.9, "sampled").word == "low"
    assert calibration.of(dense, 0.4, "complete").word == "low"
    assert calibration.of(dense, 0.9, None).word == "low"


def test_what_one_day_did_alone_is_not_sure():
    # Ten days of twenty thin and twenty dense bins; only dense bins are hit.
    at = np.repeat(BEGIN + np.arange(10) * np.timedelta64(1, "D"), 40)
    dense = np.tile(np.repeat([0.0, 1.0], 20), 10)
    none = np.zeros(400, dtype=np.int64)
    swept = Swept(3600, at, none, none, dense)
    on_every_day = calibrate(swept, dense * (np.arange(400) % 10 == 0))
    on_one_day = calibrate(swept, dense * (at == at[0]))
    assert on_one_day.of(1.0, 0.9, "complete").p == pytest.approx(on_every_day.p[-1])
    assert on_every_day.of(1.0, 0.9, "complete").word == "high"
    assert on_one_day.of(1.0, 0.9, "complete").word == "medium"


def test_few_samples_are_low():
    few = Swept(3600, SWEPT.at[:40], SWEPT.side[:40], SWEPT.bin[:40], SWEPT.quantity[:40])
    calibration = calibrate(few, np.ones(40))
    assert calibration.of(1e9, 0.9, "complete").word == "low"


def test_where_nothing_was_liquidated_nothing_is_known():
    calibration = calibrate(SWEPT, np.zeros(len(SWEPT.at)))
    confidence = calibration.of(5.0, 0.9, "complete")
    assert (confidence.p, confidence.n, confidence.word) == (0, 0, "low")
