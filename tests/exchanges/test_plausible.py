"""What cannot be true is told from what is only unusual."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from exchanges.instruments import Instruments
from exchanges.plausible import doubt
from tests.make import NOON, a_liquidation


def doubted(mark: float | None = 80_000.0, **told: Any) -> str:
    instruments = Instruments()
    if mark is not None:
        instruments.marks["BTCUSDT"] = mark
    return doubt(a_liquidation(**told), instruments, NOON)


@pytest.mark.parametrize("price", [40_001.0, 80_000.0, 119_999.0])
def test_prices_around_the_mark_are_believed(price: float):
    assert doubted(price=price) == ""


@pytest.mark.parametrize("price", [8.0, 39_999.0, 120_001.0])
def test_prices_far_off_the_mark_are_not(price: float):
    assert "off the venue's mark price 80000.0" in doubted(price=price)


def test_without_a_mark_or_with_an_entry_price_there_is_nothing_to_compare():
    assert doubted(mark=None, price=8.0) == ""
    assert doubted(price=8.0, price_kind="entry") == ""


def test_times_an_hour_ahead_are_not_believed_and_old_ones_are():
    assert "61 minutes ahead" in doubted(exchange_time=NOON + timedelta(minutes=61))
    assert doubted(exchange_time=NOON + timedelta(minutes=59)) == ""
    assert doubted(exchange_time=NOON - timedelta(days=9)) == ""
