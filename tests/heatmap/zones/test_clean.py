"""Whatever venues tell becomes a series without holes or nonsense, and what was done is counted."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heatmap.zones.clean import Cleaned, RawCandles, RawMarks, clean
from heatmap.zones.engine import advance
from heatmap.zones.interest import RawOpenInterest
from heatmap.zones.series import Series
from tests.heatmap.zones.make import BEGIN, FLAT, STEP, market, part, replayed

MARKET = market(60)


def told(series: Series = MARKET) -> RawCandles:
    return RawCandles(**{field.name: getattr(series, field.name) for field in fields(RawCandles)})


def rows(raw: RawCandles, kept: np.ndarray) -> RawCandles:
    return RawCandles(
        **{field.name: getattr(raw, field.name)[kept] for field in fields(RawCandles)}
    )


def interest(series: Series = MARKET) -> RawOpenInterest:
    return RawOpenInterest(series.opened_at + STEP, series.open_interest)


def changed(name: str, at: int, value: float) -> RawCandles:
    column = getattr(told(), name).copy()
    column[at] = value
    return replace(told(), **{name: column})


def cleaned(candles: RawCandles, points: RawOpenInterest | None = None, **rest) -> Cleaned:
    return clean("binance", "BTCUSDT", candles, points or interest(), **rest)


def series_of(result: Cleaned) -> Series:
    assert result.series is not None
    return result.series


def counted(result: Cleaned) -> dict[str, int]:
    return {reason: count for reason, count in result.counts.items() if count}


def test_good_rows_in_any_order_come_back_as_they_are():
    backwards = np.arange(60)[::-1]
    result = cleaned(
        rows(told(), backwards), marks=RawMarks(MARKET.opened_at, MARKET.mark_high, MARKET.mark_low)
    )
    for field in fields(Series):
        assert np.array_equal(
            getattr(series_of(result), field.name),
            getattr(MARKET, field.name),
            **({} if field.name in ("exchange", "symbol", "opened_at") else {"equal_nan": True}),
        ), field.name
    assert not counted(result)
    assert result.starts_anew


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("high", 1.0, "high_below_low"),
        ("low", np.nan, "price_not_positive"),
        ("close", np.inf, "price_not_positive"),
        ("open", 0.0, "price_not_positive"),
        ("low", -1.0, "price_not_positive"),
        ("close", 1.0, "price_outside_range"),
        ("volume", -1.0, "volume_negative"),
        ("volume", np.nan, "volume_negative"),
    ],
)
def test_a_candle_that_cannot_be_is_refused_and_bridged(name: str, value: float, reason: str):
    result = cleaned(changed(name, 20, value))
    assert counted(result) == {reason: 1, "candle_bridged": 1}
    series = series_of(result)
    assert np.flatnonzero(series.is_bridged).tolist() == [20]
    flat = {getattr(series, price)[20] for price in ("open", "high", "low", "close")}
    assert flat == {series.close[19]}
    assert series.volume[20] == 0


def test_a_taker_share_that_is_none_is_unknown():
    result = cleaned(changed("taker_buy", 3, 1.2))
    assert counted(result) == {"taker_buy_not_a_share": 1}
    assert np.isnan(series_of(result).taker_buy[3])


def test_of_a_candle_told_twice_the_later_one_stays():
    twice = rows(told(), np.array([*range(60), 5]))
    twice.volume[60] = 77.0
    result = cleaned(twice)
    assert counted(result) == {"candle_repeated": 1}
    assert series_of(result).volume[5] == 77


def test_candles_that_open_between_the_steps_are_refused():
    shifted = replace(told(), opened_at=MARKET.opened_at + np.timedelta64(60, "s"))
    result = cleaned(shifted)
    assert result.series is None
    assert counted(result) == {"candle_off_time": 60}


def test_a_missing_hour_is_bridged_and_a_longer_hole_starts_anew():
    hour = cleaned(rows(told(), np.r_[0:20, 32:60]))
    assert counted(hour) == {"candle_bridged": 12}
    assert len(series_of(hour).close) == 60
    longer = cleaned(rows(told(), np.r_[0:20, 33:60]))
    assert counted(longer) == {"hole_too_long": 1, "candle_before_hole": 20}
    assert series_of(longer).opened_at[0] == MARKET.opened_at[33]


def test_a_hole_right_after_the_series_before_is_bridged_from_it():
    before = part(MARKET, 0, 30)
    near = cleaned(rows(told(), np.arange(33, 60)), after=before)
    assert not near.starts_anew
    assert series_of(near).opened_at[0] == MARKET.opened_at[30]
    assert series_of(near).close[:3].tolist() == [before.close[-1]] * 3
    state, _ = replayed(before)
    advance(state, series_of(near), FLAT)
    far = cleaned(rows(told(), np.arange(50, 60)), after=before)
    assert far.starts_anew
    assert series_of(far).opened_at[0] == MARKET.opened_at[50]


def test_candles_that_were_used_already_are_not_used_again():
    result = cleaned(told(), after=part(MARKET, 0, 30))
    assert result.counts["candle_already_used"] == 30
    assert series_of(result).opened_at[0] == MARKET.opened_at[30]


def test_missing_interest_is_held_and_said_to_be():
    points = RawOpenInterest(interest().at[[10, 11, 30]], interest().quantity[[10, 11, 30]])
    series = series_of(cleaned(told(), points))
    assert np.flatnonzero(~series.is_bridged).tolist() == [10, 11, 30]
    assert set(series.open_interest[:11]) == {points.quantity[0]}
    assert set(series.open_interest[11:30]) == {points.quantity[1]}


@pytest.mark.parametrize("value", [np.nan, -5.0, 0.0, np.inf])
def test_interest_that_is_not_positive_is_refused_and_held(value: float):
    points = interest()
    wrong = points.quantity.copy()
    wrong[7] = value
    result = cleaned(told(), replace(points, quantity=wrong))
    assert counted(result) == {"open_interest_not_positive": 1, "open_interest_held": 1}
    assert series_of(result).open_interest[7] == points.quantity[6]


@pytest.mark.parametrize("size", [0.01, 0.001, 10.0])
@pytest.mark.parametrize("stretch", [slice(25, 28), slice(0, 3), slice(57, 60)])
def test_interest_in_contracts_is_refused(size: float, stretch: slice):
    points = interest()
    wrong = points.quantity.copy()
    wrong[stretch] /= size
    result = cleaned(told(), replace(points, quantity=wrong), contract_size=size)
    assert result.counts["open_interest_wrong_unit"] == 3
    assert series_of(result).open_interest.max() < 1.1 * points.quantity.max()


def test_interest_that_really_jumps_is_believed():
    points = interest()
    halved = np.where(np.arange(60) < 30, points.quantity, points.quantity / 2)
    result = cleaned(told(), replace(points, quantity=halved), contract_size=0.01)
    assert np.array_equal(series_of(result).open_interest, halved)


def test_without_any_interest_there_is_no_series_but_a_hold_from_before_is_enough():
    none = RawOpenInterest(interest().at[:0], np.empty(0))
    assert cleaned(told(), none).series is None
    held = series_of(cleaned(told(), none, after=part(MARKET, 0, 30)))
    assert set(held.open_interest) == {MARKET.open_interest[29]}
    assert held.is_bridged.all()


def test_mark_prices_that_cannot_be_are_replaced_by_last_prices():
    high, low = MARKET.mark_high.copy(), MARKET.mark_low.copy()
    high[5], low[6], low[7], high[8] = low[5] / 2, 0.01, np.nan, 1e9
    result = cleaned(told(), marks=RawMarks(MARKET.opened_at[:50], high[:50], low[:50]))
    series = series_of(result)
    assert np.flatnonzero(series.is_bridged).tolist() == [5, 6, 7, 8, *range(50, 60)]
    assert series.mark_low[5:9] == pytest.approx(MARKET.low[5:9])
    assert result.counts["mark_refused"] == 4


def test_a_venue_without_mark_prices_is_not_all_bridge():
    series = series_of(cleaned(told()))
    assert np.array_equal(series.mark_high, MARKET.high)
    assert not series.is_bridged.any()


numbers = st.floats(allow_nan=True, allow_infinity=True) | st.floats(0.01, 100)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 50), *[numbers] * 6, st.booleans()), min_size=1, max_size=30),
    st.lists(st.tuples(st.integers(0, 50), numbers), max_size=20),
    st.sampled_from((1.0, 0.01)),
)
def test_no_nonsense_gets_through_to_the_model(
    candles: list[tuple[float, ...]], points: list[tuple[int, float]], size: float
):
    table = np.array([row[:7] for row in candles])
    times = BEGIN + table[:, 0].astype(int) * STEP
    odd = np.array([row[7] for row in candles])
    times = np.where(odd, times, times + np.timedelta64(1, "s"))
    prices = np.sort(table[:, 1:5], axis=1) if candles[0][7] else table[:, 1:5]
    columns = (prices[:, 1], prices[:, 3], prices[:, 0], prices[:, 2])
    raw = RawCandles(times, *columns, table[:, 5], table[:, 6])
    at = BEGIN + np.array([point[0] for point in points], dtype=int) * STEP
    result = cleaned(raw, RawOpenInterest(at, np.array([p[1] for p in points])), contract_size=size)
    if result.series is not None:
        for field in fields(Series):
            values = getattr(result.series, field.name)
            if field.name not in ("exchange", "symbol", "opened_at", "taker_buy"):
                assert np.isfinite(values).all()
        assert (np.diff(result.series.opened_at) == STEP).all()
        _, advanced = replayed(result.series)
        assert np.isfinite(advanced.columns.quantity).all()
        assert np.isfinite(advanced.steps.consumed).all()
