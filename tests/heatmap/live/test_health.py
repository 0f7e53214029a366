"""Health on the live socket: in full at first, changes at once, and a worker that is gone."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import DatabaseError

from exchanges.models import WorkerLease
from heatmap.live.board import Board
from heatmap.live.listener import Listener
from heatmap.live.pushed import PushedHealth
from tests.heatmap.live.clients import WORKER, opened, push_health, venue
from tests.heatmap.live.conftest import Limit, Stored
from tests.make import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def hurried(limit: Limit) -> None:
    """Make silence short."""
    limit(quiet_seconds=0.02, reread_seconds=0.01, full_health_seconds=3600)


async def test_the_first_frame_is_what_is_stored(stored: Stored, layer: Any) -> None:
    async with opened() as client:
        frame = await client.next()
    assert (frame["rows"], frame["worker"], frame["full"]) == ([venue()], WORKER, True)
    assert frame["seq"] == 1


async def test_all_who_come_while_the_worker_speaks_are_told_without_the_store(
    stored: Stored, layer: Any
) -> None:
    async with opened() as first:
        await first.next()
        await push_health(layer, 1, venue(state="silent"))
        await first.next()
        for _ in range(3):
            async with opened() as other:
                assert (await other.next())["rows"][0]["state"] == "silent"
    assert stored.reads == 1


async def test_only_changes_are_told(stored: Stored, layer: Any, limit: Limit) -> None:
    limit(full_health_seconds=3600)
    async with opened() as client:
        await client.next()
        await push_health(layer, 1, venue(), venue("okx"))
        assert [row["exchange"] for row in (await client.next())["rows"]] == ["okx"]
        await push_health(layer, 2, venue(message_count=7), venue("okx"))
        await push_health(layer, 3, venue(), venue("okx", "failed"))
        frame = await client.next()
    assert [row["state"] for row in frame["rows"]] == ["failed"]
    assert not frame["full"]


async def test_trouble_of_the_worker_is_told_at_once_and_its_end(
    stored: Stored, layer: Any, limit: Limit
) -> None:
    limit(full_health_seconds=3600)
    async with opened() as client:
        await client.next()
        await push_health(layer, 1, venue(), message="The disk is full.")
        assert (await client.next())["worker"] == WORKER | {"message": "The disk is full."}
        await push_health(layer, 2, venue())
        assert (await client.next())["worker"] == WORKER


def test_everything_is_told_from_time_to_time() -> None:
    at = 0.0
    board = Board(5.0, lambda: at)
    frame = PushedHealth(1, "2026-11-22T12:00:00Z", [venue()], WORKER)
    assert board.hear(frame)
    told = []
    for _ in range(11):
        at += 1
        told.append(board.hear(frame) is not None)
    assert told.count(True) == 2


def test_several_workers_are_told_as_one() -> None:
    at = 0.0
    board = Board(3600.0, lambda: at)

    def hear(sender: str, since: str, message: str = "") -> dict[str, Any] | None:
        worker = WORKER | {"since": since, "message": message}
        row = venue("bybit" if sender == "a" else "okx")
        body = board.hear(PushedHealth(1, "2026-11-22T12:00:00Z", [row], worker, sender))
        return json.loads("{" + body)["worker"] if body else None

    assert hear("a", "2026-11-22T12:00:00Z") == WORKER
    hear("b", "2026-11-22T12:00:05Z")
    assert hear("a", "2026-11-22T12:00:00Z") is None  # Nothing is new.
    assert hear("b", "2026-11-22T12:00:05Z", "No room.") == WORKER | {"message": "No room."}
    at += 6
    assert hear("a", "2026-11-22T12:00:00Z") == WORKER  # The other one is no more.


@pytest.mark.usefixtures("hurried")
async def test_in_silence_what_is_stored_is_told_when_it_changed(
    stored: Stored, layer: Any
) -> None:
    async with opened() as client:
        while not await client.socket.receive_nothing(0.06):
            await client.next()
        stored.state = "silent"
        assert (await client.next())["rows"][0]["state"] == "silent"
        assert await client.socket.receive_nothing(0.06)


@pytest.mark.usefixtures("hurried")
async def test_a_database_that_fails_closes_no_page(stored: Stored, layer: Any) -> None:
    stored.error = DatabaseError("locked")
    async with opened() as client:
        assert await client.socket.receive_nothing(0.05)
        stored.error = None
        assert (await client.next())["rows"]


async def test_while_frames_come_nothing_is_read(stored: Stored, layer: Any) -> None:
    async with opened() as client:
        await client.next()
        stored.state = "failed"
        for seq in range(1, 20):
            await push_health(layer, seq, venue(last_error=str(seq)))
            assert (await client.next())["rows"][0]["state"] == "live"
    assert stored.reads == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("hurried")
async def test_a_dead_worker_is_told(layer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Listener, "clock", staticmethod(lambda: NOON + timedelta(seconds=60)))
    alive, dead = NOON + timedelta(seconds=58), NOON + timedelta(seconds=50)
    lease = await WorkerLease.objects.acreate(holder="a:1", started_at=NOON, renewed_at=alive)
    async with opened() as client:
        assert (await client.next())["worker"]["is_running"]
        lease.renewed_at = dead
        await sync_to_async(lease.save)()
        frame = await client.next()
        while frame["worker"]["is_running"]:
            frame = await client.next()
    assert frame["worker"]["message"] == "worker not running since 2026-11-22 12:00:50 UTC"
    assert {row["state"] for row in frame["rows"]} == {"off"}


async def test_a_frame_of_another_version_is_passed_over(
    stored: Stored, layer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened() as client:
        await client.next()
        for text in ("{", '{"topic":"health"}', '{"topic":"liquidations","seq":1,"rows":[{}]}'):
            await layer.group_send("health", {"type": "frame", "frame": text, "seq": 1})
        await push_health(layer, 2, venue(state="failed"))
        assert (await client.next())["rows"][0]["state"] == "failed"
    assert caplog.text.count("cannot be read") == 3
