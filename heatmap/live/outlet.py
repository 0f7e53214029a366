"""A socket's way out, and whether the client takes what is sent.

A server's `send` should wait for a slow client. Daphne's returns at once and keeps whatever the
client does not read, without a limit. So there we look below: its Twisted transport tells a
push producer when more than 64 KB are unsent, and when they are sent. The kernel would take
megabytes more before that shows, so its part is limited too.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Outlet:
    """Sends texts over one socket; `is_congested` while the client does not take them.

    Towards Twisted it is a push producer, whose three methods are named as Twisted names them.
    """

    def __init__(self, send: Send, socket_buffer_bytes: int) -> None:
        self._send = send
        self._clear = asyncio.Event()
        self._clear.set()
        transport = twisted_transport(send)
        self.never_waits = transport is not None
        """Whether `send` returns at once, however slow the client is."""
        if transport is not None:
            _limit_kernel(transport, socket_buffer_bytes)
            # Daphne has left the HTTP side registered; paused, it would stop to read as well.
            transport.unregisterProducer()
            transport.registerProducer(self, True)

    @property
    def is_congested(self) -> bool:
        """Whether more than enough waits for the client to read."""
        return not self._clear.is_set()

    async def clear(self) -> None:
        """Wait until the client has read."""
        await self._clear.wait()

    async def send(self, text: str) -> None:
        """Send a text; on servers that wait for the client, wait."""
        await self._send({"type": "websocket.send", "text": text})

    def pauseProducing(self) -> None:
        """Told by the transport: more than enough is unsent."""
        self._clear.clear()

    def resumeProducing(self) -> None:
        """Told by the transport: all was sent."""
        self._clear.set()

    def stopProducing(self) -> None:
        """Told by the transport: the connection is lost."""
        self._clear.set()


def twisted_transport(send: Send) -> Any | None:
    """Return Daphne's transport behind an ASGI `send`; None for other servers."""
    arguments = send.args if isinstance(send, partial) else ()
    transport = getattr(arguments[0], "transport", None) if arguments else None
    return transport if hasattr(transport, "registerProducer") else None


def _limit_kernel(transport: Any, size: int) -> None:
    handle = transport.getHandle()
    if isinstance(handle, socket.socket) and handle.family != socket.AF_UNIX:
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)
