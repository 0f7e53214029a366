"""One venue at work: its sockets, its window, its faults, its totals."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import count
from weakref import WeakKeyDictionary

from aiohttp import web

from exchanges.simulator.client import Client
from exchanges.simulator.contracts import Liquidation
from exchanges.simulator.errors import AskedTooOften
from exchanges.simulator.faults import REFUSALS, Faults
from exchanges.simulator.garbage import FIXED, garbage_beside, large_garbage
from exchanges.simulator.ledger import Ledger, Parcel
from exchanges.simulator.nonsense import nonsense_beside
from exchanges.simulator.venues.base import Query, Recorded, Venue
from exchanges.simulator.waiting import until
from exchanges.simulator.window import Window

# A client that subscribes in several messages is given this long between two of them.
SETTLE_SECONDS = 0.2
ROOM = 500
# Rows between two looks at the event loop, so that sockets are written meanwhile.
PORTION = 200
# More in one frame would be more than the largest frame that clients take.
ROWS_PER_FRAME = 8_000


class Host:
    """Runs one venue: takes its sockets and requests, sends it the market."""

    def __init__(self, venue: Venue, clock: Callable[[], float], *, is_throttled: bool) -> None:
        self.venue = venue
        self.ledger = Ledger()
        self.faults = Faults(clock)
        self.clients: set[Client] = set()
        self.is_ready = False
        """Whether the market is there; requests wait for it, sockets need not."""
        self._clock = clock
        self._turns = count()
        self._beside_at: WeakKeyDictionary[Client, float] = WeakKeyDictionary()
        self._last_frame_ms: dict[str, int] = {}
        is_thinned = venue.sends_largest_only and is_throttled
        is_delayed = is_thinned or not venue.sends_largest_only
        seconds = venue.window_seconds if is_delayed else 0.0
        self._window = Window(seconds, keeps_largest_only=is_thinned)

    # What comes in from the network.

    async def serve_socket(self, request: web.Request, path: str) -> web.WebSocketResponse:
        """Hold one websocket until it ends."""
        socket = web.WebSocketResponse(autoping=False, autoclose=False, compress=False, timeout=1.0)
        await socket.prepare(request)
        client = Client(request, socket, path, self.faults, self._clock, self.venue.pack)
        self.clients.add(client)
        writer = asyncio.create_task(client.write_forever())
        try:
            if not self.faults.has("close"):
                self.venue.greet(client)
                await client.read_forever(self.venue.hear, self.venue.limits)
            await socket.close()
        finally:
            writer.cancel()
            self.clients.discard(client)
        return socket

    async def serve_request(self, request: web.Request, path: str) -> web.Response:
        """Answer one REST request; a stalled venue answers when it is well again.

        Raises HTTPNotFound and HTTPTooManyRequests.
        """
        await until(lambda: self._answers() or request.transport is None, 0.02)
        query = Query(path, request.query, await request.read(), self._now_ms())
        try:
            answer = self.venue.reply(query)
        except AskedTooOften as error:
            raise web.HTTPTooManyRequests(text=str(error)) from error
        if answer is None:
            raise web.HTTPNotFound(text=f"{self.venue.name} is not simulated at {path}")
        return web.json_response(answer)

    # What goes out.

    def offer(self, row: Liquidation) -> None:
        """Let a liquidation go out the way the venue does: batched, or thinned."""
        self._window.add(row)

    def beat(self) -> None:
        """Send what is due by now."""
        now = self._clock()
        for rows in self._window.due(now):
            self.publish(rows)
        for client in list(self.clients):
            client.tick(self.venue.limits, now)
            self.venue.tick(client, now)
            self._send_beside(client, now)

    def publish(self, rows: Sequence[Liquidation]) -> None:
        """Send rows of one instrument at once, in one frame (or a few) or in one each."""
        size = ROWS_PER_FRAME if self.venue.groups_rows else 1
        for first in range(0, len(rows), size):
            self._publish_together(rows[first : first + size])

    async def publish_all(self, rows: Iterable[Liquidation]) -> None:
        """Send many rows of one instant, those of a contract together where the venue does so."""
        if self.venue.groups_rows:
            by_contract: dict[str, list[Liquidation]] = {}
            for row in rows:
                by_contract.setdefault(row.instrument, []).append(row)
            portions: Iterable[list[Liquidation]] = by_contract.values()
        else:
            portions = ([row] for row in rows)
        for number, portion in enumerate(portions):
            self.publish(portion)
            if self.venue.groups_rows or number % PORTION == PORTION - 1:
                await self.has_room()

    def pass_on(self, text: str, recorded: Recorded | None) -> None:
        """Send a recorded frame as it is; one that cannot be read goes to every subscriber."""
        parcel = Parcel(self.ledger, recorded.events, recorded.value_usd) if recorded else None
        for client in self._listeners():
            if recorded is None or not recorded.topics.isdisjoint(client.topics):
                self._hand_over(client, text, parcel)

    def set_fault(self, fault: str, seconds: float | None) -> None:
        """Begin or clear a fault; what it does at once, it does now."""
        self.faults.begin(fault, seconds)
        if fault in ("drop", "close", *REFUSALS):
            self.cut_all()
        if fault in ("garbage", "huge"):
            for client in self._listeners():
                for text in FIXED if fault == "garbage" else large_garbage():
                    client.send(text)

    def cut_all(self, *, at_once: bool = False) -> None:
        """End every connection; `at_once`: even one that does not read."""
        for client in list(self.clients):
            client.cut(at_once=at_once)

    # Waiting.

    async def settled(self) -> None:
        """Wait until somebody is subscribed and has finished subscribing."""
        await until(self._is_settled, 0.01)

    async def has_room(self) -> None:
        """Let others run, and wait until no socket is far behind."""
        await asyncio.sleep(0)
        await until(lambda: all(client.backlog <= ROOM for client in self.clients))

    async def flushed(self, seconds: float = 1.0) -> None:
        """Wait, but not for ever, until everything queued is written."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await until(lambda: not any(client.backlog for client in self.clients))

    def _answers(self) -> bool:
        return self.is_ready and not self.faults.has("stall")

    def _is_settled(self) -> bool:
        listening = self._listeners()
        latest = max((client.subscribed_at for client in listening), default=math.inf)
        return asyncio.get_running_loop().time() - latest >= SETTLE_SECONDS

    def _publish_together(self, happened: Sequence[Liquidation]) -> None:
        shift = self.faults.clock_shift_ms
        rows = [self.venue.dated(_moved(row, shift)) for row in happened]
        self.venue.last_prices[rows[0].instrument] = rows[-1].price
        places = self.venue.sent.add(rows, self._now_ms())
        note = partial(self.venue.sent.wrote, places)
        parcel = Parcel(self.ledger, len(rows), sum(row.value_usd for row in rows), note)
        topics = self.venue.topics(rows[0].contract)
        frame_ms = self._frame_ms(rows[0]) + shift
        texts: dict[tuple[str, str], str] = {}
        for client in self._listeners():
            for topic in client.topics.intersection(topics):
                key = (topic, client.form)
                if key not in texts:
                    texts[key] = self.venue.frame(topic, client.form, rows, frame_ms)
                self._hand_over(client, texts[key], parcel)
                self._add_nonsense(client, topic, rows[0], frame_ms)

    def _hand_over(self, client: Client, text: str, parcel: Parcel | None) -> None:
        if self.faults.has("garbage"):
            client.send(garbage_beside(text, next(self._turns)))
        client.send(text, parcel)
        if self.faults.has("duplicate"):
            client.send(text)

    def _send_beside(self, client: Client, now: float) -> None:
        """Send what a venue pushes beside liquidations, when it is time."""
        if now - self._beside_at.get(client, client.opened_at) < self.venue.beside_seconds:
            return
        self._beside_at[client] = now
        if client.is_listening and not self.faults.has("silent"):
            for text in self.venue.beside(client, self._now_ms()):
                client.send(text)

    def _add_nonsense(self, client: Client, topic: str, row: Liquidation, frame_ms: int) -> None:
        if self.faults.has("nonsense"):
            frame = self.venue.frame(topic, client.form, [row], frame_ms)
            if text := nonsense_beside(frame, row, next(self._turns)):
                client.send(text)

    def _frame_ms(self, row: Liquidation) -> int:
        """Return the time of a contract's next frame: now, and later than that of the last."""
        at = max(self._now_ms(), self._last_frame_ms.get(row.instrument, 0) + 1)
        self._last_frame_ms[row.instrument] = at
        return at

    def _listeners(self) -> list[Client]:
        if self.faults.has("silent") or self.faults.has("mute"):
            return []
        return [client for client in self.clients if client.is_listening]

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def _moved(row: Liquidation, shift_ms: int) -> Liquidation:
    """Return a liquidation as a venue whose clock is off dates it."""
    return replace(row, time_ms=row.time_ms + shift_ms) if shift_ms else row
