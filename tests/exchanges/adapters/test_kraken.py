"""Kraken Futures: one message for all products, a snapshot first, executions as history."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from exchanges.adapters.base import Request
from exchanges.adapters.kraken import KrakenAdapter
from exchanges.errors import MalformedFrame
from exchanges.events import Acknowledged, Refused
from exchanges.instruments import Instruments
from tests.exchanges.adapters.payloads import instruments, payloads, wire
from tests.exchanges.adapters.simulated import assert_equal_totals, connected, history, received

kraken = KrakenAdapter()
SINCE = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)


def parse(frame: Any) -> Any:
    return kraken.parse(wire(frame), instruments("kraken"), None)


def execution(order_type: str) -> Any:
    [case] = [c for c in payloads("kraken")["liquidations"] if c["says"].startswith("the history")]
    frame = json.loads(json.dumps(case["frame"]))
    order = frame["elements"][0]["event"]["Execution"]["execution"]["takerOrder"]
    order["orderType"] = order_type
    return frame


def test_every_product_that_is_traded_is_asked_for_by_itself():
    [subscription] = kraken.subscriptions(instruments("kraken"), {})
    asked = [json.loads(message) for message in subscription.messages]
    products = ["PF_XBTUSD", "PF_ETHUSD", "PI_XBTUSD", "FI_ETHUSD_270326"]
    assert asked == [
        {"event": "subscribe", "feed": "trade", "product_ids": [name]} for name in products
    ]
    assert subscription.acknowledgements == len(products)
    assert 1 / subscription.pause_seconds <= 100


def test_nothing_is_asked_for_before_the_products_are_known():
    assert kraken.subscriptions(Instruments(), {}) == []


def test_only_the_trade_feed_acknowledges():
    assert parse({"event": "subscribed", "feed": "trade", "product_ids": []}) == [Acknowledged()]
    assert parse({"event": "subscribed", "feed": "heartbeat"}) == []


@pytest.mark.parametrize("event", ["error", "alert", "subscribed_failed"])
def test_a_refusal_says_why(event: str):
    assert parse({"event": event, "message": "Invalid product id"}) == [
        Refused("Invalid product id", is_fatal=False)
    ]


@pytest.mark.parametrize(
    ("order_type", "count"),
    [("Liquidation", 1), ("partialLiquidation", 1), ("Limit", 0), ("Assignment", 0)],
)
def test_the_takers_order_says_whether_an_execution_was_a_liquidation(order_type: str, count: int):
    assert len(parse(execution(order_type))) == count


def test_history_follows_the_token_and_ends_without_one():
    steps = kraken.history(instruments("kraken"), {}, SINCE, SINCE + timedelta(hours=1), "ETHUSD")
    since, before = int(SINCE.timestamp() * 1000), int(SINCE.timestamp() * 1000) + 3_600_000
    url = (
        "https://futures.kraken.com/api/history/v3/market/PF_ETHUSD/executions"
        f"?since={since}&before={before}&sort=asc&count=1000"
    )
    assert next(steps) == Request(url)
    rows = steps.send(wire(execution("Liquidation") | {"continuationToken": "a+b/c="}))
    assert isinstance(rows, list) and len(rows) == 1
    assert next(steps) == Request(f"{url}&continuation_token=a%2Bb/c%3D")
    assert steps.send(wire({"len": 0, "elements": []})) == []
    following = next(steps)
    assert isinstance(following, Request) and "FI_ETHUSD_270326" in following.url
    assert steps.send(wire({"len": 0, "elements": [], "continuationToken": None})) == []
    with pytest.raises(StopIteration):
        next(steps)


def test_an_answer_that_says_no_is_told_with_its_text():
    steps = kraken.history(instruments("kraken"), {}, SINCE, SINCE + timedelta(hours=1))
    next(steps)
    with pytest.raises(MalformedFrame, match="Unknown tradeable"):
        steps.send(wire({"errors": [{"severity": "error", "message": "Unknown tradeable"}]}))


async def test_the_simulated_venue_gives_equal_totals(monkeypatch: pytest.MonkeyPatch):
    await assert_equal_totals("kraken", monkeypatch, count=300)


async def test_history_tells_the_rows_of_the_feed_by_the_same_ids(monkeypatch: pytest.MonkeyPatch):
    async with connected("kraken", monkeypatch) as (simulator, aggregator):
        await simulator.burst("kraken", 250)
        live = {row.event_id: row for row in await received(aggregator, 250)}
        past = {row.event_id: row for row in await history("kraken")}
    assert past.keys() == live.keys()
    assert all(past[name].value_usd == live[name].value_usd for name in past)


async def test_what_a_new_subscription_repeats_is_known(monkeypatch: pytest.MonkeyPatch):
    async with connected("kraken", monkeypatch) as (simulator, aggregator):
        await simulator.burst("kraken", 50)
        await received(aggregator, 50)
        await simulator.fault("kraken", "drop", 0.1)
        await simulator.subscribed("kraken")
        new = await simulator.send("kraken", "PF_XBTUSD", "short", price=80_000, size=0.5)
        [row] = await received(aggregator, 1)
    assert (row.side, row.value_usd) == ("short", new.value_usd)
