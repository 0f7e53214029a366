"""Deribit: channels from the contracts, test requests answered, MT, a history of all trades."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from exchanges.adapters.base import Request
from exchanges.adapters.deribit import DeribitAdapter
from exchanges.errors import MalformedFrame
from exchanges.events import Acknowledged, Liquidation, Refused, Reply
from exchanges.instruments import Instruments
from tests.exchanges.adapters.payloads import instruments, wire
from tests.exchanges.adapters.simulated import assert_equal_totals, connected, history, received

deribit = DeribitAdapter()
SINCE = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
SINCE_MS = int(SINCE.timestamp() * 1000)


def parse(frame: Any) -> Any:
    return deribit.parse(wire(frame), instruments("deribit"), None)


def trade(number: int, **facts: Any) -> dict[str, Any]:
    return {
        "trade_id": str(number),
        "timestamp": SINCE_MS + number,
        "price": 80000.0,
        "instrument_name": "BTC-PERPETUAL",
        "direction": "sell",
        "amount": 100,
        **facts,
    }


def push(*trades: dict[str, Any]) -> dict[str, Any]:
    params = {"channel": "trades.future.BTC.100ms", "data": trades}
    return {"jsonrpc": "2.0", "method": "subscription", "params": params}


def page(*trades: dict[str, Any], has_more: bool = False) -> bytes:
    return wire({"jsonrpc": "2.0", "result": {"trades": trades, "has_more": has_more}})


def test_a_channel_a_kind_and_currency_and_a_heartbeat_are_asked_for():
    [subscription] = deribit.subscriptions(instruments("deribit"), {})
    beat, ask = map(json.loads, subscription.messages)
    assert (beat["method"], beat["params"]) == ("public/set_heartbeat", {"interval": 30})
    assert ask["params"]["channels"] == [
        "trades.future.BTC.100ms",
        "trades.future.ETH.100ms",
        "trades.future.USDC.100ms",
        "trades.option.BTC.100ms",
    ]
    assert subscription.acknowledgements == 1


def test_nothing_is_asked_for_before_the_currencies_are_known():
    assert deribit.subscriptions(Instruments(), {}) == []


def test_the_answer_to_the_subscription_acknowledges_and_no_other():
    [subscription] = deribit.subscriptions(instruments("deribit"), {})
    channels = json.loads(subscription.messages[1])["params"]["channels"]
    assert parse({"id": 1, "result": channels}) == [Acknowledged()]
    assert parse({"id": 2, "result": "ok"}) == []


def test_a_channel_that_was_not_accepted_is_named():
    acknowledged, refused = parse({"id": 1, "result": ["trades.future.BTC.100ms"]})
    assert acknowledged == Acknowledged()
    assert isinstance(refused, Refused) and not refused.is_fatal
    assert "trades.option.BTC.100ms" in refused.reason
    assert "trades.future.BTC" not in refused.reason


def test_a_refusal_says_why():
    [refused] = parse({"id": 1, "error": {"code": 10028, "message": "too_many_requests"}})
    assert isinstance(refused, Refused) and "10028" in refused.reason
    assert "too_many_requests" in refused.reason
    assert parse({"id": 1, "result": []}) == [Refused("none of the channels was accepted")]


def test_a_test_request_is_answered_with_a_test():
    [reply] = parse({"method": "heartbeat", "params": {"type": "test_request"}})
    assert isinstance(reply, Reply)
    assert json.loads(reply.message)["method"] == "public/test"
    assert parse({"method": "heartbeat", "params": {"type": "heartbeat"}}) == []


def test_both_sides_under_liquidation_are_two_events():
    maker, taker = parse(push(trade(7, liquidation="MT")))
    assert [maker.event_id, taker.event_id] == [
        "deribit:BTC-PERPETUAL:7:M",
        "deribit:BTC-PERPETUAL:7:T",
    ]
    assert (maker.side, taker.side) == ("short", "long")
    assert maker.value_usd == taker.value_usd == 100.0


def test_the_raw_of_either_gives_both_again():
    both = parse(push(trade(7, liquidation="MT"), trade(8)))
    for one in both:
        assert deribit.parse(one.raw.encode(), instruments("deribit"), None) == both


def test_combinations_and_spot_pairs_are_not_listed():
    assert list(instruments("deribit")) == [
        "BTC-PERPETUAL",
        "ETH-PERPETUAL",
        "SOL_USDC-PERPETUAL",
        "BTC-26MAR27-90000-C",
    ]


def test_history_asks_each_market_of_the_symbol_page_by_page():
    end = SINCE + timedelta(hours=1)
    steps = deribit.history(instruments("deribit"), {}, SINCE, end, "BTCUSD")
    url = (
        "https://history.deribit.com/api/v2/public/get_last_trades_by_currency_and_time"
        "?currency=BTC&kind=future&count=1000&sorting=asc"
    )
    until = f"&end_timestamp={SINCE_MS + 3_600_000}"
    assert next(steps) == Request(f"{url}&start_timestamp={SINCE_MS}{until}")
    rows = steps.send(page(trade(1), trade(2, liquidation="T"), has_more=True))
    assert isinstance(rows, list)
    assert [row.event_id for row in rows] == ["deribit:BTC-PERPETUAL:2:T"]
    assert next(steps) == Request(f"{url}&start_timestamp={SINCE_MS + 2}{until}")
    assert steps.send(page(trade(2), has_more=True)) == []
    assert next(steps) == Request(f"{url}&start_timestamp={SINCE_MS + 3}{until}")
    assert steps.send(page(trade(3))) == []
    with pytest.raises(StopIteration):
        next(steps)


def test_history_tells_no_other_symbol():
    steps = deribit.history(
        instruments("deribit"), {}, SINCE, SINCE + timedelta(hours=1), "SOLUSDC"
    )
    next(steps)
    other = trade(1, liquidation="T", instrument_name="XRP_USDC-PERPETUAL")
    assert steps.send(page(other)) == []


def test_an_answer_that_says_no_is_told_with_its_text():
    steps = deribit.history(instruments("deribit"), {}, SINCE, SINCE + timedelta(hours=1))
    next(steps)
    with pytest.raises(MalformedFrame, match="too_many_requests"):
        steps.send(wire({"error": {"code": 10028, "message": "too_many_requests"}}))


async def test_the_simulated_venue_gives_equal_totals(monkeypatch: pytest.MonkeyPatch):
    await assert_equal_totals("deribit", monkeypatch, count=300)


async def test_history_tells_the_rows_of_the_feed_by_the_same_ids(monkeypatch: pytest.MonkeyPatch):
    async with connected("deribit", monkeypatch) as (simulator, aggregator):
        await simulator.burst("deribit", 250)
        live: dict[str, Liquidation] = {r.event_id: r for r in await received(aggregator, 250)}
        past = {row.event_id: row for row in await history("deribit")}
    assert past.keys() == live.keys()
    assert all(past[name].value_usd == live[name].value_usd for name in past)
