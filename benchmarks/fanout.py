"""Many clients of the live socket while the worker stores: real processes, one of 20 deaf."""

from __future__ import annotations

import asyncio
import json
import resource
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.request import Request, urlopen

import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from benchmarks.figures import IS_QUICK, milliseconds
from benchmarks.running import Instance, running

RATE = 500
CLIENTS = (20,) if IS_QUICK else (100, 1_000)
SECONDS = 6.0 if IS_QUICK else 25.0
DEAF_PART = 0.05
START_SECONDS = 180.0
FAULT_SECONDS = 4.0
# Of so many frames of liquidations one is read whole; to read all would cost more than to send.
SAMPLED = 1 if IS_QUICK else 20
WISHES = (["BTCUSDT"], ["ETHUSDT"], ["BTCUSDT", "ETHUSDT"], ["SOLUSDT"])
# Each is made to drop its connections in turn, so that badges change.
VENUES = ("okx", "bybit", "gate", "htx", "bitget")


class _Row(msgspec.Struct):
    received_time: datetime | None = None
    since: datetime | None = None
    state: str = ""


class _Frame(msgspec.Struct):
    type: str
    seq: int = 0
    full: bool = True
    rows: msgspec.Raw = msgspec.Raw(b"[]")


_frame = msgspec.json.Decoder(_Frame).decode
_rows = msgspec.json.Decoder(list[_Row]).decode


class Seen:
    """What all readers saw."""

    def __init__(self) -> None:
        self.liquidations: list[float] = []
        self.badges: list[float] = []
        self.frames = self.bytes = self.skipped = self.closed = 0


def measure() -> Iterator[tuple[str, str]]:
    """Yield (what, figure) for few and for many clients."""
    allow_many_files()
    for count in CLIENTS:
        with running(RATE, LIQSITE_SOCKETS_PER_ADDRESS="5000") as instance:
            yield from asyncio.run(_watch(count, instance))


@dataclass
class Clients:
    """Readers and deaf clients; what is read counts from `started` on."""

    seen: Seen
    started: asyncio.Event
    deaf: list[socket.socket]
    readers: list[asyncio.Task[None]]

    @classmethod
    async def connected(cls, port: int, count: int) -> Clients:
        """Return so many clients, one by one, while they connect."""
        deaf = [_deaf_client(port) for _ in range(round(count * DEAF_PART))]
        clients = cls(Seen(), asyncio.Event(), deaf, [])
        for number in range(count - len(deaf)):
            reading = _read(port, number, clients.seen, clients.started)
            clients.readers.append(asyncio.create_task(reading))
            await asyncio.sleep(0.01)
        return clients

    def close(self) -> int:
        """Close all; return how many of the deaf ones the site had closed."""
        for reader in self.readers:
            reader.cancel()
        return sum(_is_cut(each) for each in self.deaf)


async def _watch(count: int, instance: Instance) -> list[tuple[str, str]]:
    before = instance.site_megabytes
    clients = await Clients.connected(instance.port, count)
    await asyncio.to_thread(wait_for_venues, instance)
    began, used = time.monotonic(), instance.site_seconds
    clients.started.set()
    peak = await disturb(instance, began + SECONDS)
    seconds = time.monotonic() - began
    busy = (instance.site_seconds - used) / seconds
    cut = clients.close()
    return _told(f"{count} clients", len(clients.readers), clients.seen, seconds) + [
        (f"{count} clients: deaf ones that were closed", f"{cut} of {len(clients.deaf)}"),
        (f"{count} clients: processor of the site", f"{busy:.0%} of a core"),
        (f"{count} clients: memory of the site", f"{before:.0f} MB, then {peak:.0f} MB"),
    ]


def _told(who: str, readers: int, seen: Seen, seconds: float) -> list[tuple[str, str]]:
    frames, size = seen.frames / seconds / readers, seen.bytes / seconds / readers / 1000
    return [
        (f"{who}: sent to each reader", f"{frames:.1f} frames/s, {size:.1f} KB/s"),
        (f"{who}: received to reader", milliseconds(seen.liquidations, 50, 95, 99)),
        (f"{who}: badge change to reader", milliseconds(seen.badges, 50, 95, 99)),
        (
            f"{who}: frames dropped, readers closed",
            f"{seen.skipped} of {seen.frames}, {seen.closed}",
        ),
    ]


async def _read(port: int, number: int, seen: Seen, started: asyncio.Event) -> None:
    """Read as a client does, and note ages from when it has begun."""
    headers = {"Origin": f"http://127.0.0.1:{port}"}
    address = f"ws://127.0.0.1:{port}/ws/live"
    async with connect(address, additional_headers=headers, compression=None) as client:
        wish = {"action": "subscribe", "symbols": WISHES[number % len(WISHES)]}
        await client.send(json.dumps(wish))
        last = 0
        try:
            async for text in client:
                frame = _frame(text)
                if frame.seq and started.is_set():
                    _note(seen, frame, len(text), frame.seq - last - 1 if last else 0)
                last = frame.seq or last
        except ConnectionClosed:
            seen.closed += 1


def _note(seen: Seen, frame: _Frame, size: int, skipped: int) -> None:
    now = time.time()
    seen.frames += 1
    seen.bytes += size
    seen.skipped += skipped
    if frame.type == "liquidations" and seen.frames % SAMPLED == 0:
        times = [row.received_time.timestamp() for row in _rows(frame.rows) if row.received_time]
        seen.liquidations += [now - max(times)] if times else []
    elif frame.type == "health" and not frame.full:
        seen.badges += [now - row.since.timestamp() for row in _rows(frame.rows) if row.since]


async def disturb(instance: Instance, deadline: float) -> float:
    """Have venues drop their connections one after another; return the site's largest memory."""
    peak, number = 0.0, 0
    while time.monotonic() < deadline:
        venue = VENUES[number % len(VENUES)]
        body = json.dumps({"exchange": venue, "fault": "drop"}).encode()
        address = f"http://127.0.0.1:{instance.venues}/control/faults"
        request = Request(address, body, {"Content-Type": "application/json"})
        await asyncio.to_thread(urlopen, request, timeout=10)
        peak, number = max(peak, instance.site_megabytes), number + 1
        await asyncio.sleep(FAULT_SECONDS)
    return peak


def _deaf_client(port: int) -> socket.socket:
    """Return a socket that subscribes and never reads."""
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    deaf.connect(("127.0.0.1", port))
    head = f"GET /ws/live HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1:{port}\r\n"
    keys = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
    deaf.sendall(f"{head}Upgrade: websocket\r\nConnection: Upgrade\r\n{keys}\r\n".encode())
    wish = b'{"action":"subscribe","symbols":["BTCUSDT","ETHUSDT"]}'
    # A mask of nothing leaves the text as it is.
    deaf.sendall(bytes([0x81, 0x80 | len(wish), 0, 0, 0, 0]) + wish)
    return deaf


def _is_cut(deaf: socket.socket) -> bool:
    """Return whether the site has closed a socket that nobody reads."""
    deaf.settimeout(1)
    try:
        deaf.sendall(b"\x8a\x80\0\0\0\0")
        while chunk := deaf.recv(1_000_000):
            del chunk
    except TimeoutError:
        return False
    except OSError:
        return True
    finally:
        deaf.close()
    return True


def wait_for_venues(instance: Instance) -> None:
    """Return once all venues whose badges are to change are live."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with urlopen(f"http://127.0.0.1:{instance.port}/exchanges/health") as answer:
            health = json.load(answer)["exchanges"]
        if all(health[venue]["state"] == "live" for venue in VENUES):
            return
        time.sleep(0.5)
    raise RuntimeError("The venues do not come to life.")


def allow_many_files() -> None:
    """Have as many sockets as the machine allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
