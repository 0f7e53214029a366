"""Liquidations on the live socket: whose, how many at a time, and what they add to cells."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.events import Liquidation
from heatmap.live.bucket import Bucket
from heatmap.live.cells import Bins, CellSums
from heatmap.live.hub import Hub
from heatmap.live.pushed import Row
from heatmap.live.pushed import liquidations as read_pushed
from tests.heatmap.live.clients import opened, pushing
from tests.heatmap.live.conftest import Limit
from tests.make import NOON, a_liquidation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stored")]


def liquidation(key: object, symbol: str = "BTCUSDT", **told: Any) -> Liquidation:
    return a_liquidation(event_id=f"binance:{key}", symbol=symbol, **told)


def ids(frame: dict[str, Any]) -> list[str]:
    return [row["event_id"].removeprefix("binance:") for row in frame["rows"]]


async def test_a_client_gets_the_rows_of_its_symbols_only(layer: Any) -> None:
    push = pushing(layer)
    async with opened() as client:
        await client.subscribe("BTCUSDT", "ETHUSDT")
        rows = [liquidation(1), liquidation(2, "SOLUSDT"), liquidation(3, "ETHUSDT")]
        await push.liquidations(rows)
        frame = await client.next_of("liquidations")
    assert ids(frame) == ["1", "3"]
    assert "raw" not in frame["rows"][0]
    assert frame["cells"] == []


async def test_exchanges_and_least_value_filter_the_rows(layer: Any) -> None:
    push = pushing(layer)
    async with opened() as client:
        await client.subscribe("BTCUSDT", exchanges=["binance"], min_value=1_000)
        rows = [
            liquidation("small", value_usd=999.0),
            liquidation("unknown", value_usd=None),
            liquidation("of another", exchange="bybit"),
            liquidation("wanted", value_usd=1_000.0),
        ]
        await push.liquidations(rows)
        assert ids(await client.next_of("liquidations")) == ["wanted"]


async def test_after_unsubscribing_nothing_comes(layer: Any) -> None:
    push = pushing(layer)
    async with opened() as client:
        await client.subscribe("BTCUSDT", "ETHUSDT")
        await client.say("unsubscribe", symbols=["ETHUSDT"])
        await client.next_of("subscribed")
        await push.liquidations([liquidation(1, "ETHUSDT"), liquidation(2)])
        assert ids(await client.next_of("liquidations")) == ["2"]


async def test_numbers_count_frames_of_one_connection(layer: Any) -> None:
    push = pushing(layer)
    async with opened() as first, opened() as second:
        await first.subscribe("BTCUSDT")
        await second.subscribe("ETHUSDT")
        for key in range(4):
            symbol = "ETHUSDT" if key == 2 else "BTCUSDT"
            await push.liquidations([liquidation(key, symbol)])
            await push.flush()
            await (second if key == 2 else first).next_of("liquidations")
    assert [f["seq"] for f in first.frames if "seq" in f and f["seq"]] == [1, 2, 3, 4]
    assert second.last_seq == 2


async def test_what_comes_within_an_interval_is_one_frame(layer: Any) -> None:
    push = pushing(layer)
    async with opened() as client:
        await client.subscribe("BTCUSDT", update_interval=0.1)
        for key in range(5):
            await push.liquidations([liquidation(key)])
            await push.flush()
        frames = [await client.next_of("liquidations") for _ in range(2)]
        assert await client.socket.receive_nothing(0.15)
    assert [key for frame in frames for key in ids(frame)] == ["0", "1", "2", "3", "4"]


async def test_what_waits_for_a_frame_is_not_lost_with_a_change_of_symbols(layer: Any) -> None:
    push = pushing(layer)
    async with opened() as client:
        await client.subscribe("BTCUSDT", update_interval=60)
        await push.liquidations([liquidation(1)])
        await push.flush()
        assert ids(await client.next_of("liquidations")) == ["1"]
        await push.liquidations([liquidation(2)])
        await push.flush()
        async with asyncio.timeout(5):
            while not await pending(client_hub()):
                await asyncio.sleep(0.002)
        await client.say("subscribe", symbols=["ETHUSDT"], snapshot=False)
        assert ids(await client.next_of("liquidations")) == ["2"]


def client_hub() -> Hub:
    from heatmap.live import hub

    assert hub._hub
    return hub._hub[1]


async def pending(hub: Hub) -> bool:
    return any(audience._has_news for audience in hub._audiences.values())


async def test_a_client_gets_no_more_than_its_bytes_and_frames(layer: Any, limit: Limit) -> None:
    limits = limit(bytes_per_second=20_000, audience_bytes_per_second=16_000)
    push = pushing(layer)
    async with opened() as client:
        await client.subscribe("BTCUSDT", update_interval=0.1)
        started, sent, size, frames, got, left_out = time.monotonic(), 0, 0, 0, 0, 0
        while time.monotonic() - started < 1.5:
            await push.liquidations([liquidation(sent + n) for n in range(100)])
            await push.flush()
            sent += 100
            while not await client.socket.receive_nothing(0.02):
                frame = await client.next()
                size += len(json.dumps(frame, separators=(",", ":")))
                frames += 1
                if frame["type"] == "liquidations":
                    got += len(frame["rows"])
                    left_out += frame["left_out"]
        seconds = time.monotonic() - started
    assert size <= limits.bytes_per_second * (seconds + 1)
    assert frames <= 10 * (seconds + 1)
    assert left_out > 0
    assert got > 0
    assert got + left_out <= sent


async def test_rows_that_do_not_fit_are_the_oldest(layer: Any, limit: Limit) -> None:
    limit(audience_bytes_per_second=5_000)
    push = pushing(layer)
    async with opened() as client:
        await client.subscribe("BTCUSDT")
        await push.liquidations([liquidation(key) for key in range(100)])
        frame = await client.next_of("liquidations")
    assert ids(frame) == [str(key) for key in range(frame["left_out"], 100)]
    assert 80 < frame["left_out"] < 100


async def test_a_frame_that_was_missed_on_the_way_is_told(layer: Any) -> None:
    push = pushing(layer)
    async with opened() as client:
        await client.subscribe("BTCUSDT")
        await push.liquidations([liquidation(1, "ETHUSDT")])
        await push.flush()
        push._seq["liquidations"] += 1
        await push.liquidations([liquidation(2, "ETHUSDT")])
        await push.flush()
        assert (await client.next_of("missed"))["symbols"] == ["BTCUSDT"]


async def test_a_worker_that_begins_anew_is_no_miss(layer: Any) -> None:
    async with opened() as client:
        await client.subscribe("BTCUSDT")
        for key in range(2):
            push = pushing(layer)
            await push.liquidations([liquidation(key)])
            await push.flush()
            assert await client.next_of("liquidations")
    assert "missed" not in [frame["type"] for frame in client.frames]


async def test_what_the_worker_left_out_is_told(layer: Any, monkeypatch: Any) -> None:
    push = pushing(layer)
    push._waiting._limit = 2
    async with opened() as client:
        await client.subscribe("BTCUSDT")
        await push.liquidations([liquidation(key) for key in range(3)])
        assert await client.next_of("missed")


async def test_each_frame_of_the_worker_is_read_once_for_all(
    layer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = Counter[str]()

    def counted(text: str) -> Any:
        reads[text] += 1
        return read_pushed(text)

    monkeypatch.setattr("heatmap.live.pushed.liquidations", counted)
    push = pushing(layer)
    async with opened() as first, opened() as second, opened() as third:
        for client in (first, second, third):
            await client.subscribe("BTCUSDT")
        await push.liquidations([liquidation(1)])
        for client in (first, second, third):
            await client.next_of("liquidations")
    assert list(reads.values()) == [1]


prices = st.floats(1, 1e6)


@given(st.lists(st.tuples(prices, st.none() | st.floats(0, 1e9), st.sampled_from("AB"))))
def test_cells_sum_to_the_rows(rows: list[tuple[float, float | None, str]]) -> None:
    sums = CellSums(10_000)
    for price, usd, exchange in rows:
        sums.add(row(price, usd, exchange), Bins(900, 50.0))
    columns, left_out = sums.told()
    assert left_out == 0
    assert sum(sum(column["count"]) for column in columns) == len(rows)
    told = sum(sum(column["value_usd"]) for column in columns)
    assert told == pytest.approx(sum(usd or 0 for _, usd, _ in rows), abs=0.01 * len(rows) + 1e-9)
    unknown = sum(sum(column["unknown_value_count"]) for column in columns)
    assert unknown == sum(usd is None for _, usd, _ in rows)


def row(price: float, usd: float | None, exchange: str = "A", **told: Any) -> Row:
    plain: dict[str, Any] = {"price_kind": "fill", "liquidation_type": "forced"}
    facts = plain | {"exchange_time": NOON, "value_usd": usd} | told
    return Row(symbol="BTCUSDT", exchange=exchange, side="long", price=price, **facts)


@pytest.mark.parametrize("told", [{"liquidation_type": "adl"}, {"price_kind": "entry"}])
def test_what_has_no_place_in_the_heatmap_adds_to_no_cell(told: dict[str, str]) -> None:
    sums = CellSums(10)
    sums.add(row(1.0, 1.0, **told), Bins(900, 50.0))
    assert sums.told() == ([], 0)


def test_too_many_cells_lose_the_oldest_and_count_them() -> None:
    sums = CellSums(3)
    for number in range(5):
        sums.add(row(number * 50.0, 1.0), Bins(900, 50.0))
    [column], left_out = sums.told()
    assert (column["price_index"], left_out) == ([2, 3, 4], 2)


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 80))))
def test_a_bucket_gives_no_more_than_its_rate(steps: list[tuple[float, float]]) -> None:
    at, given_out = 0.0, 0.0
    clock: Callable[[], float] = lambda: at  # noqa: E731
    bucket = Bucket(10, 50, clock)
    for seconds, amount in steps:
        at += seconds
        if not bucket.wait(amount) and amount <= 50:
            bucket.take(amount)
            given_out += amount
    assert given_out <= 50 + 10 * at + 1e-6
