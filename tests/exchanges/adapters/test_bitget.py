"""Bitget: the v3 topic of two product lines, refusals, the text ping."""

from __future__ import annotations

import json
from typing import Any

import pytest

from exchanges.adapters import adapters
from exchanges.events import Acknowledged, Heartbeat, Refused
from exchanges.instruments import Instruments
from tests.exchanges.adapters.payloads import liquidations, payloads, wire
from tests.exchanges.adapters.simulated import assert_equal_totals

bitget = adapters()["bitget"]


def parse(frame: Any) -> Any:
    return bitget.parse(wire(frame), Instruments(), None)


def refusal(line: str) -> Any:
    arg = {"instType": line, "topic": "liquidation"}
    return parse({"event": "error", "arg": arg, "code": 30001, "msg": "doesn't exist"})


def test_the_v3_topic_of_both_linear_lines_is_asked_for():
    [subscription] = bitget.subscriptions(Instruments(), {})
    assert subscription.url.endswith("/v3/ws/public") and subscription.acknowledgements == 3
    first, second = (json.loads(message)["args"] for message in subscription.messages)
    lines = [(arg["instType"], arg["topic"]) for arg in first]
    assert lines == [("usdt-futures", "liquidation"), ("usdc-futures", "liquidation")]
    assert second == [{"instType": "usdt-futures", "topic": "ticker", "symbol": "BTCUSDT"}]
    assert parse(payloads("bitget")["control"][1]) == [Acknowledged()]


def test_without_the_usdc_line_the_connection_goes_on():
    assert refusal("usdc-futures") == [Refused("30001 doesn't exist", is_fatal=False)]


@pytest.mark.parametrize("line", ["usdt-futures", ""])
def test_without_the_usdt_line_it_does_not(line: str):
    assert refusal(line) == [Refused("30001 doesn't exist")]


def test_the_text_ping_is_answered():
    assert bitget.client_ping is not None and bitget.client_ping.message == "ping"
    assert parse("pong") == [Heartbeat()]


def test_the_quantity_is_the_amount_over_the_price():
    row = {"symbol": "BTCUSDT", "side": "buy", "price": "50000", "amount": "1000", "ts": "1"}
    data = [row | {"ts": "1795000000000"}]
    arg = {"instType": "usdt-futures", "topic": "liquidation"}
    [event] = liquidations(bitget, {"arg": arg, "data": data})
    assert (event.quantity, event.value_usd) == (0.02, 1000.0)


async def test_the_simulated_venue_gives_equal_totals(monkeypatch: pytest.MonkeyPatch):
    await assert_equal_totals("bitget", monkeypatch)
