"""Contract sizes become base units and dollars, or stay unknown."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from exchanges.instruments import Instrument, Instruments

size = st.floats(1e-6, 1e9)
price = st.floats(1e-6, 1e7)


@given(size, price, st.floats(1e-4, 1e4))
def test_linear_contracts_are_sized_in_base_units(raw: float, at: float, contract_size: float):
    quantity, value = Instrument("X", "X", "USDT", contract_size).measure(raw, "contracts", at)
    assert quantity == raw * contract_size
    assert value == quantity * at


@given(size, price, st.sampled_from([1.0, 10.0, 100.0]))
def test_inverse_contracts_are_sized_in_dollars(raw: float, at: float, contract_size: float):
    instrument = Instrument("X", "X", "USD", contract_size, is_inverse=True)
    quantity, value = instrument.measure(raw, "contracts", at)
    assert value == raw * contract_size
    assert quantity is not None and math.isclose(quantity * at, value)


@given(size, price)
def test_a_size_in_quote_units_is_the_value(raw: float, at: float):
    quantity, value = Instrument("X", "X", "USDC").measure(raw, "quote", at)
    assert quantity == raw / at
    assert value is not None and math.isclose(value, raw)


def test_an_unknown_contract_size_gives_nothing_rather_than_a_guess():
    assert Instrument("X", "X", "USDT", None).measure(5, "contracts", 2) == (None, None)


def test_a_quote_that_is_no_dollar_has_no_value_in_dollars():
    assert Instrument("ETHBTC", "ETH", "BTC").measure(3, "base", 0.05) == (3, None)


def test_symbols_are_the_same_on_all_venues():
    assert Instrument("PF_XBTUSD", "XBT", "USD").symbol == "BTCUSD"
    assert Instrument("1000PEPEUSDT", "1000PEPE", "USDT").symbol == "1000PEPEUSDT"


def test_a_mark_is_forgotten_by_the_connection_that_keeps_it_current_only():
    instruments, old, new = Instruments(), object(), object()
    instruments.mark("BTC_USDT", 80_000.0, old)
    instruments.mark("ETH_USDT", 3_000.0, old)
    instruments.mark("BTC_USDT", 80_001.0, new)
    instruments.forget_marks(old)
    assert instruments.marks == {"BTC_USDT": 80_001.0}
    instruments.forget_marks(new)
    assert instruments.marks == {}
