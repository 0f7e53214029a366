"""Bitfinex: arrays and events, which price a row has, a history that is paged by time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from exchanges.adapters.base import Request
from exchanges.adapters.bitfinex import PAGE_ROWS, BitfinexAdapter
from exchanges.errors import MalformedFrame
from exchanges.events import Acknowledged, Delivered, Refused
from tests.exchanges.adapters.payloads import instruments, wire
from tests.exchanges.adapters.simulated import assert_equal_totals, connected, history, received

bitfinex = BitfinexAdapter()
SINCE = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
SINCE_MS = int(SINCE.timestamp() * 1000)


def parse(frame: Any) -> Any:
    return bitfinex.parse(wire(frame), instruments("bitfinex"), None)


def told(number: int, *, symbol: str = "tBTCF0:USTF0", is_match: int = 0) -> list[Any]:
    time_ms = SINCE_MS + number
    return [["pos", number, time_ms, None, symbol, 0.5, 84_000, None, is_match, 1, None, 80_000]]


def page(*rows: list[Any]) -> bytes:
    return wire(list(rows))


def test_events_acknowledge_or_refuse():
    assert parse({"event": "subscribed", "chanId": 910, "key": "liq:global"}) == [Acknowledged()]
    assert parse({"event": "error", "code": 10300, "msg": "key: invalid"}) == [
        Refused("error 10300 key: invalid")
    ]
    assert parse({"event": "info", "version": 2}) == []


@pytest.mark.parametrize("code", [20051, 20061])
def test_after_a_restart_or_a_maintenance_a_new_connection_is_needed(code: int):
    [refused] = parse({"event": "info", "code": code, "msg": "Stopping"})
    assert isinstance(refused, Refused) and refused.is_fatal and not refused.retry


def test_a_heartbeat_of_the_channel_proves_that_it_delivers():
    assert parse([910, "hb"]) == [Delivered()]


def test_only_the_price_of_entry_is_said_to_be_one():
    at_entry = told(1)
    at_entry[0][-1] = None
    [exact] = parse([910, told(1)])
    [vague] = parse([910, at_entry])
    assert (exact.price, exact.price_kind, exact.confidence) == (80_000.0, "fill", 1.0)
    assert (vague.price, vague.price_kind, vague.confidence) == (84_000.0, "entry", 0.5)
    assert exact.event_id == vague.event_id and exact.quantity == vague.quantity


def test_history_goes_on_from_the_newest_row_until_a_page_is_not_full():
    steps = bitfinex.history(instruments("bitfinex"), {}, SINCE, SINCE + timedelta(hours=1))
    url = f"https://api-pub.bitfinex.com/v2/liquidations/hist?limit={PAGE_ROWS}&sort=1"
    end = f"&end={SINCE_MS + 3_600_000}"
    assert next(steps) == Request(f"{url}&start={SINCE_MS}{end}")
    rows = steps.send(page(*(told(number) for number in range(PAGE_ROWS))))
    assert isinstance(rows, list) and len(rows) == PAGE_ROWS
    assert next(steps) == Request(f"{url}&start={SINCE_MS + PAGE_ROWS - 1}{end}")
    rows = steps.send(page(*[told(PAGE_ROWS - 1)] * PAGE_ROWS))
    assert next(steps) == Request(f"{url}&start={SINCE_MS + PAGE_ROWS}{end}")
    assert steps.send(page()) == []
    with pytest.raises(StopIteration):
        next(steps)


def test_history_tells_first_rows_of_the_symbol_by_their_live_ids():
    steps = bitfinex.history(instruments("bitfinex"), {}, SINCE, SINCE, "BTCUSDT")
    next(steps)
    rows = steps.send(page(told(1), told(2, symbol="tETHF0:USTF0"), told(3, is_match=1)))
    assert isinstance(rows, list)
    assert [row.event_id for row in rows] == [row.event_id for row in parse([910, told(1)])]


def test_an_answer_that_says_no_is_told_with_its_text():
    steps = bitfinex.history(instruments("bitfinex"), {}, SINCE, SINCE)
    next(steps)
    with pytest.raises(MalformedFrame, match="ratelimit: error"):
        steps.send(b'["error",11010,"ratelimit: error"]')


def test_history_is_asked_three_times_a_minute():
    assert bitfinex.history_pause_seconds == 20


async def test_the_simulated_venue_gives_equal_totals(monkeypatch: pytest.MonkeyPatch):
    await assert_equal_totals("bitfinex", monkeypatch, count=300)


async def test_history_tells_the_rows_of_the_feed_by_the_same_ids(monkeypatch: pytest.MonkeyPatch):
    async with connected("bitfinex", monkeypatch) as (simulator, aggregator):
        await simulator.burst("bitfinex", 200)
        live = {row.event_id: row for row in await received(aggregator, 200)}
        past = {row.event_id: row for row in await history("bitfinex")}
    assert past.keys() == live.keys()
    assert all(past[name].value_usd == live[name].value_usd for name in past)
