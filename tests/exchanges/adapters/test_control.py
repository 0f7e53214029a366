"""Asking for a control stream never costs the liquidations."""

from __future__ import annotations

import json
from typing import Any

import pytest

from exchanges.adapters import adapters
from exchanges.events import Acknowledged, FeedEvent, Refused
from exchanges.instruments import Instruments
from tests.exchanges.adapters.payloads import instruments, wire

TICKER = {"instType": "usdt-futures", "topic": "ticker", "symbol": "BTCUSDT"}
CONTEXT = {"type": "activeAssetCtx", "coin": "BTC"}
FILLS = {"type": "userFills", "user": "0x010461c14e146ac35fe42271bdc1134ee31c703a"}


def parse(exchange: str, frame: Any) -> list[FeedEvent]:
    return list(adapters()[exchange].parse(wire(frame), Instruments(), None))


@pytest.mark.parametrize(
    ("exchange", "frame"),
    [
        ("bybit", {"success": True, "ret_msg": "", "req_id": "control", "op": "subscribe"}),
        ("okx", {"id": "control", "event": "subscribe", "arg": {"channel": "mark-price"}}),
        ("bitget", {"event": "subscribe", "arg": TICKER}),
        ("gate", {"channel": "futures.tickers", "event": "subscribe", "result": {}}),
        (
            "hyperliquid",
            {"channel": "subscriptionResponse", "data": {"subscription": CONTEXT}},
        ),
    ],
)
def test_its_acknowledgement_alone_subscribes_to_nothing(exchange: str, frame: Any):
    assert parse(exchange, frame) == [Acknowledged(is_control=True)]


@pytest.mark.parametrize(
    ("exchange", "frame"),
    [
        ("bybit", {"success": True, "req_id": "linear:0-2", "op": "subscribe"}),
        ("okx", {"id": "liquidations", "event": "subscribe"}),
        ("bitget", {"event": "subscribe", "arg": TICKER | {"topic": "liquidation"}}),
        ("gate", {"channel": "futures.public_liquidates", "event": "subscribe"}),
        ("hyperliquid", {"channel": "subscriptionResponse", "data": {"subscription": FILLS}}),
    ],
)
def test_that_of_the_liquidations_does(exchange: str, frame: Any):
    assert parse(exchange, frame) == [Acknowledged()]


@pytest.mark.parametrize(
    ("exchange", "frame"),
    [
        ("bybit", {"success": False, "ret_msg": "no", "req_id": "control", "op": "subscribe"}),
        ("okx", {"id": "control", "event": "error", "code": "60018", "msg": "no"}),
        ("bitget", {"event": "error", "arg": TICKER, "code": 30001, "msg": "no"}),
        ("gate", {"channel": "futures.tickers", "error": {"code": 2, "message": "no"}}),
        ("hyperliquid", {"channel": "error", "data": "Already subscribed: activeAssetCtx"}),
    ],
)
def test_its_refusal_leaves_the_connection(exchange: str, frame: Any):
    [refused] = parse(exchange, frame)
    assert isinstance(refused, Refused)
    assert (refused.is_fatal, refused.is_control, refused.retry) == (False, True, ())


@pytest.mark.parametrize("exchange", ["bybit", "okx", "bitget", "gate", "hyperliquid"])
def test_it_is_asked_for_in_a_request_of_its_own(exchange: str):
    for subscription in adapters()[exchange].subscriptions(instruments(exchange), {}):
        requests = [json.loads(message) for message in subscription.messages]
        mixed = [r for r in requests if "iquidation" in str(r) and "tick" in str(r)]
        assert requests and not mixed
