"""Windows: batches and throttle in the rows' own time, however often one looks."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from exchanges.simulator import Contract, Liquidation
from exchanges.simulator.window import Window

BTC, ETH = Contract("BTCUSDT", "BTC"), Contract("ETHUSDT", "ETH")

times = st.lists(st.integers(0, 5_000), min_size=1, max_size=30).map(sorted)


def row(time_ms: int, size: float = 1.0, contract: Contract = BTC) -> Liquidation:
    return Liquidation("binance", contract, "long", 100.0, size, time_ms)


def test_a_window_opens_with_its_first_row_and_ends_after_its_length() -> None:
    window = Window(1.0, keeps_largest_only=False)
    window.add(row(200))
    window.add(row(900))
    assert window.due(1.199) == []
    assert window.due(1.2) == [[row(200), row(900)]]
    assert window.due(9.0) == []


def test_instruments_have_windows_of_their_own() -> None:
    window = Window(1.0, keeps_largest_only=True)
    window.add(row(0))
    window.add(row(500, contract=ETH))
    assert window.due(1.0) == [[row(0)]]
    assert window.due(1.5) == [[row(500, contract=ETH)]]


def test_the_largest_is_kept() -> None:
    window = Window(1.0, keeps_largest_only=True)
    for size in (2.0, 5.0, 3.0):
        window.add(row(100, size))
    assert window.due(2.0) == [[row(100, 5.0)]]


def test_a_window_of_no_length_keeps_every_row() -> None:
    window = Window(0.0, keeps_largest_only=False)
    for _ in range(3):
        window.add(row(100))
    assert window.due(0.1) == [[row(100)]] * 3


@given(times, st.sets(st.integers(0, 5_000)))
def test_looking_more_often_makes_no_difference(times_ms: list[int], looks: set[int]) -> None:
    rarely, often = Window(1.0, keeps_largest_only=False), Window(1.0, keeps_largest_only=False)
    seen = []
    for time_ms in times_ms:
        for look in sorted(look for look in looks if look <= time_ms):
            seen += often.due(look / 1000)
        rarely.add(row(time_ms))
        often.add(row(time_ms))
    assert seen + often.due(99.0) == rarely.due(99.0)


@given(times)
def test_windows_open_at_least_their_length_apart(times_ms: list[int]) -> None:
    window = Window(1.0, keeps_largest_only=False)
    for time_ms in times_ms:
        window.add(row(time_ms))
    starts = [rows[0].time_ms for rows in window.due(99.0)]
    assert all(later - earlier >= 1000 for earlier, later in pairwise(starts))
