"""What the job is made of: rounding, hashes, kernels, units, files, retention."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.events import LeverageTier
from exchanges.models import Watch
from exchanges.store import Writer, query
from heatmap.forecast import files, kernels
from heatmap.forecast.columns import Column, digest, read_columns, rounded, table_of
from heatmap.forecast.fits import kernel_for, series_of
from heatmap.forecast.kernels import Used, read_kernels, used
from heatmap.forecast.model import Model, Standing, part
from heatmap.forecast.nightly import to_score
from heatmap.forecast.rows import read_rows
from heatmap.forecast.tiers import ASSUMED, tier_table
from heatmap.forecast.times import stamp
from heatmap.scorecards.lake import Asked
from heatmap.zones.engine import advance, start
from heatmap.zones.grid import BINS, prices_of
from heatmap.zones.kernel import REACH, Kernel
from tests.heatmap.forecast.bench import DAY, START, a_contract, days, store_market
from tests.heatmap.zones.make import BEGIN, FLAT
from tests.make import a_liquidation

FIVE = timedelta(minutes=5)


def a_column(hours: int = 0, **told: object) -> Column:
    quantity = np.zeros((2, BINS), dtype=np.float32)
    quantity[0, 3], quantity[1, 1199] = 1.5, 0.25
    at = BEGIN + np.timedelta64(hours, "h")
    own = {"exchange": "binance", "symbol": "BTCUSDT", "frozen_at": at, "first_bin": 10_400}
    rest = {"quantity": quantity, "price": 6e4, "coverage": 0.9, "kernel": "flat-1"}
    return Column(**(own | rest | told))  # type: ignore[arg-type]


@given(st.lists(st.floats(0, 2.0**100, width=32), min_size=1))
def test_rounding_keeps_three_digits_and_again_changes_nothing(cells: list[float]):
    told = np.array(cells, dtype=np.float32)
    once = rounded(told)
    normal = told >= np.finfo(np.float32).tiny
    assert np.allclose(once[normal], told[normal], rtol=2**-11, atol=0)
    assert (rounded(once) == once).all() and (once[told == 0] == 0).all()


def test_the_hash_is_the_documented_one_and_knows_every_part():
    column = a_column()
    by_hand = hashlib.sha256()
    seconds = int(START.timestamp())
    by_hand.update(f"binance|BTCUSDT|{seconds}|long|10400|60000.0|".encode())
    by_hand.update(np.array([0, 0, 0, 1.5], dtype="<f4").tobytes())
    by_hand.update(f"binance|BTCUSDT|{seconds}|short|10400|60000.0|".encode())
    by_hand.update(column.quantity[1].astype("<f4").tobytes())
    assert digest([column]) == by_hand.hexdigest()
    other = a_column(exchange="bybit")
    assert digest([column, other]) == digest([other, column]) != digest([column])
    assert digest([a_column(price=6e4 + 1e-9)]) != digest([column])


def test_columns_come_back_from_the_lake_bit_for_bit(lake: Writer):
    columns = [a_column(hours, exchange=name) for name in ("binance", "okx") for hours in (1, 2)]
    lake.append_table("zone_columns", table_of(columns, START))
    read = read_columns(lake.lake, "BTCUSDT", START, START + timedelta(hours=2))
    assert digest(read[:1]) == digest(columns[:1]) and len(read) == 4
    assert all((a.quantity == b.quantity).all() for a, b in zip(read, columns, strict=True))
    assert read[3].kernel == "flat-1" and read[3].coverage == 0.9


def test_a_stored_kernel_goes_on_with_the_same_numbers(lake: Writer):
    draw = np.random.default_rng(1).random((2, REACH))
    kernel = Kernel(draw / draw.sum(axis=1, keepdims=True), "fitted", BEGIN, BEGIN + DAY)
    one = used(kernel, BEGIN + DAY)
    lake.append_table("kernels", kernels.table_of([(("okx", "BTCUSDT"), one)]))
    [read] = read_kernels(lake.lake)["okx", "BTCUSDT"]
    assert (read.kernel.weights == one.kernel.weights).all()
    assert read.name == one.name and read.used_from == one.used_from
    assert read.kernel.until == kernel.until
    assert used(read.kernel, BEGIN).name == one.name
    assert kernels.at([read], BEGIN) is None and kernels.at([read], BEGIN + DAY) is read


@pytest.mark.django_db
def test_a_kernel_for_a_day_knows_nothing_from_then_on(lake: Writer):
    store_market(lake, days(4))
    day = (BEGIN + np.timedelta64(3, "D")).astype("datetime64[D]")
    before = [fallen(hour) for hour in range(3 * 24)]
    lake.append(before)
    Watch.objects.create(exchange="binance", started_at=START)
    now = START + timedelta(days=3, minutes=5)
    kernel = kernel_for(lake.lake, a_contract(), day, now)
    assert kernel.method == "fitted" and kernel.until == day
    lake.append([fallen(hour) for hour in range(3 * 24, 4 * 24)])
    again = kernel_for(lake.lake, a_contract(), day, now)
    assert (again.weights == kernel.weights).all()
    assert not kernel.serves(BEGIN + np.timedelta64(71, "h"))


@pytest.mark.django_db
def test_liquidations_of_unrecorded_time_fit_no_kernel(lake: Writer):
    store_market(lake, days(3))
    lake.append([fallen(hour) for hour in range(3 * 24)])
    day = (BEGIN + np.timedelta64(3, "D")).astype("datetime64[D]")
    now = START + timedelta(days=3)
    assert kernel_for(lake.lake, a_contract(), day, now).method == "flat"


def fallen(hour: int):
    at = START + timedelta(hours=hour, minutes=2)
    return a_liquidation(event_id=f"binance:{hour}", exchange_time=at, price=6e4, quantity=2.0)


def test_inverse_contracts_are_in_usd_for_the_model_and_in_base_units_in_the_lake(lake: Writer):
    store_market(lake, days(1))
    found = read_rows(lake.lake, START, START + timedelta(days=2))["binance", "BTCUSDT"]
    inverse = a_contract(is_inverse=True, contract_size=100.0)
    linear, usd = series_of(found, a_contract()), series_of(found, inverse)
    assert linear is not None and usd is not None
    assert np.allclose(usd.volume, linear.volume * linear.close)
    assert np.allclose(usd.open_interest, linear.open_interest * linear.close)
    model = Model(inverse, [used(FLAT, BEGIN)])
    last = [column for piece in model.take(found, no_kernel) for column in piece][-1]
    assert model.standing is not None
    dollars = last.quantity * prices_of(last.first_bin + np.arange(BINS) + 0.5)
    assert np.allclose(dollars, model.standing.state.levels.window, rtol=2**-10)


def no_kernel(*_: object) -> Used:
    raise AssertionError("there is one")


def test_a_model_is_kept_bit_for_bit(tmp_path: Path):
    series = days(1)
    state = start(series)
    advance(state, series, FLAT)
    standing = Standing(state, part(series, -1, None), np.datetime64("2026-01-02", "D"))
    files.save(tmp_path, ("okx", "../BTC"), standing)
    assert not (tmp_path.parent / "BTC.npz").exists()
    read = files.load(tmp_path, ("okx", "../BTC"))
    assert read is not None and read.fitted_for == standing.fitted_for
    assert (read.state.levels.cells == state.levels.cells).all()
    assert read.last.close[0] == series.close[-1]
    assert read.last.opened_at[0] == series.opened_at[-1]


def tier(floor: float, cap: float | None, unit: str, rate: float) -> LeverageTier:
    return LeverageTier("okx", "BTCUSDT", floor, cap, unit, rate, 100.0, None)  # type: ignore[arg-type]


def test_tiers_in_coins_become_dollars_and_unknown_ones_are_assumed(lake: Writer):
    lake.append_tiers([tier(0, 10, "base", 0.004), tier(10, None, "base", 0.01)], START)
    okx, later = a_contract("okx"), START + FIVE
    table = tier_table(lake.lake, okx, 6e4, later)
    assert table.at(599_999).maintenance_rate == 0.004 < table.at(600_001).maintenance_rate
    assert table.largest_jump() == pytest.approx(0)
    shipped = tier_table(lake.lake, a_contract("gate"), 6e4, later)
    assert shipped.max_leverage == 125
    assert tier_table(lake.lake, a_contract("gate", symbol="WIFUSDT"), 1.0, later) is ASSUMED


def test_zones_are_forgotten_when_they_are_old_and_the_kernel_in_use_is_not(lake: Writer):
    columns = [a_column(24 * day) for day in range(10)]
    lake.append_table("zone_columns", table_of(columns, START))
    weights = np.full((2, REACH), 1 / REACH)
    days_used = (0, 2, 8)
    some = [
        used(Kernel(weights * (1 - n / 100), "flat"), BEGIN + np.timedelta64(n, "D"))
        for n in days_used
    ]
    lake.append_table("kernels", kernels.table_of([(("okx", "BTCUSDT"), one) for one in some]))
    now = START + timedelta(days=9, hours=1)
    for _ in range(6):
        for step in lake.maintenance_steps(now, keep_days=0, zone_days=5):
            lake.maintain(step)
    kept = query(lake.lake, "SELECT DISTINCT frozen_at FROM zone_columns ORDER BY 1", {})
    assert [at for (at,) in kept] == [START + timedelta(days=n) for n in range(5, 10)]
    assert [one.name for one in read_kernels(lake.lake)["okx", "BTCUSDT"]] == [
        one.name for one in some[1:]
    ]
    assert stamp(START) == BEGIN


def test_what_is_scored_has_timely_columns_and_liquidations_of_the_day_that_ended(lake: Writer):
    late, timely = a_column(exchange="okx"), a_column(2, exchange="okx")
    lake.append_table("zone_columns", table_of([late], START + timedelta(hours=1)))
    own = [timely, a_column(exchange="binance")]
    lake.append_table("zone_columns", table_of(own, START + timedelta(minutes=1)))
    names = ("okx", "bybit")
    lake.append([a_liquidation(event_id=n, exchange=n, exchange_time=START) for n in names])
    midnight = START + timedelta(days=1)
    asked = [Asked("okx", "BTCUSDT", START + timedelta(hours=2), midnight)]
    assert to_score(lake.lake, midnight + timedelta(minutes=10)) == asked
    assert to_score(lake.lake, midnight + timedelta(days=1)) == []
