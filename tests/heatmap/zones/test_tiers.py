"""Tiers are found by notional, and maintenance does not jump where deductions belong to rates."""

from __future__ import annotations

from math import inf

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.errors import UnreadableTiers
from heatmap.zones.binance_tiers import SHIPPED, read_tiers
from heatmap.zones.tiers import LeverageTier, TierTable, continuous, hyperliquid, stepped

rates = st.lists(st.floats(0.001, 0.5), min_size=2, max_size=8).map(sorted)


@given(rates, st.floats(1, 1e9))
def test_maintenance_is_continuous_at_every_edge(its_rates: list[float], first: float):
    table = continuous((first * 3**at, rate, 10) for at, rate in enumerate(its_rates))
    assert table.largest_jump() < 1e-12
    for edge in (one.floor for one in table.tiers[1:]):
        assert table.maintenance(edge * (1 - 1e-12)) == pytest.approx(table.maintenance(edge))


def test_binances_deductions_are_those_it_states():
    stated = [0, 50, 950, 11_450, 131_450, 481_450, 2_981_450, 14_481_450, 26_481_450]
    stated += [41_481_450, 121_481_450, 421_481_450]
    assert [one.deduction for one in SHIPPED["BTCUSDT"].tiers] == pytest.approx(stated)
    stated = [0, 50, 950, 11_450, 131_450, 381_450, 2_006_450, 9_506_450, 17_506_450]
    stated += [27_506_450, 80_506_450, 280_506_450]
    assert [one.deduction for one in SHIPPED["ETHUSDT"].tiers] == pytest.approx(stated)


def test_hyperliquid_demands_half_the_margin_at_the_greatest_leverage():
    table = hyperliquid([(150e6, 20), (0, 40)])
    assert [one.maintenance_rate for one in table.tiers] == [0.0125, 0.025]
    assert table.tiers[1].deduction == pytest.approx(1_875_000)
    assert table.tiers[1].cap == inf


def test_steps_without_deductions_jump_and_say_so():
    table = stepped([(100, 0.01, 100), (200, 0.02, 50)])
    assert table.maintenance(99) == pytest.approx(0.99)
    assert table.maintenance(100) == pytest.approx(2)
    assert table.largest_jump() == pytest.approx(0.01)


def test_a_notional_on_an_edge_is_in_the_tier_above_and_one_beyond_all_in_the_last():
    table = SHIPPED["BTCUSDT"]
    assert table.at(50_000).max_leverage == 100
    assert table.at(49_999).max_leverage == table.max_leverage == 125
    assert table.at(1e12).max_leverage == 1


def bracket(**changed: float) -> dict[str, float]:
    row = {"bracket": 1, "initialLeverage": 150, "notionalCap": 300_000, "notionalFloor": 0}
    return row | {"maintMarginRatio": 0.004, "cum": 0.0} | changed


def test_binances_own_answer_replaces_what_is_shipped():
    second = bracket(notionalFloor=300_000, notionalCap=800_000, maintMarginRatio=0.005, cum=300)
    text = msgspec.json.encode([{"symbol": "BTCUSDT", "brackets": [second, bracket()]}])
    table = read_tiers(text)["BTCUSDT"]
    assert table.tiers[0] == LeverageTier(0, 300_000, 0.004, 150, 0)
    assert table.largest_jump() < 1e-12


@pytest.mark.parametrize(
    "rows", [[bracket(notionalFloor=5)], [], [bracket(maintMarginRatio=4)], [bracket(cum=-1)]]
)
def test_tiers_that_cannot_be_are_refused(rows: list[dict[str, float]]):
    with pytest.raises(UnreadableTiers, match="BTCUSDT"):
        read_tiers(msgspec.json.encode([{"symbol": "BTCUSDT", "brackets": rows}]))


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"symbol": "BTCUSDT"}]'])
def test_other_texts_are_refused(text: str):
    with pytest.raises(UnreadableTiers, match="leverageBracket"):
        read_tiers(text)


def test_a_table_with_a_hole_is_refused():
    with pytest.raises(ValueError, match="begin where"):
        TierTable((LeverageTier(0, 10, 0.1, 5, 0), LeverageTier(11, 20, 0.2, 2, 0)))
