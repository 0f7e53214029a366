"""The sockets of open pages: what the worker pushes, on to the browser.

A client may send `{"action": "ping"}` and nothing else. Frames are those of `exchanges.live`.
"""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar
from urllib.parse import parse_qs

import orjson
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError

from heatmap import health
from heatmap.parameters import SYMBOL

log = logging.getLogger(__name__)

BAD_REQUEST = 4400
MAX_MESSAGE_BYTES = 1024


class FrameConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels is untyped
    """Forwards the frames of one topic as they are."""

    topic: ClassVar[str]

    async def connect(self) -> None:
        """Listen to the topic, then accept: from then on a page misses nothing."""
        await self.channel_layer.group_add(self.topic, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        """Listen no longer."""
        await self.channel_layer.group_discard(self.topic, self.channel_name)

    async def frame(self, message: dict[str, Any]) -> None:
        """Forward a frame that the worker pushed."""
        await self.send(text_data=message["frame"])

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answer a ping; close on anything else."""
        if text_data is None or len(text_data.encode()) > MAX_MESSAGE_BYTES:
            await self.refuse(f"A message is a text of at most {MAX_MESSAGE_BYTES} bytes.")
        elif not _is_ping(text_data):
            await self.refuse('The only message understood here is {"action": "ping"}.')
        else:
            await self.send(text_data='{"type":"pong"}')

    async def refuse(self, reason: str) -> None:
        """Close with code 4400; also say why in a message, for servers that cut the reason off."""
        await self.send(text_data=json.dumps({"type": "error", "detail": reason}))
        await self.close(BAD_REQUEST, reason)


class HealthConsumer(FrameConsumer):
    """Tells a page how the venues are doing, and that the worker is gone when it is.

    A worker that dies pushes nothing. So when no frame has come for `quiet_seconds`, what is
    stored is read every `reread_seconds` and sent when it has changed. These frames, and the
    first, repeat the `seq` of the last pushed one (0 before any): each tells everything.
    """

    topic = "health"
    quiet_seconds: ClassVar[float] = 4.0
    reread_seconds: ClassVar[float] = 2.0
    clock = staticmethod(partial(datetime.now, UTC))

    def __init__(self) -> None:
        super().__init__()
        self._seq = 0
        self._told: object = None
        self._has_frame = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Accept, send the first frame, and watch for silence from then on."""
        await super().connect()
        await self._try_to_tell()
        self._watch = asyncio.create_task(self._tell_when_quiet())

    async def disconnect(self, code: int) -> None:
        """Watch and listen no longer."""
        if self._watch is not None:
            self._watch.cancel()
        await super().disconnect(code)

    async def frame(self, message: dict[str, Any]) -> None:
        """Forward a frame, and note that the worker speaks."""
        self._seq = message["seq"]
        self._has_frame.set()
        await super().frame(message)

    async def _tell_when_quiet(self) -> None:
        wait = self.quiet_seconds
        while True:
            if await self._hears_frame_within(wait):
                wait, self._told = self.quiet_seconds, None
            else:
                await self._try_to_tell()
                wait = self.reread_seconds

    async def _hears_frame_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._has_frame.wait()
        has_heard = self._has_frame.is_set()
        self._has_frame.clear()
        return has_heard

    async def _try_to_tell(self) -> None:
        try:
            await self._tell_stored()
        except DatabaseError as error:
            log.warning("Health cannot be read for an open page: %s", error)

    async def _tell_stored(self) -> None:
        """Send what is stored, unless that is what was sent last."""
        now = self.clock()
        told = await database_sync_to_async(health.snapshot)(now)
        content = {"rows": list(told["exchanges"].values()), "worker": told["worker"]}
        if content != self._told:
            self._told = content
            head = {"v": 1, "topic": self.topic, "seq": self._seq, "at": now}
            await self.send(text_data=_encode(head | content))


class LiquidationConsumer(FrameConsumer):
    """Tells a page each liquidation, or with `?symbol=` those of one symbol.

    Every frame is forwarded, if need be without rows, so that `seq` has no holes;
    `left_out` counts over all symbols.
    """

    topic = "liquidations"
    symbol = ""

    async def connect(self) -> None:
        """Accept, unless the symbol cannot be one."""
        query = parse_qs(self.scope["query_string"].decode("latin1"), keep_blank_values=True)
        self.symbol = query.get("symbol", [""])[-1]
        if "symbol" in query and not SYMBOL.fullmatch(self.symbol):
            await self.accept()
            await self.refuse("A symbol is letters and digits, like BTCUSDT.")
        else:
            await super().connect()

    async def frame(self, message: dict[str, Any]) -> None:
        """Forward a frame, cut down to the symbol."""
        if not self.symbol:
            await super().frame(message)
            return
        frame = orjson.loads(message["frame"])
        frame["rows"] = [row for row in frame["rows"] if row["symbol"] == self.symbol]
        await self.send(text_data=_encode(frame))


def _is_ping(text: str) -> bool:
    try:
        return bool(orjson.loads(text) == {"action": "ping"})
    except orjson.JSONDecodeError:
        return False


def _encode(frame: dict[str, Any]) -> str:
    return orjson.dumps(frame, option=orjson.OPT_UTC_Z).decode()
