"""Frames: their form, their pace, what they leave out, and that no failure comes through."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.events import ExchangeHealth, Liquidation
from exchanges.live import MAX_ROWS, Largest, LivePush, Worker
from tests.make import NOON, a_liquidation

STARTED = NOON - timedelta(hours=1)


class Outbox:
    """A channel layer that keeps what is sent, and fails when told to."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, dict[str, Any]]] = []
        self.error: Exception | None = None

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Keep the message, or fail."""
        await asyncio.sleep(0)
        if self.error:
            raise self.error
        self.messages.append((group, message))

    @property
    def frames(self) -> list[dict[str, Any]]:
        """The frames so far, decoded."""
        return [json.loads(message["frame"]) for _, message in self.messages]


@pytest.fixture
def outbox() -> Outbox:
    """Where the frames arrive."""
    return Outbox()


@pytest.fixture
def push(outbox: Outbox) -> LivePush:
    """Pushes at a pace that no test outlives: the first frame at once, the next by flush."""
    return LivePush(outbox, clock=lambda: NOON, interval_seconds=3600)


def liquidation(value: float | None = 100.0, key: str = "1") -> Liquidation:
    """Return a liquidation worth so much."""
    return a_liquidation(event_id=f"binance:{key}", value_usd=value)


def health(exchange: str = "binance") -> ExchangeHealth:
    """Return the health of a venue that lives."""
    return ExchangeHealth(
        exchange=exchange,
        state="live",
        since=STARTED,
        reason="",
        is_connected=True,
        last_heartbeat=NOON,
        last_event_at=None,
        message_count=3,
        error_count=0,
        unknown_value_count=0,
        refused_market_count=0,
        uptime_percent=99.5,
        last_error="",
    )


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so, but not for ever."""
    async with asyncio.timeout(5):
        while not is_so():
            await asyncio.sleep(0.001)


async def test_a_liquidation_frame_has_the_stored_columns_without_the_raw_ones(
    push: LivePush, outbox: Outbox
) -> None:
    await push.liquidations([liquidation()])
    await push.flush()
    ((group, message),) = outbox.messages
    assert (group, message["type"], message["seq"]) == ("liquidations", "frame", 1)
    assert json.loads(message["frame"]) == {
        "v": 1,
        "topic": "liquidations",
        "seq": 1,
        "at": "2026-11-22T12:00:00Z",
        "left_out": 0,
        "rows": [
            {
                "event_id": "binance:1",
                "exchange": "binance",
                "instrument_id": "BTCUSDT",
                "symbol": "BTCUSDT",
                "side": "long",
                "price": 80000.0,
                "price_kind": "fill",
                "quantity": 1.0,
                "value_usd": 100.0,
                "liquidation_type": "forced",
                "completeness": "sampled",
                "confidence": 1.0,
                "exchange_time": "2026-11-22T12:00:00Z",
                "received_time": "2026-11-22T12:00:00Z",
            }
        ],
    }


async def test_a_health_frame_tells_all_venues_and_the_worker(
    push: LivePush, outbox: Outbox
) -> None:
    await push.health({"binance": health(), "bybit": health("bybit")}, Worker(STARTED))
    await push.flush()
    (frame,) = outbox.frames
    assert (frame["v"], frame["topic"], frame["seq"]) == (1, "health", 1)
    assert [row["exchange"] for row in frame["rows"]] == ["binance", "bybit"]
    assert frame["rows"][0] == {
        "exchange": "binance",
        "state": "live",
        "since": "2026-11-22T11:00:00Z",
        "reason": "",
        "is_connected": True,
        "last_heartbeat": "2026-11-22T12:00:00Z",
        "last_event_at": None,
        "message_count": 3,
        "error_count": 0,
        "unknown_value_count": 0,
        "refused_market_count": 0,
        "uptime_percent": 99.5,
        "last_error": "",
    }
    assert frame["worker"] == {"is_running": True, "since": "2026-11-22T11:00:00Z", "message": ""}


async def test_the_workers_trouble_is_told_while_it_runs(push: LivePush, outbox: Outbox) -> None:
    await push.health({}, Worker(STARTED, message="The disk is full."))
    await push.flush()
    worker = outbox.frames[0]["worker"]
    assert (worker["is_running"], worker["message"]) == (True, "The disk is full.")


async def test_the_first_rows_leave_at_once_and_later_ones_together(
    push: LivePush, outbox: Outbox
) -> None:
    await push.liquidations([liquidation(key="1")])
    await until(lambda: len(outbox.messages) == 1)
    await push.liquidations([liquidation(key="2")])
    await push.liquidations([liquidation(key="3"), liquidation(key="4")])
    await asyncio.sleep(0.005)
    assert len(outbox.messages) == 1
    await push.flush()
    assert [row["event_id"] for row in outbox.frames[1]["rows"]] == [
        "binance:2",
        "binance:3",
        "binance:4",
    ]


async def test_no_more_than_one_frame_an_interval(outbox: Outbox) -> None:
    push = LivePush(outbox, interval_seconds=0.02)
    loop = asyncio.get_running_loop()
    started, asked = loop.time(), 0
    while loop.time() - started < 0.1:
        await push.liquidations([liquidation()])
        asked += 1
        await asyncio.sleep(0.0005)
    await until(lambda: sum(len(frame["rows"]) for frame in outbox.frames) == asked)
    assert 2 <= len(outbox.messages) <= (loop.time() - started) / 0.02 + 1
    assert [frame["seq"] for frame in outbox.frames] == [*range(1, len(outbox.frames) + 1)]


async def test_of_health_only_the_newest_is_sent(push: LivePush, outbox: Outbox) -> None:
    for exchange in ("a", "b", "c"):
        await push.health({exchange: health(exchange)}, Worker(STARTED))
    await push.flush()
    assert [frame["rows"][0]["exchange"] for frame in outbox.frames] == ["c"]


async def test_nothing_new_sends_nothing(push: LivePush, outbox: Outbox) -> None:
    await push.liquidations([])
    await push.flush()
    await push.flush()
    assert outbox.messages == []


async def test_of_too_many_rows_the_largest_are_sent_and_the_rest_counted(
    push: LivePush, outbox: Outbox
) -> None:
    for part in range(12):
        await push.liquidations([liquidation(part * 100 + n, key=str(n)) for n in range(100)])
    await push.flush()
    (frame,) = outbox.frames
    assert [row["value_usd"] for row in frame["rows"]] == [*range(1200 - MAX_ROWS, 1200)]
    assert frame["left_out"] == 1200 - MAX_ROWS


@given(st.lists(st.lists(st.none() | st.floats(0, 1e9), max_size=30), max_size=20))
def test_what_waits_is_bounded_and_every_row_is_kept_or_counted(
    batches: list[list[float | None]],
) -> None:
    waiting = Largest(50)
    for batch in batches:
        waiting.add([liquidation(value) for value in batch])
        assert len(waiting._rows) <= 50
    rows, left_out = waiting.take()
    values = [value or 0.0 for batch in batches for value in batch]
    assert len(rows) + left_out == len(values)
    assert sorted(row.value_usd or 0.0 for row in rows) == sorted(values)[-50:]
    assert waiting.take() == ([], 0)


async def test_rows_of_unknown_value_are_the_first_to_be_left_out(
    push: LivePush, outbox: Outbox
) -> None:
    await push.liquidations([liquidation(None, "unknown"), *[liquidation()] * MAX_ROWS])
    await push.flush()
    (frame,) = outbox.frames
    assert "binance:unknown" not in [row["event_id"] for row in frame["rows"]]


async def test_failed_sends_are_counted_and_said_once_an_outage(
    push: LivePush, outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for outage in (1, 2):
        outbox.error = ConnectionError("Redis is gone")
        for _ in range(3):
            await push.liquidations([liquidation()])
            await push.health({}, Worker(STARTED))
            await push.flush()
        assert push.failed_sends == 6 * outage
        outbox.error = None
        await push.liquidations([liquidation()])
        await push.flush()
    levels = [record.levelname for record in caplog.records]
    assert levels == ["WARNING", "INFO", "WARNING", "INFO"]
    assert "Redis is gone" in caplog.messages[0]


async def test_a_failed_send_leaves_a_hole_in_the_numbering(push: LivePush, outbox: Outbox) -> None:
    for error in (None, ConnectionError(), None):
        outbox.error = error
        await push.liquidations([liquidation()])
        await push.flush()
    assert [message["seq"] for _, message in outbox.messages] == [1, 3]


async def test_a_layer_that_hangs_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging:
        async def group_send(self, group: str, message: dict[str, Any]) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr("exchanges.live._SEND_SECONDS", 0.01)
    push = LivePush(Hanging())
    async with asyncio.timeout(0.5):
        await push.liquidations([liquidation()])
        await push.health({}, Worker(STARTED))
        await until(lambda: push.failed_sends == 2)
