"""What an account's state says, and that nothing else is taken for one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.census.wire import Position, positions, state_request
from exchanges.errors import MalformedFrame
from tests.exchanges.census.conftest import a_position, a_state

COINS = {"BTC": "BTCUSDT", "kPEPE": "1000PEPEUSDT"}
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def read(*told: dict[str, Any]) -> list[Position]:
    return positions(json.dumps(a_state(*told)).encode(), COINS)


def test_a_position_is_read_as_it_is_told():
    assert read(a_position()) == [
        Position("BTCUSDT", "long", "isolated", 2.0, 80_000.0, 76_962.02531646, 20.0, 80_500.0)
    ]


def test_a_short_in_cross_margin_without_a_liquidation_price_has_none():
    short = a_position(
        coin="kPEPE",
        szi="-5.0",
        leverage={"type": "cross", "value": 3},
        liquidationPx=None,
        positionValue="1.0",
    )
    [one] = read(short)
    assert (one.symbol, one.side, one.margin_mode) == ("1000PEPEUSDT", "short", "cross")
    assert (one.quantity, one.liquidation_price, one.mark_price) == (5.0, None, 0.2)


def test_the_far_price_of_a_rich_account_is_kept():
    whale = a_position(szi="-2.2", leverage={"type": "cross", "value": 5}, liquidationPx="2690102.")
    assert read(whale | {"liquidationPx": "2690102.0"})[0].liquidation_price == 2_690_102.0


def test_other_coins_and_closed_positions_are_left_out():
    assert read(a_position(coin="DOGE"), a_position(szi="0.0")) == []


@pytest.mark.parametrize("price", ["0.0", "-5.0", "1e300"])
def test_what_cannot_be_a_price_is_none(price: str):
    assert read(a_position(liquidationPx=price))[0].liquidation_price is None


@pytest.mark.parametrize(
    "told",
    [
        {"szi": "many"},
        {"szi": "inf"},
        {"szi": "nan"},
        {"szi": None},
        {"leverage": {"type": "portfolio", "value": 3}},
        {"leverage": None},
        {"coin": 7},
        {"entryPx": []},
    ],
)
def test_another_form_is_refused_whole(told: dict[str, Any]):
    with pytest.raises(MalformedFrame):
        read(a_position(), a_position(**told))


@given(ANY_JSON)
def test_no_json_raises_anything_but_malformed(told: Any):
    for body in (told, {"assetPositions": told}, a_state(*[a_position(szi=told)])):
        try:
            found = positions(json.dumps(body).encode(), COINS)
        except MalformedFrame:
            continue
        assert all(one.quantity > 0 for one in found)


@given(st.binary())
def test_no_bytes_raise_anything_but_malformed(body: bytes):
    try:
        positions(body, COINS)
    except MalformedFrame:
        return


def test_a_request_weighs_what_is_documented():
    request = state_request("0xab")
    assert (request.weight, json.loads(request.body or "")) == (
        2.0,
        {"type": "clearinghouseState", "user": "0xab"},
    )
