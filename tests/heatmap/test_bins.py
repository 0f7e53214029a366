"""Bins are round, even, and never more than asked for."""

from __future__ import annotations

import math
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from heatmap.bins import price_step, time_step


@given(st.floats(1e-8, 1e7), st.floats(0, 5), st.integers(1, 500))
def test_price_steps_are_round_and_few(low: float, spread: float, most: int):
    high = low * (1 + spread)
    step = price_step(low, high, most)
    mantissa = step / 10.0 ** math.floor(math.log10(step) + 1e-9)
    assert min(abs(mantissa - round_one) for round_one in (1, 2, 5)) < 1e-6
    assert (high - low) / step <= most * (1 + 1e-9)


@given(st.floats(1, 365 * 86_400), st.integers(60, 500))
def test_time_steps_are_few(seconds: float, most: int):
    step = time_step(timedelta(seconds=seconds), most)
    assert seconds / step <= most
