"""A venue that sends Binance frames as fast as they are taken, or at a pace.

`python -m benchmarks.firehose PORT [SYMBOLS]` answers the contract list and the socket of Binance
on loopback; `/flood?count=1000000&rate=0` has it send, `/sent` tells what it has sent. The
simulator makes each liquidation out of a market; here they lie ready.
"""

from __future__ import annotations

import asyncio
import json
import re
import struct
import sys
import time
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from hashlib import sha1
from itertools import cycle
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec

from benchmarks.orders import (
    BLOCKS,
    LARGEST_BLOCK,
    MARKS,
    STREAM,
    Block,
    blocks,
    framed,
    listing,
    marks,
    symbols,
)

BLOCKS_A_SECOND = 50
MARKS_SECONDS = 3.0
_KEY = re.compile(rb"sec-websocket-key: *(\S+)", re.IGNORECASE)
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Part(msgspec.Struct):
    """So many events at an even pace, or as fast as they are taken (0), each of its own moment
    or all of one."""

    count: int
    rate: float = 0.0
    is_instant: bool = False


class Firehose:
    """One socket at a time is sent to; a flood begins when it is asked for."""

    def __init__(self, names: list[str]) -> None:
        self._names = names
        self._sockets: list[StreamWriter] = []
        self._marked: set[StreamWriter] = set()
        self._turns: dict[int, Iterator[Block]] = {}
        self._flood: asyncio.Task[None] | None = None
        self._events, self._usd = 0, Decimal(0)
        self._began = self._ended = 0.0

    async def serve(self, port: int) -> None:
        """Serve for ever."""
        server = await asyncio.start_server(self._answer, "127.0.0.1", port)
        async with server, asyncio.TaskGroup() as group:
            group.create_task(server.serve_forever())
            group.create_task(self._tell_marks())

    async def _answer(self, reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(IncompleteReadError, ConnectionError):
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode()
            if key := _KEY.search(head):
                await self._talk(reader, writer, key[1], path)
            else:
                await _reply(writer, self._resource(path))
        writer.close()

    def _resource(self, path: str) -> bytes | None:
        parts = urlsplit(path)
        if parts.path.endswith("exchangeInfo"):
            return listing(self._names if "fapi" in parts.path else [])
        if parts.path == "/flood":
            asked = {name: float(value) for name, [value] in parse_qs(parts.query).items()}
            self._begin([Part(int(asked["count"]), asked.get("rate", 0.0))])
        elif parts.path == "/schedule":
            file = Path(parse_qs(parts.query)["file"][0])
            self._begin(msgspec.json.decode(file.read_bytes(), type=list[Part]))
        elif parts.path != "/sent":
            return None
        return json.dumps(self._told()).encode()

    def _told(self) -> dict[str, object]:
        return {
            "sockets": len(self._sockets),
            "events": self._events,
            "usd": str(self._usd),
            "began": self._began,
            "ended": self._ended,
        }

    async def _talk(
        self, reader: StreamReader, writer: StreamWriter, key: bytes, path: str
    ) -> None:
        accepted = b64encode(sha1(key + _MAGIC).digest())
        head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        writer.write(head + b"Sec-WebSocket-Accept: " + accepted + b"\r\n\r\n")
        self._sockets.append(writer)
        if MARKS in path:
            self._marked.add(writer)
        try:
            while True:
                writer.write(_response(*await _heard(reader)))
        finally:
            self._sockets.remove(writer)
            self._marked.discard(writer)

    async def _tell_marks(self) -> None:
        told = marks(self._names)
        while True:
            for writer in self._marked:
                writer.write(told)
            await asyncio.sleep(MARKS_SECONDS)

    def _begin(self, parts: list[Part]) -> None:
        self._events, self._usd = 0, Decimal(0)
        self._began, self._ended = time.time(), 0.0
        self._flood = asyncio.create_task(self._send(parts))

    async def _send(self, parts: list[Part]) -> None:
        for part in parts:
            await self._send_part(part)
        self._ended = time.time()

    async def _send_part(self, part: Part) -> None:
        """Send a part to the first socket; what is left of a block goes one by one."""
        size = int(min(LARGEST_BLOCK, max(1.0, part.rate / BLOCKS_A_SECOND or LARGEST_BLOCK)))
        large, small = self._blocks(size), self._blocks(1)
        began, sent, now = time.monotonic(), 0, _milliseconds()
        [writer, *_] = self._sockets
        while sent < part.count:
            block = next(large if part.count - sent >= size else small)
            if part.rate:
                await asyncio.sleep(max(0.0, began + sent / part.rate - time.monotonic()))
            writer.write(block.at(now if part.is_instant else _milliseconds()))
            await writer.drain()
            sent += block.events
            self._events, self._usd = self._events + block.events, self._usd + block.usd

    def _blocks(self, size: int) -> Iterator[Block]:
        """Return the blocks of this size, in turns for as long as the process runs."""
        if size not in self._turns:
            first = size * BLOCKS if size < LARGEST_BLOCK else 0
            self._turns[size] = cycle(blocks(size, self._names, first))
        return self._turns[size]


def _milliseconds() -> int:
    return time.time_ns() // 1_000_000


async def _heard(reader: StreamReader) -> tuple[int, bytes]:
    """Return the opcode and text of a client's frame."""
    first, second = await reader.readexactly(2)
    length = second & 0x7F
    if length == 126:
        [length] = struct.unpack("!H", await reader.readexactly(2))
    mask = await reader.readexactly(4)
    masked = await reader.readexactly(length)
    return first & 0x0F, bytes(byte ^ mask[i % 4] for i, byte in enumerate(masked))


def _response(opcode: int, text: bytes) -> bytes:
    """Return what the venue says to a question, a ping and a goodbye."""
    if opcode == 1:
        number = json.loads(text).get("id")
        return framed(json.dumps({"result": [STREAM, MARKS], "id": number}).encode())
    return framed(text, {9: 10, 8: 8}.get(opcode, 10))


async def _reply(writer: StreamWriter, body: bytes | None) -> None:
    status = b"200 OK" if body is not None else b"404 Not Found"
    length = b"%d" % len(body or b"")
    writer.write(
        b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json\r\nContent-Length: " + length
        + b"\r\nConnection: close\r\n\r\n" + (body or b"")
    )  # fmt: skip
    await writer.drain()


if __name__ == "__main__":
    asyncio.run(Firehose(symbols(int((sys.argv[2:] or ["50"])[0]))).serve(int(sys.argv[1])))
