"""Gate: three sockets, sides told by marks, a history in another form with the same ids."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from exchanges.adapters import adapters
from exchanges.adapters.base import History, Request
from exchanges.errors import MalformedFrame
from exchanges.events import Acknowledged, Delivered, Liquidation, MarkPrice, Refused
from exchanges.instruments import Instruments
from tests.exchanges.adapters.payloads import instruments, liquidations, payloads, wire
from tests.exchanges.adapters.simulated import assert_equal_totals, connected, history, received

gate = adapters()["gate"]
SINCE = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)


class Agreement(NamedTuple):
    """Of `pairs` orders that socket and history both told: how many of one side, one sign."""

    pairs: int
    same_side: int
    same_sign: int


def agreement(live: Iterable[Liquidation], past: Iterable[Liquidation]) -> Agreement:
    """Compare the sides told by price with the history's signs; rows are paired by their ids."""
    told = {row.event_id: row for row in past}
    pairs = [(row, told[row.event_id]) for row in live if row.event_id in told]
    return Agreement(
        len(pairs),
        sum(one.side == other.side for one, other in pairs),
        sum(one.raw_side == other.raw_side for one, other in pairs),
    )


def push(**row: Any) -> dict[str, Any]:
    order = {"contract": "BTC_USDT", "price": "80000", "size": "-5", "time": 1795000000123}
    return {"channel": "futures.public_liquidates", "event": "update", "result": [order | row]}


def one(frame: Any, known: Instruments | None = None) -> Liquidation:
    [event] = gate.parse(wire(frame), instruments("gate") if known is None else known, None)
    assert isinstance(event, Liquidation)
    return event


def past(answer: list[dict[str, Any]], symbol: str | None = None) -> list[Liquidation]:
    """Return what the first answer of the history tells."""
    steps = gate.history(instruments("gate"), {}, SINCE, SINCE + timedelta(minutes=1), symbol)
    next(steps)
    rows = steps.send(wire(answer))
    assert not isinstance(rows, Request)
    return list(rows)


def order(**row: Any) -> dict[str, Any]:
    time = int(SINCE.timestamp()) + 5
    told = {"contract": "BTC_USDT", "size": 90, "order_size": -5, "time": time, "left": 0}
    return told | {"order_price": "79600", "fill_price": "79900"} | row


def urls(steps: History) -> list[str]:
    """Return all addresses asked for, when every answer is empty."""
    found = []
    for step in steps:
        while isinstance(step, Request):
            found.append(step.url)
            step = steps.send(b"[]")
    return found


def test_each_currency_has_a_socket_that_asks_for_marks_first():
    subscriptions = gate.subscriptions(Instruments(), {})
    assert [s.url.rpartition("/")[2] for s in subscriptions] == ["usdt", "btc", "usd1"]
    for subscription in subscriptions:
        asked = [json.loads(message) for message in subscription.messages]
        channels = [request["channel"] for request in asked]
        assert channels == ["futures.tickers", "futures.public_liquidates"]
        assert all(request["payload"] == ["!all"] for request in asked)
        assert subscription.acknowledgements == len(asked)
        assert dict(subscription.headers) == {"X-Gate-Size-Decimal": "1"}


def test_answers_to_the_requests():
    acknowledged, refused, *_ = payloads("gate")["control"]
    assert gate.parse(wire(acknowledged), Instruments(), None) == [Acknowledged()]
    reason = "futures.tickers: unknown contract !all"
    assert gate.parse(wire(refused), Instruments(), None) == [
        Refused(reason, is_fatal=False, is_control=True)
    ]
    broken = {"channel": "futures.public_liquidates", "error": {"message": "busy"}}
    told = gate.parse(wire(broken), Instruments(), None)
    assert told == [Refused("futures.public_liquidates: busy")]


def test_tickers_give_the_marks_and_empty_ones_only_that_they_came():
    tickers = [
        {"contract": "BTC_USDT", "mark_price": "80002.5"},
        {"contract": "ETH_USDT", "mark_price": 3001},
        {"contract": "A_USDT", "mark_price": ""},
        {"contract": "B_USDT", "mark_price": "NaN"},
        {"contract": "C_USDT", "mark_price": "inf"},
        {"contract": "D_USDT"},
    ]
    frame = {"channel": "futures.tickers", "event": "update", "result": tickers}
    assert gate.parse(wire(frame), Instruments(), None) == [
        MarkPrice("BTC_USDT", 80002.5),
        MarkPrice("ETH_USDT", 3001.0),
        *[Delivered()] * 4,
    ]


def test_the_newest_mark_tells_the_side():
    known = instruments("gate")
    assert one(push(price="79000"), known).side == "long"
    known.marks["BTC_USDT"] = 78_000.0
    assert one(push(price="79000"), known).side == "short"


def test_an_unlisted_contract_has_a_side_by_its_pushed_mark_but_no_value():
    known = instruments("gate")
    known.marks["NEW_USDT"] = 2.0
    row = one(push(contract="NEW_USDT", price="1.9"), known)
    assert (row.symbol, row.side, row.quantity, row.value_usd) == ("NEWUSDT", "long", None, None)


def test_without_a_mark_the_side_is_not_guessed():
    with pytest.raises(MalformedFrame, match="no mark price tells the side of NEW_USDT"):
        one(push(contract="NEW_USDT"))


def test_raw_carries_the_mark_by_which_the_side_was_told():
    known = instruments("gate")
    known.marks["BTC_USDT"] = 78_000.0
    [again] = liquidations(gate, one(push(price="79000"), known).raw)
    assert again.side == "short"


def test_equal_orders_of_one_second_are_counted_in_their_push():
    frame = push()
    frame["result"] = [frame["result"][0] | {"time": 1795000000000 + ms} for ms in (1, 500, 1001)]
    ids = [row.event_id.partition(":")[2] for row in liquidations(gate, frame)]
    assert ids == [
        "BTC_USDT:1795000000:5.0:80000.0:0",
        "BTC_USDT:1795000000:5.0:80000.0:1",
        "BTC_USDT:1795000001:5.0:80000.0:0",
    ]


def test_the_history_of_all_is_asked_for_once_a_currency():
    steps = gate.history(instruments("gate"), {}, SINCE, SINCE + timedelta(hours=1))
    base = "https://api.gateio.ws/api/v4/futures"
    expected = [f"{base}/{settle}/liq_orders?limit=1000" for settle in ("usdt", "btc", "usd1")]
    assert urls(steps) == expected


def test_the_history_of_a_symbol_is_asked_for_minute_by_minute():
    steps = gate.history(
        instruments("gate"), {}, SINCE, SINCE + timedelta(seconds=61), symbol="BTCUSD"
    )
    start = int(SINCE.timestamp())
    assert [url.partition("/futures/")[2] for url in urls(steps)] == [
        f"btc/liq_orders?contract=BTC_USD&from={start}&to={start + 59}&limit=1000",
        f"btc/liq_orders?contract=BTC_USD&from={start + 60}&to={start + 119}&limit=1000",
    ]


def test_history_counts_the_order_not_the_position_and_goes_by_the_positions_sign():
    [row] = past([order()])
    assert (row.side, row.raw_size, row.price, row.price_kind) == ("long", 5.0, 79_900.0, "fill")
    assert row.value_usd == pytest.approx(5 * 0.0001 * 79_900)
    [row] = past([order(size=-90, order_price="80400", fill_price="80100")])
    assert (row.side, row.raw_side, row.confidence) == ("short", "-", 1.0)


def test_of_a_position_closed_to_the_end_the_fill_tells_the_side():
    assert past([order(size=0)])[0].side == "long"
    assert past([order(size=0, order_price="80400", fill_price="80100")])[0].side == "short"


def test_history_leaves_out_what_lies_outside_the_range():
    early = order(time=int(SINCE.timestamp()) - 1)
    assert [row.exchange_time for row in past([order(), early])] == [SINCE + timedelta(seconds=5)]


def test_history_gives_the_ids_of_the_socket():
    at = int(SINCE.timestamp()) + 5
    live = one(push(price="79600", size="-5", time=at * 1000 + 678))
    assert past([order()])[0].event_id == live.event_id


async def test_the_simulated_venue_gives_equal_totals(monkeypatch: pytest.MonkeyPatch):
    await assert_equal_totals("gate", monkeypatch)


async def test_sides_told_by_price_agree_with_the_signs_of_the_history(
    monkeypatch: pytest.MonkeyPatch,
):
    async with connected("gate", monkeypatch) as (simulator, aggregator):
        await simulator.burst("gate", 100)
        live = await received(aggregator, 100)
        told = await history("gate")
        some = await history("gate", "ETHUSDT")
    assert agreement(live, told)[:2] == (100, 100)
    assert agreement(live, told).same_sign == 0, "the simulator signs the socket's order"
    ids = {row.event_id for row in live if row.symbol == "ETHUSDT"}
    assert {row.event_id for row in some} == ids != set()
