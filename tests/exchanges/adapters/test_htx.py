"""HTX: gzip frames, pings echoed as they are, acknowledgements, and two forms of history."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from exchanges.adapters.base import LARGEST_INFLATED, Request
from exchanges.adapters.htx import HtxAdapter
from exchanges.errors import MalformedFrame
from exchanges.events import Acknowledged, Liquidation, Refused, Reply
from exchanges.instruments import Instruments
from tests.exchanges.adapters.payloads import instruments, liquidations, payloads, wire
from tests.exchanges.adapters.simulated import assert_equal_totals, connected, history, received

htx = HtxAdapter()
SINCE = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
SINCE_MS = int(SINCE.timestamp() * 1000)


def parse(frame: Any) -> Any:
    return htx.parse(wire(frame), instruments("htx"), None)


def v5_row(number: int, volume: int = 1) -> dict[str, str]:
    return {
        "id": str(number),
        "contract_code": "BTC-USDT",
        "liquidation_time": str(SINCE_MS + 5),
        "side": "sell",
        "position_side": "long",
        "volume": str(volume),
        "bankrupt_price": "80000",
        "trade_turnover": "80",
    }


def page(*rows: dict[str, str]) -> bytes:
    return wire({"code": 200, "message": "ok", "data": rows})


def test_three_sockets_ask_for_everything():
    sockets = {
        s.url.removeprefix("wss://api.hbdm.com"): json.loads(s.messages[0])
        for s in htx.subscriptions(Instruments(), {})
    }
    assert sorted(sockets) == [
        "/linear-swap-notification",
        "/notification",
        "/swap-notification",
    ]
    assert {ask["topic"] for ask in sockets.values()} == {"public.*.liquidation_orders"}
    assert [url for url, ask in sockets.items() if ask.get("business_type") == "all"] == [
        "/linear-swap-notification"
    ]


def test_a_gzip_frame_gives_what_its_text_gives():
    for case in payloads("htx")["liquidations"]:
        packed = htx.parse(gzip.compress(wire(case["frame"])), instruments("htx"), None)
        assert packed == parse(case["frame"])


@pytest.mark.parametrize(
    "frame",
    [
        gzip.compress(b'{"op":"ping","ts":"1"}')[:-9],
        gzip.compress(b" " * (LARGEST_INFLATED + 1)),
        b"\x1f\x8b not gzip at all",
    ],
    ids=["cut short", "too large", "no gzip"],
)
def test_a_gzip_frame_that_is_none_or_too_large_is_refused(frame: bytes):
    with pytest.raises(MalformedFrame, match="gzip"):
        htx.parse(frame, Instruments(), None)


@pytest.mark.parametrize("ts", ["1795000000000", 1795000000000, ""])
def test_a_ping_is_answered_with_its_own_ts(ts: str | int):
    [reply] = parse({"op": "ping", "ts": ts})
    assert isinstance(reply, Reply)
    assert json.loads(reply.message) == {"op": "pong", "ts": ts}


@pytest.mark.parametrize("code", [0, 2014])
def test_a_repeated_subscription_is_one_as_well(code: int):
    assert parse({"op": "sub", "topic": "t", "err-code": code}) == [Acknowledged()]


def test_a_refusal_says_why():
    refusal = {"op": "sub", "topic": "t", "err-code": 2011, "err-msg": "Invalid command."}
    assert parse(refusal) == [Refused("sub 2011 Invalid command.")]
    assert parse({"op": "close", "ts": 1795000000000}) == [Refused("close 0")]


def test_history_goes_two_hours_at_a_time_and_turns_pages_by_the_newest_id():
    steps = htx.history(instruments("htx"), {}, SINCE, SINCE + timedelta(hours=3), "BTCUSDT")
    # Two pages within one millisecond, which time alone could not tell apart.
    pages = {0: page(v5_row(5, volume=1), v5_row(9, volume=2)), 1: page(v5_row(12, volume=3))}
    asked: list[str] = []
    told: list[Liquidation] = []
    step = next(steps, None)
    while step is not None:
        if isinstance(step, Request):
            asked.append(step.url)
            step = steps.send(pages.get(len(asked) - 1, page()))
        else:
            told += step
            step = next(steps, None)
    swap = [url for url in asked if "contract_code=BTC-USDT&" in url]
    half, end = SINCE_MS + 7_200_000, SINCE_MS + 10_800_000
    assert [url.partition("contract_code=BTC-USDT&")[2] for url in swap] == [
        f"start_time={SINCE_MS}&end_time={half}",
        f"start_time={SINCE_MS}&end_time={half}&from=9",
        f"start_time={SINCE_MS}&end_time={half}&from=12",
        f"start_time={half}&end_time={end}&from=12",
    ]
    assert len(asked) == len(swap) + 2
    assert len({row.event_id for row in told}) == 3


def test_coin_margined_swaps_have_the_older_history():
    steps = htx.history(instruments("htx"), {}, SINCE, SINCE + timedelta(hours=1), "BTCUSD")
    request = next(steps)
    assert isinstance(request, Request)
    assert "/v3/swap_liquidation_orders?direct=next&trade_type=0&contract=BTC-USD&" in request.url
    assert steps.send(page()) == []
    with pytest.raises(StopIteration):
        next(steps)


def test_an_answer_that_says_no_is_told_with_its_text():
    steps = htx.history(instruments("htx"), {}, SINCE, SINCE + timedelta(hours=1))
    next(steps)
    with pytest.raises(MalformedFrame, match="too long"):
        steps.send(wire({"code": 1067, "message": "The time window is too long."}))


def test_a_row_of_the_history_has_the_id_of_the_live_one():
    cases = payloads("htx")["liquidations"]
    live = liquidations(htx, cases[0]["frame"])
    past = next(c["frame"] for c in cases if c["says"].startswith("the v5 history"))
    assert [row.event_id for row in liquidations(htx, past)] == [row.event_id for row in live]


async def test_the_simulated_venue_gives_equal_totals(monkeypatch: pytest.MonkeyPatch):
    await assert_equal_totals("htx", monkeypatch, count=400)


async def test_history_tells_the_rows_of_the_feed_by_the_same_ids(monkeypatch: pytest.MonkeyPatch):
    async with connected("htx", monkeypatch) as (simulator, aggregator):
        await simulator.burst("htx", 300)
        live = {row.event_id: row for row in await received(aggregator, 300)}
        past = {row.event_id: row for row in await history("htx")}
    delivery = {name for name, row in live.items() if "-" not in row.instrument_id}
    assert past.keys() == live.keys() - delivery
    assert all(past[name].value_usd == pytest.approx(live[name].value_usd) for name in past)
