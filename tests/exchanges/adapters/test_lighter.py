"""Lighter: pings both ways, refusals one by one, no more messages than the venue takes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from exchanges.adapters.base import Subscription
from exchanges.adapters.lighter import LighterAdapter
from exchanges.events import Acknowledged, Heartbeat, Refused, Reply
from exchanges.instruments import Instrument, Instruments
from tests.exchanges.adapters.payloads import RECEIVED, instruments, wire

adapter = LighterAdapter()


def parsed(frame: Any) -> Any:
    return adapter.parse(wire(frame), instruments("lighter"), RECEIVED)


def subscriptions(markets: int) -> list[Subscription]:
    listed = Instruments(Instrument(str(n), f"C{n}", "USDC") for n in range(markets))
    return list(adapter.subscriptions(listed, {}))


def test_lists_active_perpetuals_by_their_numbers():
    listed = {name: known.symbol for name, known in instruments("lighter").items()}
    assert listed == {"0": "ETHUSDC", "1": "BTCUSDC", "4": "1000PEPEUSDC"}


def test_one_subscription_a_market():
    [subscription] = subscriptions(3)
    assert [json.loads(message) for message in subscription.messages] == [
        {"type": "subscribe", "channel": f"trade/{market}"} for market in range(3)
    ]


@pytest.mark.parametrize("markets", [90, 150, 350])
def test_all_sockets_together_send_less_than_200_messages_a_minute(markets: int):
    sockets = subscriptions(markets)
    assert sum(len(socket.messages) for socket in sockets) == markets
    assert all(len(socket.messages) <= 100 for socket in sockets)
    assert sum(60 / socket.pause_seconds for socket in sockets) < 190


def test_the_venues_ping_is_answered():
    assert parsed({"type": "ping"}) == [Reply('{"type":"pong"}')]


def test_the_answer_to_our_ping_is_a_heartbeat():
    assert parsed({"type": "pong"}) == [Heartbeat()]


def test_a_snapshot_acknowledges():
    frame = {"type": "subscribed/trade", "channel": "trade:1", "liquidation_trades": []}
    assert parsed(frame) == [Acknowledged()]


def test_a_market_that_is_none_is_refused_alone():
    frame = {"error": {"code": 30005, "message": "Invalid Channel:  (marketId)"}}
    assert parsed(frame) == [Refused("Invalid Channel:  (marketId)", is_fatal=False)]
