"""A server's application for test_pacing: a long answer, a broken one, and how they went."""

from __future__ import annotations

import asyncio
from typing import Any

from heatmap.pacing import paced

CHUNK = b"x" * 65_536
MOST_CHUNKS = 2_000

sent = {"chunks": 0, "ended": 0}


async def _application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["path"] == "/sent":
        await _say(send, f"{sent['chunks']} {sent['ended']}".encode())
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
    if scope["path"] == "/broken":
        raise RuntimeError("half-way")
    await _long(send, receive)


async def _long(send: Any, receive: Any) -> None:
    await receive()
    leaving = asyncio.create_task(receive())
    sending = asyncio.create_task(_chunks(send))
    await asyncio.wait([leaving, sending], return_when=asyncio.FIRST_COMPLETED)
    leaving.cancel()
    sending.cancel()
    sent["ended"] += 1


async def _chunks(send: Any) -> None:
    for _ in range(MOST_CHUNKS):
        await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
        sent["chunks"] += 1
    await send({"type": "http.response.body"})


async def _say(send: Any, text: bytes) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": text})


application = paced(_application)
