"""What forecasts that know nothing of positions say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heatmap.scoring.audit import audit
from heatmap.scoring.baselines import FixedLeverage, Nearest, baselines
from heatmap.scoring.course import course_of
from heatmap.scoring.extremes import Extremes
from heatmap.scoring.field import asked_times, forecasts
from heatmap.scoring.freshness import Freshness
from heatmap.scoring.market import Market, PriceRange
from heatmap.scoring.one_sided import OneSided
from heatmap.scoring.predictors import Density, Predictor
from heatmap.scoring.random_zones import Random
from heatmap.scoring.swept import NO_GAPS
from heatmap.scoring.terms import Terms
from heatmap.zones.grid import LONG, SHORT, bins_of
from heatmap.zones.series import Series
from tests.heatmap.scoring.courses import price
from tests.heatmap.scoring.worlds import a_series, day, some_events

FIRST = int(bins_of(price(0)))
NEAR = PriceRange(FIRST - 40, 81)
"""Forty bins below the price to forty above: the price lies in place 40."""


def said(predictor: Predictor, series: Series, prices: PriceRange = NEAR) -> Density:
    """The density after the last candle, (2, prices.count)."""
    at = series.opened_at[-1:] + np.timedelta64(300, "s")
    (density,) = predictor.density(Market(series, some_events()), at, prices)
    return np.asarray(density, dtype=np.float32)


def still(*extra_closes: int) -> Series:
    return a_series([price(0), *map(price, extra_closes)])


def test_chance_is_even_and_the_same_for_a_seed_whatever_else_is_asked():
    wide = said(Random(3), still(), PriceRange(FIRST - 1000, 2000))
    assert abs(wide.mean() - 0.5) < 0.02
    assert abs((wide < 0.1).mean() - 0.1) < 0.02
    assert (said(Random(3), still()) == wide[:, 960:1041]).all()
    assert (said(Random(4), still()) != said(Random(3), still())).mean() > 0.99
    later = said(Random(3), still(0), PriceRange(FIRST - 1000, 2000))
    assert abs(likeness(wide[0], wide[1])) < 0.1
    assert abs(likeness(wide[0], later[0])) < 0.1


def likeness(one: Density, other: Density) -> float:
    return float(np.mean((one - one.mean()) * (other - other.mean())) * 12)


def test_nearest_falls_with_the_distance_on_both_sides():
    density = said(Nearest(), still())
    assert density.argmax(axis=1).tolist() == [40, 40]
    assert (np.diff(density[:, 40:]) < 0).all() and (np.diff(density[:, :41]) > 0).all()


@pytest.mark.parametrize(("side", "sign"), [(LONG, 1), (SHORT, -1)])
def test_fixed_leverages_peak_where_positions_opened_here_would_end(side, sign):
    density = said(FixedLeverage(), still())[side]
    peaks = 1 + np.flatnonzero((density[1:-1] > density[:-2]) & (density[1:-1] > density[2:]))
    ends = [price(0) * (1 - sign / x) / (1 - sign * 0.005) for x in (25, 50, 100)]
    assert sorted(bins_of(ends) - NEAR.first_bin) == peaks.tolist()


def test_extremes_peak_just_beyond_what_was_visited():
    density = said(Extremes(), still(-5, 7, 0))
    assert density[LONG].argmax() == 40 - 6
    assert density[SHORT].argmax() == 40 + 8
    assert (np.diff(density[LONG, :35]) > 0).all()


def test_freshness_is_hours_since_the_price_was_there():
    series = a_series([price(0)] * 25, [price(0)] * 12 + [price(-2)] + [price(0)] * 12, None)
    density = said(Freshness(), series)
    assert density[:, 40].tolist() == [0.0, 0.0]
    assert density[:, 38].tolist() == [1.0, 1.0]
    assert density[0, 37] == pytest.approx(25 / 12)


def test_one_sided_opens_one_side_at_its_own_formula_and_closes_in_proportion():
    series = a_series(
        [price(0)] * 3,
        open=np.array([price(0), price(-1), price(0)]),
        open_interest=np.array([100.0, 150.0, 75.0]),
    )
    prices = PriceRange(FIRST - 300, 600)
    usd = said(OneSided(), series, prices) * prices.middles
    assert usd[SHORT].sum() == 0
    assert usd[LONG].sum() == pytest.approx(50 * price(0) / 2, rel=1e-5)
    far = bins_of(price(0) * (1 - 1 / 5 + 0.005 / 5)) - prices.first_bin
    assert usd[LONG, far] == pytest.approx(0.15 * 25 * price(0), rel=1e-5)


def test_one_sided_levels_are_gone_when_the_last_price_crosses_them():
    series = a_series(
        [price(0)] * 3,
        low=[price(0), price(0), price(-15)],
        open=np.array([price(0), price(-1), price(0)]),
        open_interest=np.array([100.0, 150.0, 150.0]),
    )
    usd = said(OneSided(), series, PriceRange(FIRST - 300, 600))
    assert usd[LONG, 300 - 15 :].sum() == 0
    assert usd[LONG].sum() > 0


@pytest.mark.parametrize("name", baselines(0))
def test_baselines_do_not_look_ahead(name, a_world):
    course = course_of(Market(a_world.series, a_world.events), day(20), NO_GAPS, Terms())
    predictor = baselines(0)[name]
    (forecast,) = forecasts(course, {name: predictor})
    audit(course, predictor, forecast)
    assert len(forecast.density) == len(asked_times(course))
    assert (forecast.density >= 0).all()


def test_inverse_open_interest_is_dollars_already():
    series = a_series(
        [price(0)] * 2,
        open=np.array([price(0), price(-1)]),
        open_interest=np.array([100.0, 150.0]),
    )
    usd = said(OneSided(is_inverse=True), series, PriceRange(FIRST - 300, 600))
    assert usd.sum() == pytest.approx(50)


def test_a_rise_in_price_alone_is_taken_for_open_interest_by_the_common_recipe():
    series = a_series([price(0), price(3)], open=np.array([price(0), price(0)]))
    assert said(OneSided(), replace(series), PriceRange(FIRST - 300, 600))[LONG].sum() > 0
