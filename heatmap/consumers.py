"""`/ws/live`: one socket of a client, from its first word to its last."""

from __future__ import annotations

import asyncio
import logging
from typing import ClassVar
from urllib.parse import parse_qsl

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from exchanges.errors import StoreUnavailable
from heatmap.live import frames, hub
from heatmap.live.bucket import Bucket
from heatmap.live.limits import Limits
from heatmap.live.messages import (
    Message,
    Ping,
    Refused,
    Subscribe,
    Subscription,
    extended,
    read_message,
    reduced,
    told,
)
from heatmap.live.outlet import Outlet
from heatmap.live.session import Session, Silent, TooSlow

log = logging.getLogger(__name__)

BAD_ADDRESS = 4400
SILENT = 4408
TAKEN_OVER = 4409
SLOW = 4413
TOO_MANY = 4429
BROKEN = 1011


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels is untyped
    """Understands a client, and has the process's hub answer it."""

    # The hub listens to the channel layer for all clients.
    channel_layer_alias = "none"
    limits: ClassVar[Limits] = Limits()

    def __init__(self) -> None:
        super().__init__()
        self._hub = hub.current(self.limits)
        self._session: Session | None = None
        self._sending: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None
        burst = self.limits.messages_at_once
        self._inbox = Bucket(self.limits.messages_per_second, burst)

    async def connect(self) -> None:
        """Accept, say welcome, and go on where the client was before, if it says so."""
        await self.accept()
        try:
            before, seq = self._earlier()
            self._check_number()
        except Refused as refusal:
            await self.send(text_data=frames.error(refusal.code, str(refusal)))
            await self.close(TOO_MANY if refusal.code == "RATE_LIMITED" else BAD_ADDRESS)
            return
        has_all = before is not None and before.covers(seq)
        self._session = before or self._hub.open(self._address)
        self._begin(self._session, seq if has_all else None)
        await self._hub.start()
        if not has_all:
            await self._tell_everything(self._session)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Do what the client says, or say why not."""
        if self._session is None:
            return
        self._session.hear()
        try:
            self._check_pace()
            self._follow(self._session, read_message(text_data, self.limits))
        except Refused as refusal:
            self._session.say(frames.error(refusal.code, str(refusal)))
            if self._inbox.level < -self.limits.messages_at_once:
                await self.close(TOO_MANY)

    async def disconnect(self, code: int) -> None:
        """End what ran for this socket; the session waits for its client to come back."""
        for task in (self._sending, self._telling):
            if task is not None:
                task.cancel()
        if self._session is not None:
            self._hub.release(self._session, self._outlet)

    def _begin(self, session: Session, after: int | None) -> None:
        """Take over the session; `after` is the last number that the client has seen of it."""
        self._outlet = Outlet(self.base_send, self.limits.socket_buffer_bytes)
        seq = session.seq if after is None else after
        session.attach(self._outlet, frames.welcome(session.id, seq, after is not None), after)
        self._sending = asyncio.create_task(self._send(session))

    async def _tell_everything(self, session: Session) -> None:
        if body := await self._hub.full_health():
            session.offer(body)
        self._tell_snapshots(session)

    async def _send(self, session: Session) -> None:
        code = BROKEN
        try:
            await session.run(self._outlet)
            code = TAKEN_OVER
        except TooSlow:
            code = SLOW
        except Silent:
            code = SILENT
        except Exception:
            log.exception("The live socket of %s broke", session.address)
        await self.close(code)

    def _follow(self, session: Session, message: Message) -> None:
        if isinstance(message, Ping):
            session.say(frames.PONG)
            return
        if isinstance(message, Subscribe):
            wanted: Subscription | None = extended(session.subscription, message, self.limits)
        else:
            wanted = reduced(session.subscription, message)
        self._hub.subscribe(session, wanted)
        session.say(frames.said("subscribed", **told(wanted)))
        if isinstance(message, Subscribe):
            self._tell_snapshots(session)

    def _tell_snapshots(self, session: Session) -> None:
        if self._telling is not None:
            self._telling.cancel()
        wanted = session.subscription
        if wanted is not None and wanted.snapshot:
            self._telling = asyncio.create_task(self._send_snapshots(session, wanted))

    async def _send_snapshots(self, session: Session, wanted: Subscription) -> None:
        """Send a snapshot of every symbol while it is still wanted."""
        for symbol in wanted.symbols:
            try:
                body = await self._hub.snapshots.body(symbol, wanted.exchanges)
            except (StoreUnavailable, Refused) as error:
                code = error.code if isinstance(error, Refused) else "SERVER_ERROR"
                session.say(frames.error(code, str(error)))
                return
            if session.subscription != wanted:
                return
            session.offer(body)

    def _check_pace(self) -> None:
        self._inbox.take(1)
        if self._inbox.level < 0:
            rate = self.limits.messages_per_second
            raise Refused("RATE_LIMITED", f"Say at most {rate:g} messages a second.")

    def _check_number(self) -> None:
        most = settings.LIQSITE_SOCKETS_PER_ADDRESS
        if self._address and self._hub.sockets(self._address) >= most:
            raise Refused("RATE_LIMITED", f"At most {most} sockets an address are open at a time.")

    def _earlier(self) -> tuple[Session | None, int]:
        """Return the session that the client names, if it is kept, and its last number."""
        query = parse_qsl(self.scope["query_string"].decode("latin1"), keep_blank_values=True)
        connection, seq = "", "0"
        for name, value in query:
            connection, colon, seq = value.partition(":")
            if name != "resume_from" or not colon or not _is_number(seq):
                sentence = "The only parameter is resume_from=<connection>:<seq>."
                raise Refused("INVALID_MESSAGE", sentence)
        return self._hub.find(connection), int(seq)

    @property
    def _address(self) -> str:
        """Where the client is, as the outermost of our own proxies saw it."""
        forwarded = dict(self.scope["headers"]).get(b"x-forwarded-for", b"").decode("latin1")
        hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
        if hops and settings.LIQSITE_PROXIES:
            return str(hops[-min(settings.LIQSITE_PROXIES, len(hops))])
        return str((self.scope.get("client") or [""])[0])


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16
