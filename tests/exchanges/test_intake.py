"""Frames in, events out, counted."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from exchanges.adapters import adapters
from exchanges.events import FeedEvent, Heartbeat, Liquidation, Rejected, StoredEvent
from exchanges.health import HealthTracker
from exchanges.instruments import Instruments
from exchanges.intake import Intake
from exchanges.silence import Silence

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
FRAME = (
    b'{"topic":"allLiquidation.BTCUSDT","ts":1795000000500,"data":['
    b'{"T":1795000000100,"s":"BTCUSDT","S":"Buy","v":"0.5","p":"80000"}]}'
)


async def _take(intake: Intake, *frames: bytes) -> list[FeedEvent]:
    events = [event for frame in frames for event in intake.take(frame)]
    await intake.keep()
    return events


@pytest.fixture
def taken() -> list[StoredEvent]:
    return []


@pytest.fixture
def health() -> HealthTracker:
    return HealthTracker("bybit", Silence(), lambda: NOW, lambda: None)


@pytest.fixture
def intake(taken: list[StoredEvent], health: HealthTracker) -> Intake:
    async def accept(events: Sequence[StoredEvent]) -> None:
        taken.extend(events)

    bybit = adapters()["bybit"]
    return Intake(bybit, Instruments(), health=health, accept=accept, clock=lambda: NOW)


async def test_liquidations_are_handed_on_and_counted(
    intake: Intake, taken: list[StoredEvent], health: HealthTracker
):
    assert await _take(intake, FRAME) == taken
    [row] = taken
    assert isinstance(row, Liquidation) and row.received_time == NOW
    assert (health.snapshot().message_count, health.snapshot().last_event_at) == (1, NOW)


async def test_what_is_no_liquidation_is_returned_only(
    intake: Intake, taken: list[StoredEvent], health: HealthTracker
):
    assert list(await _take(intake, b'{"op":"pong"}')) == [Heartbeat()]
    assert taken == []
    assert (health.snapshot().message_count, health.snapshot().last_heartbeat) == (0, NOW)


async def test_a_malformed_frame_is_kept_whole_with_its_reason(
    intake: Intake, taken: list[StoredEvent], health: HealthTracker
):
    assert list(await _take(intake, b'{"topic":\xff')) == []
    [rejected] = taken
    assert isinstance(rejected, Rejected)
    text = base64.b64decode(rejected.frame.removeprefix("base64:"))
    assert (rejected.exchange, text) == ("bybit", b'{"topic":\xff')
    assert rejected.reason in health.snapshot().last_error
    assert health.snapshot().error_count == 1


async def test_a_malformed_gzip_frame_is_kept_as_the_text_it_holds(
    intake: Intake, taken: list[StoredEvent]
):
    await _take(intake, gzip.compress(b'{"op": 1}'))
    [rejected] = taken
    assert isinstance(rejected, Rejected)
    assert rejected.frame == '{"op": 1}'


async def test_what_cannot_be_true_is_kept_apart_row_by_row(
    intake: Intake, taken: list[StoredEvent], health: HealthTracker
):
    ahead = int((NOW + timedelta(hours=2)).timestamp() * 1000)
    row = b'{"T":%d,"s":"ETHUSDT","S":"Buy","v":"1","p":"3000"}'
    await _take(intake, FRAME.replace(b"}]}", b"}," + row % ahead + b"]}"))
    good, kept = taken
    assert isinstance(good, Liquidation) and good.symbol == "BTCUSDT"
    assert isinstance(kept, Rejected) and "120 minutes ahead" in kept.reason
    assert "ETHUSDT" in kept.frame and '"BTCUSDT"' not in kept.frame
    assert health.snapshot().error_count == 1


async def test_a_frame_that_is_too_large_is_refused_and_its_beginning_kept(
    intake: Intake, taken: list[StoredEvent]
):
    await _take(intake, FRAME[:-2] + b" " * 1024 * 1024 + b"]}")
    [kept] = taken
    assert isinstance(kept, Rejected)
    assert kept.reason.endswith("at most 1048576 are taken")
    assert kept.frame.encode().startswith(FRAME[:-2]) and len(kept.frame) == 64 * 1024


@pytest.mark.parametrize(
    "frame",
    [b"[" * 100_000, b'{"a":' * 100_000, gzip.compress(b" " * 50_000_000), b'{"topic":1e999}'],
)
async def test_bombs_and_deep_nesting_are_refused(
    intake: Intake, taken: list[StoredEvent], frame: bytes
):
    await _take(intake, frame)
    [kept] = taken
    assert isinstance(kept, Rejected)


async def test_a_bug_in_the_adapter_costs_one_frame_and_is_logged(
    intake: Intake,
    taken: list[StoredEvent],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    with monkeypatch.context() as patched:
        patched.setattr("exchanges.adapters.bybit.BybitAdapter.parse", broken)
        await _take(intake, FRAME)
    await _take(intake, FRAME)
    kept, row = taken
    assert isinstance(kept, Rejected) and "ZeroDivisionError" in kept.reason
    assert kept.frame == FRAME.decode()
    assert isinstance(row, Liquidation)
    assert "ZeroDivisionError" in caplog.text
