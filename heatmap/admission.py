"""A few answers at a time are made; whoever comes meanwhile waits in line.

Threads that all compute take the interpreter from the event loop, which has every live socket to
serve. A line costs nothing: the answers come no later, and the sockets do not wait for them.
"""

from __future__ import annotations

import asyncio
from typing import Any

from heatmap.pacing import Application, Message


def admitted(application: Application, at_once: int) -> Application:
    """Return the ASGI application that begins `at_once` answers at a time, first come first.

    A place is free again once an answer has gone on beyond its first part: a long file keeps
    nobody waiting, and a page whose head is out is still being made.
    """
    places: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}

    async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
        loop = asyncio.get_running_loop()
        place = _Place(places.setdefault(loop, asyncio.Semaphore(at_once)))
        await place.take()

        async def pass_on(message: Message) -> None:
            place.note(message)
            await send(message)

        try:
            await application(scope, receive, pass_on)
        finally:
            place.leave()

    return answer


class _Place:
    """One of the places, taken once and left once."""

    def __init__(self, free: asyncio.Semaphore) -> None:
        self._free = free
        self._is_taken = self._is_begun = False

    async def take(self) -> None:
        await self._free.acquire()
        self._is_taken = True

    def note(self, message: Message) -> None:
        """Leave when what is sent is the second part of a body, or all of it."""
        if message["type"] != "http.response.body":
            return
        if self._is_begun or not message.get("more_body"):
            self.leave()
        self._is_begun = True

    def leave(self) -> None:
        if self._is_taken:
            self._is_taken = False
            self._free.release()
