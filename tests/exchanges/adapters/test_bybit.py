"""Bybit: linear and inverse contracts on sockets of their own, batches refused as a whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from exchanges.adapters.bybit import BybitAdapter
from exchanges.events import Refused
from exchanges.instruments import Instrument, Instruments
from tests.exchanges.adapters.payloads import RECEIVED, wire

adapter = BybitAdapter()

# In whatever order they come: every third one is inverse.
MIXED = Instruments(
    Instrument(f"C{n}USD", f"C{n}", "USD", is_inverse=True)
    if n % 3 == 0
    else Instrument(f"C{n}USDT", f"C{n}", "USDT")
    for n in range(900)
)


def topics(message: str) -> list[str]:
    return [topic.removeprefix("allLiquidation.") for topic in json.loads(message)["args"]]


def refusal(req_id: str, known: Instruments = MIXED) -> Refused:
    frame = {"op": "subscribe", "success": False, "ret_msg": "no", "req_id": req_id}
    [refused] = adapter.parse(wire(frame), known, RECEIVED)
    assert isinstance(refused, Refused)
    return refused


def test_linear_and_inverse_contracts_have_sockets_of_their_own():
    asked: dict[str, list[str]] = {}
    for subscription in adapter.subscriptions(MIXED, {}):
        category = subscription.url.rpartition("/")[2]
        asked.setdefault(category, []).extend(
            name for message in subscription.messages for name in topics(message)
        )
        assert subscription.acknowledgements == len(subscription.messages) <= 2
    assert asked["linear"] == [name for name, one in MIXED.items() if not one.is_inverse]
    assert asked["inverse"] == [name for name, one in MIXED.items() if one.is_inverse]


def test_without_inverse_contracts_there_is_no_inverse_socket():
    linear = Instruments([Instrument("BTCUSDT", "BTC", "USDT")])
    [subscription] = adapter.subscriptions(linear, {})
    assert subscription.url == "wss://stream.bybit.com/v5/public/linear"


@pytest.mark.parametrize("category", ["linear", "inverse"])
def test_a_refused_batch_is_asked_for_one_by_one(category: str):
    [socket] = [s for s in adapter.subscriptions(MIXED, {}) if s.url.endswith(category)][-1:]
    message = socket.messages[-1]
    refused = refusal(json.loads(message)["req_id"])
    assert [topics(one) for one in refused.retry] == [[name] for name in topics(message)]


def test_one_contract_refused_leaves_the_others():
    req_id = json.loads(refusal("inverse:0-3").retry[1])["req_id"]
    assert req_id == "inverse:1-2"
    assert refusal(req_id) == Refused("no", is_fatal=False)


@pytest.mark.parametrize("req_id", ["", "linear", "spot:0-2", "linear:x-2", "linear:0-9999999"])
def test_a_refusal_of_what_nobody_asked_is_fatal(req_id: str):
    assert refusal(req_id) == Refused("no", is_fatal=True)


@pytest.mark.parametrize(
    ("name", "base", "quote", "is_inverse"),
    [
        ("XRPUSD", "XRP", "USD", True),
        ("ETHUSDZ26", "ETH", "USD", True),
        ("ETHUSDT", "ETH", "USDT", False),
        ("USDEUSDT", "USDE", "USDT", False),
        ("ETHPERP", "ETH", "USDC", False),
        ("ETHUSDT-25DEC26", "ETH", "USDT", False),
        ("ETH-25DEC26", "ETH", "USDC", False),
    ],
)
def test_a_name_tells_what_a_contract_is(name: str, base: str, quote: str, is_inverse: bool):
    row: dict[str, Any] = {"T": 1795000000000, "s": name, "S": "Buy", "v": "100", "p": "50"}
    frame = {"topic": f"allLiquidation.{name}", "ts": 1795000000500, "data": [row]}
    [event] = adapter.parse(wire(frame), Instruments(), RECEIVED)
    assert getattr(event, "symbol", "") == base + quote
    assert getattr(event, "value_usd", None) == (100.0 if is_inverse else 5_000.0)


def test_a_cursor_that_repeats_ends_the_list_instead_of_looping_for_ever() -> None:
    requests = adapter.instrument_requests()
    page = b'{"result":{"list":[],"nextPageCursor":"same"}}'
    asked = [next(requests).url]
    with pytest.raises(StopIteration):
        for _ in range(10):
            asked.append(requests.send(page).url)
    assert len(asked) == 4
