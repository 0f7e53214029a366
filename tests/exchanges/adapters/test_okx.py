"""OKX: two topics on one socket, refusals, snapshots, and a history that is paged back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from exchanges.adapters import adapters
from exchanges.adapters.base import History, Request
from exchanges.adapters.okx import PAGE
from exchanges.errors import MalformedFrame
from exchanges.events import Acknowledged, Heartbeat, Liquidation, Refused
from exchanges.instruments import Instruments
from tests.exchanges.adapters.payloads import instruments, liquidations, payloads, wire
from tests.exchanges.adapters.simulated import assert_equal_totals, connected, history, received

okx = adapters()["okx"]
UNTIL = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
UNTIL_MS = int(UNTIL.timestamp() * 1000)


def parse(frame: Any) -> Any:
    return okx.parse(wire(frame), instruments("okx"), None)


def page(*times: int, price: str = "80000") -> bytes:
    details = [
        {"bkLoss": "0", "bkPx": price, "posSide": "long", "side": "sell", "sz": "1", "ts": str(t)}
        for t in times
    ]
    item = {"details": details, "instId": "BTC-USDT-SWAP", "instType": "SWAP"}
    return wire({"code": "0", "msg": "", "data": [item]})


def asked(steps: History, answer: bytes | None = None) -> str:
    """Return the address of the next request; an `answer` is handed in before."""
    step = next(steps) if answer is None else steps.send(answer)
    if not isinstance(step, Request):
        step = next(steps)
    assert isinstance(step, Request)
    return step.url


def btc_history(since: datetime = UNTIL - timedelta(hours=1)) -> History:
    return okx.history(instruments("okx"), {}, since, UNTIL, "BTCUSDT")


def test_both_kinds_are_asked_for_at_once_and_acknowledged_each():
    [subscription] = okx.subscriptions(Instruments(), {})
    first, second = (json.loads(message)["args"] for message in subscription.messages)
    assert [arg["instType"] for arg in first] == ["SWAP", "FUTURES"]
    assert second == [{"channel": "mark-price", "instId": "BTC-USDT-SWAP"}]
    assert subscription.acknowledgements == 3
    assert parse(payloads("okx")["control"][1]) == [Acknowledged()]


def test_an_error_event_is_a_refusal_in_the_venues_words():
    assert parse({"event": "error", "code": "60018", "msg": "Wrong URL or channel"}) == [
        Refused("60018 Wrong URL or channel")
    ]


def test_the_text_ping_comes_before_the_venue_closes_a_quiet_socket():
    assert okx.client_ping is not None
    assert okx.client_ping.message == "ping" and okx.client_ping.every_seconds < 30
    assert parse("pong") == [Heartbeat()]


def test_a_notice_means_nothing():
    assert parse({"event": "notice", "code": "64008", "msg": "soon closed"}) == []


def test_an_old_snapshot_keeps_the_ids_of_its_rows():
    frame = payloads("okx")["liquidations"][1]["frame"]
    one_by_one = [
        row.event_id
        for item in frame["data"]
        for detail in item["details"]
        for row in liquidations(okx, {"data": [item | {"details": [detail]}]})
    ]
    assert [row.event_id for row in liquidations(okx, frame)] == one_by_one


def test_an_error_inside_an_answer_is_told_with_its_text():
    answer = wire({"code": "50011", "msg": "Too Many Requests", "data": []})
    with pytest.raises(MalformedFrame, match="50011 Too Many Requests"):
        okx.parse_instruments(answer)
    steps = btc_history()
    next(steps)
    with pytest.raises(MalformedFrame, match="50011 Too Many Requests"):
        steps.send(answer)


def test_history_asks_each_family_once():
    listed = instruments("okx")
    dated = [name.replace("270326", "270625") for name in listed if name.endswith("270326")]
    listed |= dict.fromkeys(dated, listed["ETH-USD-270326"])
    steps = okx.history(listed, {}, UNTIL - timedelta(hours=1), UNTIL)
    urls = [asked(steps)]
    with pytest.raises(StopIteration):
        while True:
            urls.append(asked(steps, page()))
    families = [url.partition("instType=")[2].partition("&limit")[0] for url in urls]
    assert len(families) == len(set(families)) == 6
    assert "FUTURES&state=filled&instFamily=ETH-USD" in families


def test_a_short_page_is_the_last_one():
    steps = btc_history()
    url = asked(steps)
    assert url.endswith(f"instFamily=BTC-USDT&limit=100&after={UNTIL_MS}")
    rows = steps.send(page(UNTIL_MS - 5, UNTIL_MS - 9))
    assert isinstance(rows, list) and len(rows) == 2
    with pytest.raises(StopIteration):
        next(steps)


def test_the_millisecond_in_which_a_full_page_ends_is_asked_for_again():
    steps = btc_history()
    asked(steps)
    url = asked(steps, page(*range(UNTIL_MS - PAGE, UNTIL_MS)))
    assert url.endswith(f"&after={UNTIL_MS - PAGE + 1}")


def test_a_page_within_one_millisecond_does_not_stop_the_way_back():
    steps = btc_history()
    asked(steps)
    assert asked(steps, page(*[UNTIL_MS - 1] * PAGE)).endswith(f"&after={UNTIL_MS - 1}")


def test_a_venue_that_ignores_the_page_asked_for_ends_the_way_back():
    steps = btc_history()
    asked(steps)
    same = page(*range(UNTIL_MS - PAGE, UNTIL_MS))
    asked(steps, same)
    asked(steps, same)
    steps.send(same)
    with pytest.raises(StopIteration):
        next(steps)


def test_rows_before_the_range_end_the_way_back_and_are_left_out():
    steps = btc_history(since=UNTIL - timedelta(milliseconds=10))
    asked(steps)
    rows = steps.send(page(*range(UNTIL_MS - PAGE, UNTIL_MS)))
    assert isinstance(rows, list) and len(rows) == 10
    with pytest.raises(StopIteration):
        next(steps)


async def test_the_simulated_venue_gives_equal_totals(monkeypatch: pytest.MonkeyPatch):
    await assert_equal_totals("okx", monkeypatch)


async def test_history_tells_the_rows_of_the_feed_by_the_same_ids(monkeypatch: pytest.MonkeyPatch):
    async with connected("okx", monkeypatch) as (simulator, aggregator):
        await simulator.burst("okx", 250)
        live = {row.event_id: row for row in await received(aggregator, 250)}
        past = await history("okx")
        some = await history("okx", "BTCUSDT")
    assert {row.event_id for row in past} == set(live)
    assert all(_told(row) == _told(live[row.event_id]) for row in past)
    assert {row.symbol for row in some} == {"BTCUSDT"}
    assert len({row.event_id for row in some}) == sum(r.symbol == "BTCUSDT" for r in live.values())


def _told(row: Liquidation) -> tuple[Any, ...]:
    return row.side, row.price, row.value_usd, row.exchange_time
