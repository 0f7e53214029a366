"""What one client does: it holds a live socket open and asks over HTTP, as an open page does."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlsplit

import aiohttp
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

PATHS = (
    "/?symbol={symbol}",
    "/liquidations/heatmap-timeseries?symbol={symbol}&timeframe=24h",
    "/liquidations?symbol={symbol}",
    "/liquidations/summary?symbol={symbol}",
    "/exchanges/health",
)
ANSWER_SECONDS = 30.0
LIMITED = 429


class _Frame(msgspec.Struct):
    type: str = ""
    seq: int = 0


_frame = msgspec.json.Decoder(_Frame).decode


@dataclass
class Seen:
    """What all clients saw until now."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {path: [] for path in PATHS})
    """Of answers with status 200, by address."""
    statuses: Counter[str] = field(default_factory=Counter)
    """How often which status, or which failure to answer, by name."""
    sockets: int = 0
    """Open now."""
    frames: int = 0
    missed: int = 0
    """Frames whose number was skipped, or that said that something never came."""
    closed: Counter[str] = field(default_factory=Counter)
    """Sockets that the site closed or refused, by reason."""

    @property
    def limited(self) -> int:
        """Answers that were refused for their number."""
        return self.statuses[str(LIMITED)]

    @property
    def errors(self) -> int:
        """Everything else that was no answer, sockets included."""
        good = self.statuses["200"] + self.limited
        return self.statuses.total() - good + self.closed.total()


@dataclass(frozen=True)
class Client:
    """One of the clients: where it asks, of what, and how long it rests after an answer."""

    url: str
    number: int
    symbol: str
    pause_seconds: float

    async def run(self, seen: Seen) -> None:
        """Ask and listen until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._ask(seen))
            group.create_task(self._listen(seen))

    async def _ask(self, seen: Seen) -> None:
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            for turn in count(self.number):
                await self._ask_once(session, PATHS[turn % len(PATHS)], seen)
                await asyncio.sleep(self.pause_seconds)

    async def _ask_once(self, session: aiohttp.ClientSession, path: str, seen: Seen) -> None:
        start = time.perf_counter()
        try:
            async with session.get(self.url + path.format(symbol=self.symbol)) as answer:
                await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            seen.statuses[type(error).__name__] += 1
            return
        seen.statuses[str(answer.status)] += 1
        if answer.status == 200:
            seen.seconds[path].append(time.perf_counter() - start)

    async def _listen(self, seen: Seen) -> None:
        """Hold a socket open; one that is closed is counted and opened anew after a while."""
        while True:
            try:
                await self._listen_once(seen)
            except (WebSocketException, OSError, TimeoutError) as error:
                seen.closed[_reason(error)] += 1
            await asyncio.sleep(1.0 + self.pause_seconds)

    async def _listen_once(self, seen: Seen) -> None:
        site = urlsplit(self.url)
        scheme = "wss" if site.scheme == "https" else "ws"
        address = f"{scheme}://{site.netloc}/ws/live"
        headers = {"Origin": f"{site.scheme}://{site.netloc}"}
        async with connect(
            address, additional_headers=headers, compression=None, max_size=None
        ) as socket:
            wish = {"action": "subscribe", "symbols": [self.symbol]}
            await socket.send(msgspec.json.encode(wish).decode())
            seen.sockets += 1
            try:
                await _count(socket, seen)
            finally:
                seen.sockets -= 1


async def _count(socket: ClientConnection, seen: Seen) -> None:
    last = 0
    async for text in socket:
        frame = _frame(text)
        seen.frames += 1
        if frame.seq:
            seen.missed += max(0, frame.seq - last - 1) if last else 0
            last = frame.seq
        seen.missed += frame.type == "missed"


def clients(url: str, number: int, symbols: Sequence[str], pause_seconds: float) -> list[Client]:
    """Return so many clients, the symbols shared among them."""
    return [Client(url, n, symbols[n % len(symbols)], pause_seconds) for n in range(number)]


def _reason(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
