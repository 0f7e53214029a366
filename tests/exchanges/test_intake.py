"""Frames in, events out, counted."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from exchanges.adapters import adapters
from exchanges.events import Heartbeat, Liquidation, Rejected, StoredEvent
from exchanges.health import HealthTracker
from exchanges.instruments import Instruments
from exchanges.intake import Intake

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
FRAME = (
    b'{"topic":"allLiquidation.BTCUSDT","ts":1795000000500,"data":['
    b'{"T":1795000000100,"s":"BTCUSDT","S":"Buy","v":"0.5","p":"80000"}]}'
)


@pytest.fixture
def taken() -> list[StoredEvent]:
    return []


@pytest.fixture
def health() -> HealthTracker:
    return HealthTracker("bybit", timedelta(hours=1), lambda: NOW, lambda: None)


@pytest.fixture
def intake(taken: list[StoredEvent], health: HealthTracker) -> Intake:
    async def accept(events: Sequence[StoredEvent]) -> None:
        taken.extend(events)

    bybit = adapters()["bybit"]
    return Intake(bybit, Instruments(), health=health, accept=accept, clock=lambda: NOW)


async def test_liquidations_are_handed_on_and_counted(
    intake: Intake, taken: list[StoredEvent], health: HealthTracker
):
    assert list(await intake.take(FRAME)) == taken
    [row] = taken
    assert isinstance(row, Liquidation) and row.received_time == NOW
    assert (health.snapshot().message_count, health.snapshot().last_event_at) == (1, NOW)


async def test_what_is_no_liquidation_is_returned_only(
    intake: Intake, taken: list[StoredEvent], health: HealthTracker
):
    assert list(await intake.take(b'{"op":"pong"}')) == [Heartbeat()]
    assert taken == []
    assert (health.snapshot().message_count, health.snapshot().last_heartbeat) == (0, NOW)


async def test_a_malformed_frame_is_kept_whole_with_its_reason(
    intake: Intake, taken: list[StoredEvent], health: HealthTracker
):
    assert list(await intake.take(b'{"topic":\xff')) == []
    [rejected] = taken
    assert isinstance(rejected, Rejected)
    text = base64.b64decode(rejected.frame.removeprefix("base64:"))
    assert (rejected.exchange, text) == ("bybit", b'{"topic":\xff')
    assert rejected.reason in health.snapshot().last_error
    assert health.snapshot().error_count == 1


async def test_a_malformed_gzip_frame_is_kept_as_the_text_it_holds(
    intake: Intake, taken: list[StoredEvent]
):
    await intake.take(gzip.compress(b'{"op": 1}'))
    [rejected] = taken
    assert isinstance(rejected, Rejected)
    assert rejected.frame == '{"op": 1}'
