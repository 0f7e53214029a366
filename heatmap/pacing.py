"""Long answers over daphne: only as fast as the client takes them, and visibly broken if broken.

Daphne writes whatever it is given into Twisted's buffer at once, so that a slow client's whole
file would lie in memory; and an answer that fails half-way would look as if it were still to
come. Twisted itself says when its buffer is full, and can abort.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from twisted.internet.interfaces import IPushProducer
from twisted.web.http import Request
from zope.interface import implementer

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]
Message = dict[str, Any]


def paced(application: Application) -> Application:
    """Return the ASGI application with its answers paced, where daphne serves it."""

    async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
        request = _twisted_request(send)
        if request is None:
            await application(scope, receive, send)
            return
        answering = _Answer(request, send)
        try:
            await application(scope, receive, answering.send)
        except Exception:
            answering.abort()
            raise

    return answer


def _twisted_request(send: Any) -> Request | None:
    """Return what daphne answers through: it is the one argument bound to its `send`."""
    bound = send.args[0] if isinstance(send, partial) and send.args else None
    return bound if isinstance(bound, Request) else None


@implementer(IPushProducer)
class _Answer:
    """One answer; Twisted pauses it while the client has more to take than its buffer holds."""

    def __init__(self, request: Request, send: Callable[[Message], Awaitable[None]]) -> None:
        self._request = request
        self._send = send
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._is_begun = self._is_long = False

    async def send(self, message: Message) -> None:
        """Pass a message on once there is room for it."""
        self._is_begun = True
        await self._flowing.wait()
        if message.get("more_body") and not self._is_long and self._request.channel is not None:
            self._request.registerProducer(self, True)  # type: ignore[no-untyped-call]
            self._is_long = True
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self._let_go()
        await self._send(message)

    def abort(self) -> None:
        """Cut the connection of an answer that has begun, so that the client sees it fail."""
        self._let_go()
        channel = self._request.channel
        if self._is_begun and channel is not None and channel.transport is not None:
            channel.transport.abortConnection()

    def _let_go(self) -> None:
        if self._is_long and self._request.channel is not None:
            self._request.unregisterProducer()  # type: ignore[no-untyped-call]
        self._is_long = False

    def pauseProducing(self) -> None:
        self._flowing.clear()

    def resumeProducing(self) -> None:
        self._flowing.set()

    def stopProducing(self) -> None:
        self._flowing.set()
