"""Clients of the live socket inside the test's process, and a worker's pushes for them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from channels.testing import WebsocketCommunicator

from exchanges.live import LivePush
from liqsite.asgi import application
from tests.heatmap.live.contract import checked
from tests.make import NOON

PAGE = [(b"origin", b"http://localhost")]
WORKER = {"is_running": True, "since": "2026-11-22T12:00:00Z", "message": ""}


def venue(exchange: str = "bybit", state: str = "live", **more: Any) -> dict[str, Any]:
    """Return a row of health."""
    row = {"exchange": exchange, "state": state, "since": "2026-11-22T12:00:00Z", "reason": ""}
    return row | {"is_connected": state == "live", "last_event_at": None} | more


class Client:
    """Speaks over one socket; every frame of the server is checked against the document."""

    def __init__(self, path: str, headers: Any = PAGE) -> None:
        self.socket = WebsocketCommunicator(application, path, headers=headers)
        self.socket.scope["client"] = ["10.0.0.7", 50_000]
        self.welcome: dict[str, Any] = {}
        self.frames: list[dict[str, Any]] = []

    async def open(self) -> None:
        """Open, and take the welcome."""
        is_open, _ = await self.socket.connect()
        assert is_open
        self.welcome = await self.next()

    async def say(self, action: str, **content: Any) -> None:
        """Say something."""
        await self.socket.send_json_to({"action": action} | content)

    async def next(self) -> dict[str, Any]:
        """Return the next frame."""
        self.frames.append(checked(await self.socket.receive_json_from(timeout=5)))
        return self.frames[-1]

    async def next_of(self, kind: str) -> dict[str, Any]:
        """Return the next frame of a kind, passing others over."""
        while (frame := await self.next())["type"] != kind:
            pass
        return frame

    async def subscribe(self, *symbols: str, **content: Any) -> dict[str, Any]:
        """Subscribe, without snapshots unless told, and return what is said to it."""
        await self.say("subscribe", **({"symbols": list(symbols), "snapshot": False} | content))
        return await self.next_of("subscribed")

    async def closing(self) -> int:
        """Return the code with which the server closes, passing frames over."""
        while (output := await self.socket.receive_output(timeout=5))["type"] == "websocket.send":
            checked(json.loads(output["text"]))
        assert output["type"] == "websocket.close"
        code: int = output["code"]
        return code

    @property
    def last_seq(self) -> int:
        """The number of the last numbered frame."""
        return max(int(frame.get("seq", 0)) for frame in self.frames)


@asynccontextmanager
async def opened(path: str = "/ws/live", headers: Any = PAGE) -> AsyncIterator[Client]:
    """Open a socket as a page would, and close it at the end."""
    client = Client(path, headers)
    await client.open()
    yield client
    await client.socket.disconnect()


def pushing(layer: Any) -> LivePush:
    """Return what the worker pushes with; nothing leaves before `flush`, but for the first."""
    return LivePush(layer, clock=lambda: NOON, interval_seconds=3600)


async def push_health(layer: Any, seq: int, *rows: dict[str, Any], **worker: Any) -> None:
    """Push health as the worker would."""
    frame = {"v": 1, "topic": "health", "seq": seq, "at": "2026-11-22T12:00:01Z"}
    text = json.dumps(frame | {"rows": rows, "worker": WORKER | worker})
    await layer.group_send("health", {"type": "frame", "frame": text, "seq": seq})
