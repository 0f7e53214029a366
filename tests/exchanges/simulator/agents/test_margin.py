"""Liquidation prices: published examples, and the equation they solve."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.simulator.agents.kinds import ALT_TIERS, CEX_TIERS, HL_TIERS
from exchanges.simulator.agents.margin import LONG, SHORT, Tiers, liquidation_ratio

ALL_TIERS = (CEX_TIERS, HL_TIERS, ALT_TIERS)


def level(
    side: float, entry: float, quantity: float, leverage: float, tiers: Tiers = CEX_TIERS
) -> float:
    notional = np.array([entry * quantity])
    return entry * float(liquidation_ratio(side, notional, np.array([leverage]), tiers)[0])


@pytest.mark.parametrize(
    ("side", "entry", "leverage", "expected"),
    [
        (LONG, 67_000.0, 10.0, 60_542.17),
        (SHORT, 67_000.0, 25.0, 69_402.39),
        (LONG, 100_000.0, 100.0, 99_397.59),
        (SHORT, 100_000.0, 125.0, 100_398.41),
    ],
)
def test_published_examples_of_the_lowest_tier(
    side: float, entry: float, leverage: float, expected: float
) -> None:
    assert level(side, entry, 0.01, leverage) == pytest.approx(expected, abs=0.01)


def test_a_large_position_is_liquidated_earlier_by_its_tier() -> None:
    small, large = level(LONG, 1_456.84, 0.01, 3.0), level(LONG, 1_456.84, 5e4, 3.0)
    assert large > small
    deduction = CEX_TIERS.deductions()[4]
    at_tier = (1_456.84 * (1 - 1 / 3) - deduction / 5e4) / (1 - 0.02)
    assert large == pytest.approx(at_tier, rel=1e-12)


def test_deductions_are_those_the_venue_publishes() -> None:
    assert CEX_TIERS.deductions()[:7].tolist() == pytest.approx(
        [0, 50, 950, 11_450, 131_450, 481_450, 2_981_450]
    )
    assert HL_TIERS.deductions().tolist() == pytest.approx([0, 1_875_000])


@given(
    st.sampled_from([LONG, SHORT]),
    st.sampled_from(ALL_TIERS),
    st.floats(100.0, 5e7),
    st.floats(1.1, 30.0),
)
def test_at_the_level_equity_is_the_maintenance_margin(
    side: float, tiers: Tiers, notional: float, leverage: float
) -> None:
    entry = 50.0
    quantity = notional / entry
    price = level(side, entry, quantity, leverage, tiers)
    equity = notional / leverage + side * quantity * (price - entry)
    asked = max(quantity * price * np.array(tiers.rate) - tiers.deductions())
    assert equity == pytest.approx(asked, rel=1e-9, abs=1e-6 * notional)
