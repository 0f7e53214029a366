"""A clock that stands still until it is told to move, and a client for the simulated venues."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import Any

import pytest
import websockets
from aiohttp import ClientSession
from websockets.asyncio.client import ClientConnection

from exchanges.simulator import Simulator
from exchanges.simulator.agents import past

# cryptofeed 3 is only where `make bench` has found Python 3.13.
HAS_CRYPTOFEED = find_spec("cryptofeed") is not None and sys.version_info >= (3, 13)
collect_ignore = [] if HAS_CRYPTOFEED else ["test_cryptofeed.py"]

SOON = 2.0
"""Seconds until a missing answer is a failure."""

ALL_LIQUIDATIONS = "/market/stream?streams=!forceOrder@arr"
LINEAR = "/v5/public/linear"


@pytest.fixture(autouse=True)
def short_past(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let live markets have a past of two days, which is made sooner than one of thirty."""
    monkeypatch.setattr(past, "DAYS", 2)
    monkeypatch.setattr(past, "SPIN_UP_DAYS", 4)


class Clock:
    """Epoch seconds under the test's control."""

    def __init__(self, now: float = 1_795_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Talk:
    """One websocket to a simulated venue."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def text(self) -> str:
        """Return the next frame."""
        async with asyncio.timeout(SOON):
            return str(await self.socket.recv())

    async def read(self) -> Any:
        """Return the next frame's JSON."""
        return json.loads(await self.text())

    async def ask(self, **request: Any) -> Any:
        """Send a JSON object and return the next frame's JSON."""
        await self.socket.send(json.dumps(request))
        return await self.read()

    async def waiting(self, count: int) -> list[Any]:
        """Return the next `count` frames' JSON."""
        return [await self.read() for _ in range(count)]

    async def is_quiet(self, seconds: float = 0.06) -> bool:
        """Tell whether nothing comes for a few beats."""
        try:
            async with asyncio.timeout(seconds):
                await self.socket.recv()
        except TimeoutError:
            return True
        return False

    async def is_cut(self) -> bool:
        """Tell whether the venue ends the connection soon."""
        try:
            async with asyncio.timeout(SOON):
                while True:
                    await self.socket.recv()
        except websockets.ConnectionClosed:
            return True
        except TimeoutError:
            return False


@asynccontextmanager
async def talk(simulator: Simulator, exchange: str, path: str) -> AsyncIterator[Talk]:
    """Open a websocket at a venue's own path."""
    url = simulator.ws_url(exchange) + path
    async with websockets.connect(url, close_timeout=0.1, compression=None) as socket:
        yield Talk(socket)


@asynccontextmanager
async def talk_bybit(simulator: Simulator, *symbols: str) -> AsyncIterator[Talk]:
    """Open a Bybit websocket subscribed to these symbols."""
    async with talk(simulator, "bybit", LINEAR) as bybit:
        topics = [f"allLiquidation.{symbol}" for symbol in symbols]
        assert (await bybit.ask(op="subscribe", args=topics))["success"]
        yield bybit


async def get(url: str) -> tuple[int, Any]:
    """Return the status and JSON of a GET."""
    async with ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.json(content_type=None)


async def post(url: str, body: Any) -> tuple[int, Any]:
    """Return the status and JSON of a POST; `bytes` are sent as they are."""
    data = body if isinstance(body, bytes) else json.dumps(body)
    async with ClientSession() as session, session.post(url, data=data) as answer:
        return answer.status, await answer.json(content_type=None)


async def eventually(condition: Callable[[], bool]) -> None:
    """Return when the condition holds; fail when it does not soon."""
    async with asyncio.timeout(SOON):
        while not condition():
            await asyncio.sleep(0.002)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def simulator(clock: Clock) -> AsyncIterator[Simulator]:
    """Two venues, no market, a clock that stands still."""
    venues = ["binance", "bybit"]
    async with Simulator(seed=1, rate=0, exchanges=venues, clock=clock) as running:
        yield running
