"""Liquidation prices are the venues' own, by their worked examples and by real positions."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from heatmap.zones.grid import LONG, SHORT
from heatmap.zones.margin import (
    Position,
    bankruptcy_price,
    close_fee,
    cross,
    entry_valued_price,
    isolated,
    liquidation_price,
    solve,
    trigger_from_bankruptcy,
)
from heatmap.zones.tiers import LeverageTier, TierTable, continuous, stepped

BTC = Position(LONG, 109.488, 32_481.98, 0.0)
BTC_TIER = LeverageTier(0, 1e12, 0.025, 20, 16_300)
ETH = Position(LONG, 3_683.979, 1_456.84, 0.0)
ETH_TIER = LeverageTier(0, 1e12, 0.1, 5, 135_365)
WALLET = 1_535_443.01


def tier(rate: float) -> LeverageTier:
    return LeverageTier(0, 1e12, rate, 1000, 0)


def due_at(position: Position, rate: LeverageTier) -> float:
    price = liquidation_price(position, rate)
    assert price is not None
    return price


@pytest.mark.parametrize(
    ("position", "its_tier", "expected"), [(ETH, ETH_TIER, 1_114.78), (BTC, BTC_TIER, 18_778.73)]
)
def test_binances_isolated_examples(position: Position, its_tier: LeverageTier, expected: float):
    assert due_at(cross(position, WALLET), its_tier) == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize(
    ("position", "its_tier", "other", "other_tier", "other_mark", "expected"),
    [
        (ETH, ETH_TIER, BTC, BTC_TIER, 31_967.27, 1_153.26),
        (BTC, BTC_TIER, ETH, ETH_TIER, 1_335.18, 26_316.89),
    ],
)
def test_binances_cross_examples(
    position: Position,
    its_tier: LeverageTier,
    other: Position,
    other_tier: LeverageTier,
    other_mark: float,
    expected: float,
):
    maintenance = other.notional(other_mark) * other_tier.maintenance_rate - other_tier.deduction
    account = cross(position, WALLET, other.equity(other_mark), maintenance)
    assert due_at(account, its_tier) == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize(
    ("side", "leverage", "expected"), [(LONG, 10, 60_542.17), (SHORT, 25, 69_402.39)]
)
def test_one_bitcoin_from_67000(side: int, leverage: float, expected: float):
    position = isolated(side, 1, 67_000, leverage)
    assert due_at(position, tier(0.004)) == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize(
    ("side", "leverage", "rate", "expected"),
    [
        (LONG, 5, 0.004, 80_321),
        (SHORT, 5, 0.004, 119_522),
        (LONG, 100, 0.004, 99_398),
        (SHORT, 125, 0.004, 100_398),
        (LONG, 40, 0.0125, 98_734),
        (SHORT, 40, 0.0125, 101_235),
    ],
)
def test_from_a_hundred_thousand(side: int, leverage: float, rate: float, expected: float):
    position = isolated(side, 2, 100_000, leverage)
    assert due_at(position, tier(rate)) == pytest.approx(expected, abs=0.5)


def test_bybits_older_page_values_maintenance_at_entry():
    position = isolated(LONG, 1, 20_000, 50)
    assert entry_valued_price(position, tier(0.005)) == pytest.approx(19_700)


def test_bybits_inverse_pages_older_and_later():
    position = isolated(SHORT, 60_000, 50_000, 10, is_inverse=True)
    assert entry_valued_price(position, tier(0.005)) == pytest.approx(55_248.62, abs=0.005)
    assert due_at(position, tier(0.005)) == pytest.approx(55_277.78, abs=0.005)


def test_bybits_recorded_position_reserves_the_fee_of_closing():
    position = isolated(LONG, 0.001, 60_766.7, 10)
    fee = close_fee(position, 0.00055)
    assert 0.005 * position.notional(60_766.7) + fee == pytest.approx(0.33391302, abs=1e-6)
    assert position.margin + fee == pytest.approx(6.10674952, abs=1e-6)


# Real isolated positions of Hyperliquid in 2024, as its API told them (kept in freqtrade's tests):
# side, size, entry, margin, liquidation price, greatest leverage.
HYPERLIQUID = [
    (LONG, 0.33, 145.83, 24.045107, 74.83696193, 20),
    (LONG, 0.0199, 2459.5, 24.454895, 1243.0411908, 50),
    (LONG, 0.00077, 62739.0, 24.137992, 31708.03843631, 50),
    (LONG, 437.0, 0.11586, 25.29769, 0.05945697, 20),
    (SHORT, 0.019, 2642.8, 25.091876, 3924.18322043, 50),
    (SHORT, 0.32, 155.89, 24.924941, 228.07847866, 20),
    (SHORT, 351.0, 0.14333, 25.136807, 0.20970228, 20),
    (SHORT, 0.00069, 68595.0, 23.64871, 101849.99354283, 50),
    (SHORT, 0.00099, 65536.0, 21.604172, 86493.46174617, 50),
    (LONG, 0.6, 173.06, 20.735658, 142.05186667, 20),
    (LONG, 0.0329, 2545.5, 20.909894, 1929.23322895, 50),
    (SHORT, 0.00031, 67400.0, 20.887308, 133443.97317151, 50),
    (SHORT, 0.0327, 2552.0, 20.833393, 3157.53150453, 50),
    (LONG, 0.0015, 66930.0, 20.043862, 54108.51043771, 50),
]


@pytest.mark.parametrize(("side", "size", "entry", "margin", "expected", "most"), HYPERLIQUID)
def test_hyperliquids_real_positions(
    side: int, size: float, entry: float, margin: float, expected: float, most: float
):
    position = Position(side, size, entry, margin)
    assert due_at(position, tier(0.5 / most)) == pytest.approx(expected, rel=5e-5)


positions = st.builds(
    isolated,
    st.sampled_from((LONG, SHORT)),
    st.floats(1e-3, 1e5),
    st.floats(1e-3, 1e5),
    st.floats(1.01, 125),
    is_inverse=st.booleans(),
)


def rising(rates: list[float]) -> TierTable:
    return continuous((10.0 ** (2 + 2 * at), rate, 1 / rate) for at, rate in enumerate(rates))


tables = st.lists(st.floats(0.002, 0.4), min_size=1, max_size=5).map(sorted).map(rising)


@given(positions, tables)
def test_equity_is_the_maintenance_of_the_tier_at_the_liquidation_price(
    position: Position, tiers: TierTable
):
    margin = position.equity(position.entry) - tiers.maintenance(position.notional(position.entry))
    assume(margin > 1e-6 * position.notional(position.entry))
    price = solve(position, tiers)
    # Longs without leverage and inverse shorts with little have nothing to fear.
    assume(price is not None)
    assert price is not None
    scale = position.notional(price) + position.notional(position.entry)
    difference = position.equity(price) - tiers.maintenance(position.notional(price))
    assert abs(difference) < 1e-9 * scale
    assert (position.entry - price) * position.sign > 0


@given(positions, st.floats(0.001, 0.2))
def test_bankruptcy_prices_tell_the_trigger_without_the_leverage(position: Position, rate: float):
    bankrupt, due = bankruptcy_price(position), liquidation_price(position, tier(rate))
    assume(bankrupt is not None and due is not None)
    assert bankrupt is not None
    assert abs(position.equity(bankrupt)) < 1e-9 * position.notional(position.entry) + 1e-9
    found = trigger_from_bankruptcy(
        [bankrupt], [position.side], rate, is_inverse=position.is_inverse
    )
    assert found[0] == pytest.approx(due, rel=1e-6)


def test_a_large_short_meets_the_tiers_above_its_entry():
    tiers = continuous([(1e6, 0.01, 50), (1e9, 0.05, 10)])
    position = isolated(SHORT, 9.5, 1e5, 10)
    price = solve(position, tiers)
    assert price is not None
    assert position.notional(price) > 1e6
    assert price == due_at(position, tiers.tiers[1]) != due_at(position, tiers.tiers[0])


def test_where_maintenance_jumps_the_edge_of_the_tier_liquidates():
    tiers = stepped([(1e6, 0.01, 50), (1e9, 0.09, 10)])
    assert solve(isolated(SHORT, 9.5, 1e5, 10), tiers) == pytest.approx(1e6 / 9.5)


def test_a_position_that_is_due_at_the_mark_is_due_there():
    position = isolated(LONG, 1, 100, 10)
    assert solve(position, continuous([(1e9, 0.01, 50)]), mark=90.5) == 90.5


def test_a_long_without_leverage_has_no_liquidation_price():
    assert solve(isolated(LONG, 1, 100, 1), continuous([(1e9, 0.01, 50)])) is None
