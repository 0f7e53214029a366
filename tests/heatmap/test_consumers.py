"""The sockets of open pages, through the real ASGI application and a real log layer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.db import DatabaseError
from pytest_django import Settings

from exchanges.live import LivePush
from exchanges.models import WorkerLease
from heatmap.consumers import HealthConsumer
from liqsite.asgi import application
from tests.make import NOON, a_liquidation

# Channels looks after database connections around every message.
pytestmark = pytest.mark.django_db

PAGE = [(b"origin", b"http://localhost")]


class Stored:
    """What `heatmap.health.snapshot` would find; tests change it."""

    def __init__(self) -> None:
        self.state = "live"
        self.error: Exception | None = None

    def snapshot(self, now: datetime) -> dict[str, Any]:
        """Return one venue in the state that the test wants."""
        if self.error:
            raise self.error
        worker = {"is_running": True, "since": NOON, "message": ""}
        row = {"exchange": "bybit", "state": self.state, "since": NOON}
        return {"timestamp": now, "exchanges": {"bybit": row}, "worker": worker}


@pytest.fixture(autouse=True)
def layer(settings: Settings, tmp_path: Path) -> Any:
    """A log layer of the test's own that looks often."""
    backend = "exchanges.log_layer.LogChannelLayer"
    config = {"path": str(tmp_path / "channels.sqlite3"), "poll_seconds": 0.002}
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend, "CONFIG": config}}
    return get_channel_layer()


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> Stored:
    """Put the database aside."""
    stored = Stored()
    monkeypatch.setattr("heatmap.consumers.health.snapshot", stored.snapshot)
    return stored


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make silence short."""
    monkeypatch.setattr(HealthConsumer, "quiet_seconds", 0.02)
    monkeypatch.setattr(HealthConsumer, "reread_seconds", 0.01)
    monkeypatch.setattr(HealthConsumer, "clock", lambda self: NOON + timedelta(seconds=60))
    yield


@asynccontextmanager
async def opened(path: str, headers: Any = PAGE):
    """Open a socket as a page would, and close it at the end."""
    socket = WebsocketCommunicator(application, path, headers=headers)
    is_open, _ = await socket.connect()
    assert is_open
    yield socket
    await socket.disconnect()


async def push(layer: Any, topic: str, seq: int, **content: Any) -> None:
    """Push a frame as the worker would."""
    frame = json.dumps({"v": 1, "topic": topic, "seq": seq, **content})
    await layer.group_send(topic, {"type": "frame", "frame": frame, "seq": seq})


async def refused(socket: WebsocketCommunicator) -> dict[str, Any]:
    """Return the closing of a socket, after the message that says why."""
    said = await socket.receive_json_from()
    closing: dict[str, Any] = await socket.receive_output()
    assert closing["type"] == "websocket.close"
    assert said == {"type": "error", "detail": closing["reason"]}
    return closing


async def test_the_first_health_frame_is_what_is_stored(stored: Stored) -> None:
    async with opened("/ws/health") as socket:
        frame = await socket.receive_json_from()
    assert frame.pop("at").endswith("Z")
    assert frame == {
        "v": 1,
        "topic": "health",
        "seq": 0,
        "rows": [{"exchange": "bybit", "state": "live", "since": "2026-11-22T12:00:00Z"}],
        "worker": {"is_running": True, "since": "2026-11-22T12:00:00Z", "message": ""},
    }


async def test_pushed_health_is_forwarded_as_it_is(stored: Stored, layer: Any) -> None:
    async with opened("/ws/health") as socket:
        await socket.receive_json_from()
        await push(layer, "health", 7, rows=[{"exchange": "bybit", "state": "failed"}])
        frame = await socket.receive_json_from()
    assert (frame["seq"], frame["rows"][0]["state"]) == (7, "failed")


@pytest.mark.usefixtures("hurried")
async def test_in_silence_what_is_stored_is_told_when_it_changed(
    stored: Stored, layer: Any
) -> None:
    async with opened("/ws/health") as socket:
        await socket.receive_json_from()
        assert await socket.receive_nothing(0.06)
        stored.state = "silent"
        frame = await socket.receive_json_from()
        assert (frame["rows"][0]["state"], frame["at"]) == ("silent", "2026-11-22T12:01:00Z")
        assert await socket.receive_nothing(0.06)


@pytest.mark.usefixtures("hurried")
async def test_after_the_last_frame_what_is_stored_is_told_once(stored: Stored, layer: Any) -> None:
    async with opened("/ws/health") as socket:
        await socket.receive_json_from()
        await push(layer, "health", 7, rows=[])
        assert (await socket.receive_json_from())["rows"] == []
        frame = await socket.receive_json_from()
        assert (frame["seq"], frame["rows"][0]["state"]) == (7, "live")
        assert await socket.receive_nothing(0.06)


async def test_while_frames_come_nothing_is_read(
    stored: Stored, layer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HealthConsumer, "quiet_seconds", 1.0)
    async with opened("/ws/health") as socket:
        await socket.receive_json_from()
        stored.state = "failed"
        for seq in range(1, 20):
            await push(layer, "health", seq, rows=[])
        seen = [await socket.receive_json_from() for _ in range(1, 20)]
    assert [frame["seq"] for frame in seen] == [*range(1, 20)]
    assert not any(frame["rows"] for frame in seen)


@pytest.mark.usefixtures("hurried")
async def test_a_database_that_fails_closes_no_page(stored: Stored) -> None:
    stored.error = DatabaseError("locked")
    async with opened("/ws/health") as socket:
        assert await socket.receive_nothing(0.05)
        stored.error = None
        assert (await socket.receive_json_from())["rows"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("hurried")
async def test_a_dead_worker_is_told_to_an_open_page(layer: Any) -> None:
    alive, dead = NOON + timedelta(seconds=58), NOON + timedelta(seconds=50)
    lease = await WorkerLease.objects.acreate(holder="a:1", started_at=NOON, renewed_at=alive)
    async with opened("/ws/health") as socket:
        assert (await socket.receive_json_from())["worker"]["is_running"]
        lease.renewed_at = dead
        await sync_to_async(lease.save)()
        frame = await socket.receive_json_from()
        while frame["worker"]["is_running"]:
            frame = await socket.receive_json_from()
    assert frame["worker"]["message"] == "worker not running since 2026-11-22 12:00:50 UTC"
    assert {row["state"] for row in frame["rows"]} == {"off"}


async def test_liquidations_go_from_the_worker_to_the_page(layer: Any) -> None:
    live = LivePush(layer)
    async with opened("/ws/liquidations") as socket:
        await live.liquidations([a_liquidation(symbol="BTCUSDT"), a_liquidation(symbol="ETHUSDT")])
        frame = await socket.receive_json_from()
    assert [row["symbol"] for row in frame["rows"]] == ["BTCUSDT", "ETHUSDT"]
    assert "raw" not in frame["rows"][0]


async def test_a_page_of_one_symbol_gets_its_rows_and_every_number(layer: Any) -> None:
    async with opened("/ws/liquidations?symbol=ETHUSDT") as socket:
        for seq, symbols in enumerate((["BTCUSDT", "ETHUSDT"], ["BTCUSDT"]), start=1):
            rows = [{"symbol": symbol, "price": 0.1} for symbol in symbols]
            await push(layer, "liquidations", seq, rows=rows, left_out=3)
        first, second = [await socket.receive_json_from() for _ in range(2)]
    assert first == {
        "v": 1,
        "topic": "liquidations",
        "seq": 1,
        "rows": [{"symbol": "ETHUSDT", "price": 0.1}],
        "left_out": 3,
    }
    assert (second["seq"], second["rows"]) == (2, [])


@pytest.mark.parametrize("symbol", ["1000PEPEUSDT", "BTC-USDT", "xyz:TSLAUSDC", "K.X"])
async def test_symbols_with_digits_and_marks_are_fine(symbol: str) -> None:
    async with opened(f"/ws/liquidations?symbol={symbol}"):
        pass


@pytest.mark.parametrize("symbol", ["", "B", "BTC'USDT", "%22", "A" * 41, "BTC%0A"])
async def test_what_cannot_be_a_symbol_is_refused(symbol: str) -> None:
    async with opened(f"/ws/liquidations?symbol={symbol}") as socket:
        closing = await refused(socket)
    assert closing["code"] == 4400
    assert closing["reason"].startswith("A symbol is ")


async def test_ping_is_answered(stored: Stored) -> None:
    async with opened("/ws/liquidations") as socket:
        await socket.send_json_to({"action": "ping"})
        assert await socket.receive_json_from() == {"type": "pong"}


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "{",
        "[]",
        '{"action": "subscribe"}',
        '{"action": "ping", "more": 1}',
        "[" * 1000,
        '{"action": "ping"}' + " " * 1024,
        "é" * 600,
    ],
)
@pytest.mark.parametrize("path", ["/ws/health", "/ws/liquidations"])
async def test_anything_else_closes_the_socket(stored: Stored, path: str, text: str) -> None:
    async with opened(path) as socket:
        if path == "/ws/health":
            await socket.receive_json_from()
        await socket.send_to(text_data=text)
        assert (await refused(socket))["code"] == 4400


async def test_bytes_close_the_socket() -> None:
    async with opened("/ws/liquidations") as socket:
        await socket.send_to(bytes_data=b'{"action": "ping"}')
        assert (await refused(socket))["code"] == 4400


@pytest.mark.parametrize("headers", [[], [(b"origin", b"http://evil.example")]])
@pytest.mark.parametrize("path", ["/ws/health", "/ws/liquidations"])
async def test_pages_of_others_are_refused(path: str, headers: Any) -> None:
    socket = WebsocketCommunicator(application, path, headers=headers)
    assert await socket.connect() == (False, 1000)


async def test_an_unknown_address_is_refused() -> None:
    socket = WebsocketCommunicator(application, "/ws/nothing", headers=PAGE)
    assert await socket.connect() == (False, 1000)


async def test_a_closed_page_leaves_no_task_and_no_group_behind(stored: Stored, layer: Any) -> None:
    before = asyncio.all_tasks()
    async with opened("/ws/health") as socket:
        await socket.receive_json_from()
    assert not layer.groups
    async with asyncio.timeout(5):
        while asyncio.all_tasks() - before:
            await asyncio.sleep(0.005)
