"""Exchanges meet on one exchange's prices; nothing is lost, and nobody's part is hidden."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heatmap.zones.combining import Part, combine
from heatmap.zones.grid import BINS, LONG, SHORT, WIDTH, first_bin_around, prices_of


def exchange(name: str, price: float, traded: float, **cells: float) -> Part:
    """Return a part with so much so many bins below (longs) or above its price's bin."""
    quantity = np.zeros((2, BINS), dtype=np.float32)
    for cell, amount in cells.items():
        side = LONG if cell.startswith("long") else SHORT
        distance = int(cell.removeprefix("long").removeprefix("short"))
        quantity[side, BINS // 2 + (distance if side == SHORT else -distance)] = amount
    return Part(name, price, traded, first_bin_around(price), quantity)


MIDDLE = float(prices_of(1000.5))
BINANCE = exchange("binance", MIDDLE, 15, long20=3, short10=1)
BYBIT = exchange("bybit", MIDDLE, 5, long20=1)


def test_notional_adds_dollars_and_keeps_the_parts():
    combined = combine([BINANCE, BYBIT], "binance")
    level = MIDDLE * np.exp(-20 * WIDTH)
    assert combined.exchanges == ("binance", "bybit")
    assert combined.cells[:, LONG, BINS // 2 - 20] == pytest.approx([3 * level, level])
    assert combined.total.sum() == pytest.approx(4 * level + MIDDLE * np.exp(10 * WIDTH))


def test_inverse_contracts_are_dollars_already():
    inverse = replace(BYBIT, is_inverse=True)
    assert combine([BINANCE, inverse], "binance").cells[1].sum() == pytest.approx(1)


def test_the_weights_of_the_market():
    names = ("a", "b", "c", "d")
    parts = [exchange(n, MIDDLE, t, long5=7) for n, t in zip(names, (15, 5, 3, 2), strict=True)]
    shares = combine(parts, "a", "share").cells.sum(axis=(1, 2))
    assert shares == pytest.approx([0.60, 0.20, 0.12, 0.08])
    assert combine(parts, "a", "equal").cells.sum(axis=(1, 2)) == pytest.approx([0.25] * 4)


def test_a_basis_of_whole_bins_moves_the_levels_with_it():
    other = exchange("bybit", MIDDLE * np.exp(4 * WIDTH), 5, long20=1)
    cells = combine([BINANCE, other], "binance").cells
    assert cells[1, LONG].argmax() == BINS // 2 - 20
    assert cells[1, LONG, BINS // 2 - 20] == pytest.approx(cells[1].sum())


@given(st.floats(-0.02, 0.02))
def test_any_basis_keeps_the_distance_and_the_dollars(basis: float):
    other = exchange("bybit", MIDDLE * np.exp(basis), 5, long20=1, short30=2)
    cells = combine([BINANCE, other], "binance").cells[1]
    # The mean bin of the longs, but for where in its own bin the other price lies.
    where = (cells[LONG] * np.arange(BINS)).sum() / cells[LONG].sum()
    assert where == pytest.approx(BINS // 2 - 20, abs=1)
    assert cells.sum() == pytest.approx(combine([other], "bybit").total.sum())


def test_an_exchange_without_interest_is_imputed_only_when_asked_and_flagged():
    unknown = Part("okx", MIDDLE, 3)
    assert combine([BINANCE, unknown], "binance").exchanges == ("binance",)
    combined = combine([BINANCE, unknown], "binance", impute=True)
    assert combined.imputed == (False, True)
    assert combined.cells[1] == pytest.approx(combined.cells[0] * 3 / 15)


def test_an_exchange_without_levels_yet_adds_nothing_to_the_shapes():
    empty = exchange("bybit", MIDDLE, 5)
    combined = combine([BINANCE, empty], "binance", "share")
    assert np.isfinite(combined.cells).all()
    assert not combined.cells[1].any()


@pytest.mark.parametrize("reference", ["nobody", "okx"])
def test_the_reference_must_have_levels(reference: str):
    with pytest.raises(ValueError, match="cannot be the reference"):
        combine([BINANCE, Part("okx", MIDDLE, 3)], reference)
