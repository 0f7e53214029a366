"""Frozen columns are taken as they were at the time, and only then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from exchanges.errors import LooksAhead, NotScorable
from heatmap.scoring.events import trigger_prices, triggered
from heatmap.scoring.market import Market, PriceRange, until
from heatmap.scoring.predictors import from_columns
from heatmap.zones.grid import BINS, LONG, SHORT
from heatmap.zones.series import Columns
from tests.heatmap.scoring.worlds import START, a_series, day, some_events

MARKET = Market(a_series(np.full(288, 100.0)), some_events())


def columns(*hours: float) -> Columns:
    """Columns at these hours; column n says n + 1 in its first bin of longs."""
    quantity = np.zeros((len(hours), 2, BINS), dtype=np.float32)
    quantity[:, LONG, 0] = np.arange(len(hours)) + 1
    at = np.array([day(h / 24) for h in hours], dtype="datetime64[s]")
    return Columns(at, np.full(len(hours), 1000), quantity)


def test_each_time_has_the_last_column_that_was_known():
    times = np.array([day(h / 24) for h in (0.5, 1, 1.9, 5)])
    density = from_columns(columns(1, 2, 3)).density(MARKET, times, PriceRange(1000, 4))
    assert np.isnan(density[0]).all()
    assert density[1:, LONG, 0].tolist() == [1.0, 1.0, 3.0]


@pytest.mark.parametrize(
    ("prices", "place"),
    [(PriceRange(995, 10), 5), (PriceRange(1000, 5000), 0), (PriceRange(990, 5), None)],
    ids=["from below", "wider", "beside"],
)
def test_columns_are_cut_to_the_range_that_is_asked_for(prices, place):
    density = from_columns(columns(1)).density(MARKET, np.array([day(1)]), prices)
    assert np.flatnonzero(density[0, LONG]).tolist() == ([] if place is None else [place])


def test_zones_written_after_their_time_are_refused():
    given = columns(1, 2, 3)
    from_columns(given, written_at=given.at + np.timedelta64(299, "s"))
    late = given.at + np.array([0, 301, 0]).astype("timedelta64[s]")
    with pytest.raises(LooksAhead, match="1 of 3 snapshots are too late"):
        from_columns(given, written_at=late)


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (lambda c: replace(c, at=c.at[::-1]), "order of time"),
        (lambda c: replace(c, at=np.full(2, START)), "order of time"),
        (lambda c: replace(c, quantity=c.quantity[:, :, :9]), "are to be"),
        (lambda c: replace(c, first_bin=c.first_bin[:1]), "are to be"),
    ],
)
def test_columns_that_do_not_fit_each_other_are_refused(broken, why):
    with pytest.raises(NotScorable, match=why):
        from_columns(broken(columns(1, 2)))


def test_bankruptcy_prices_become_the_prices_that_triggered():
    prices = trigger_prices(np.array([90.0, 110.0]), np.array([LONG, SHORT]), 0.005)
    assert prices.tolist() == pytest.approx([90 / 0.995, 110 / 1.005])


def test_only_bankruptcy_prices_are_mapped_and_held_within_their_candle():
    series = a_series([100.0, 100.0], [99.0, 90.0], [101.0, 100.0])
    in_first, in_second, never = day(0), day(301 / 86_400), day(2)
    events = some_events(
        (in_first, LONG, 95.0, 1.0),
        (in_second, LONG, 95.0, 1.0),
        (in_second, LONG, 80.0, 1.0),
        (never, SHORT, 100.5, 1.0),
    )
    is_bankruptcy = np.array([True, True, False, True])
    mapped = triggered(events, series, is_bankruptcy, 0.005)
    assert mapped.price.tolist() == pytest.approx([99.0, 95 / 0.995, 80.0, 100.5 / 1.005])


def test_a_market_until_a_time_holds_what_was_closed_and_told():
    events = some_events((day(0.1), LONG, 99.0, 1.0), (day(0.6), LONG, 98.0, 1.0))
    known = until(Market(MARKET.series, events), day(0.5))
    assert (len(known.series.close), len(known.events.at)) == (144, 1)
    assert known.last_close == day(0.5)


@pytest.mark.parametrize(
    ("series", "why"),
    [
        (a_series([]), "no candle"),
        (a_series([1.0, np.nan]), "not a positive"),
        (a_series([1.0, 0.0]), "not a positive"),
        (a_series([1.0], [2.0], [1.0]), "low is above"),
        (a_series([1.0, 1.0], volume=np.ones(1)), "differ in length"),
        (a_series([1.0, 1.0], opened_at=np.array([START, START])), "candles are missing"),
    ],
)
def test_candles_that_cannot_be_are_refused(series, why):
    with pytest.raises(NotScorable, match=why):
        Market(series, some_events())


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([(day(1), LONG, 1.0, 1.0), (day(0), LONG, 1.0, 1.0)], "order of time"),
        ([(day(0), LONG, 0.0, 1.0)], "price is not a positive"),
        ([(day(0), LONG, 1.0, np.nan)], "quantity is unknown"),
        ([(day(0), LONG, 1.0, -1.0)], "quantity is unknown"),
        ([(day(0), 2, 1.0, 1.0)], "neither 0 nor 1"),
    ],
)
def test_liquidations_that_cannot_be_are_refused(rows, why):
    with pytest.raises(NotScorable, match=why):
        Market(a_series([1.0]), some_events(*rows))
