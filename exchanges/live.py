"""What open pages are told while it happens: the one place that pushes.

A frame is a JSON text `{v, topic, seq, at, sender, rows, ...}` for a channel-layer group named
after its topic. At most four a second leave per topic; what comes in between is put into one.
`seq` counts per topic and sender, and also when a send fails, so that a page sees that it missed
something.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from heapq import nlargest
from typing import Any, Literal, Protocol

import msgspec

from exchanges.events import ExchangeHealth, Liquidation

log = logging.getLogger(__name__)

Topic = Literal["health", "liquidations"]

INTERVAL_SECONDS = 0.25
# The site cuts this down to what each client can take.
MAX_ROWS = 1_000
_SEND_SECONDS = 5.0
_LEFT_OUT = ("raw", "adapter_version")
_COLUMNS = tuple(n for n in Liquidation.__struct_fields__ if not n.startswith(_LEFT_OUT))


class Layer(Protocol):
    """What is needed of a channel layer."""

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send a message to the members of a group."""


class Worker(msgspec.Struct, frozen=True):
    """The worker as pages see it; one that pushes is running.

    `message` is what keeps it from receiving or storing, in words.
    """

    since: datetime
    is_running: bool = True
    message: str = ""


class LivePush:
    """Pushes liquidations and health to open pages; no failure of the layer leaves it."""

    def __init__(
        self,
        layer: Layer,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        interval_seconds: float = INTERVAL_SECONDS,
        sender: str = "",
    ) -> None:
        """`sender` tells the frames of several workers apart."""
        self.failed_sends = 0
        self._layer = layer
        self._sender = sender
        self._clock = clock
        self._seq: Counter[Topic] = Counter()
        self._is_failing = False
        self._waiting = Largest(MAX_ROWS)
        self._health: tuple[Sequence[ExchangeHealth], Worker] | None = None
        self._liquidation_pace = Pace(self._push_liquidations, interval_seconds)
        self._health_pace = Pace(self._push_health, interval_seconds)

    async def liquidations(self, rows: Sequence[Liquidation]) -> None:
        """Take rows for the next frame; does not wait for it."""
        if rows:
            self._waiting.add(rows)
            self._liquidation_pace.ask()

    async def health(self, healths: Mapping[str, ExchangeHealth], worker: Worker) -> None:
        """Take how all venues and the worker are doing; does not wait for the next frame."""
        self._health = (tuple(healths.values()), worker)
        self._health_pace.ask()

    async def flush(self) -> None:
        """Send now what waits for its frame: when the worker ends, and in tests."""
        await self._liquidation_pace.run_now()
        await self._health_pace.run_now()

    async def _push_liquidations(self) -> None:
        rows, left_out = self._waiting.take()
        if rows:
            columns = [{name: getattr(row, name) for name in _COLUMNS} for row in rows]
            await self._push("liquidations", rows=columns, left_out=left_out)

    async def _push_health(self) -> None:
        if self._health is not None:
            (rows, worker), self._health = self._health, None
            await self._push("health", rows=rows, worker=worker)

    async def _push(self, topic: Topic, **content: object) -> None:
        self._seq[topic] += 1
        seq = self._seq[topic]
        head: dict[str, object] = {"v": 1, "topic": topic, "seq": seq, "at": self._clock()}
        if self._sender:
            head["sender"] = self._sender
        frame = msgspec.json.encode(head | content).decode()
        await self._send(topic, {"type": "frame", "frame": frame, "seq": seq})

    async def _send(self, topic: Topic, message: dict[str, Any]) -> None:
        """Send, or count that it failed: whatever the layer raises must not stop the worker."""
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                await self._layer.group_send(topic, message)
        except Exception as error:
            self._count_failure(error)
        else:
            self._count_success()

    def _count_failure(self, error: Exception) -> None:
        self.failed_sends += 1
        if not self._is_failing:
            self._is_failing = True
            reason = f"{type(error).__name__}: {error}"
            log.warning("Pushes to open pages fail (%s); nothing else is affected", reason)

    def _count_success(self) -> None:
        if self._is_failing:
            self._is_failing = False
            log.info("Pushes to open pages work again; %d have failed", self.failed_sends)


class Largest:
    """The rows that wait for a frame: the `limit` largest by value, in the order they came."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._rows: list[Liquidation] = []
        self._left_out = 0

    def add(self, rows: Sequence[Liquidation]) -> None:
        """Take rows; beyond the limit the smallest are left out and counted."""
        self._rows += rows
        excess = len(self._rows) - self._limit
        if excess > 0:
            self._left_out += excess
            largest = nlargest(self._limit, enumerate(self._rows), key=lambda at: _value(at[1]))
            self._rows = [row for _, row in sorted(largest, key=lambda at: at[0])]

    def take(self) -> tuple[list[Liquidation], int]:
        """Return what waits and how many were left out, and begin anew."""
        taken = self._rows, self._left_out
        self._rows, self._left_out = [], 0
        return taken


class Pace:
    """Runs an action when asked to, but at most once an interval and one at a time."""

    def __init__(self, action: Callable[[], Awaitable[None]], seconds: float) -> None:
        self._action = action
        self._seconds = seconds
        self._lock = asyncio.Lock()
        self._is_asked = False
        self._task: asyncio.Task[None] | None = None

    def ask(self) -> None:
        """Have the action run soon; what is asked before it runs is one."""
        self._is_asked = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    async def run_now(self) -> None:
        """Run the action without regard to the interval."""
        async with self._lock:
            await self._action()

    async def _run(self) -> None:
        while self._is_asked:
            self._is_asked = False
            await self.run_now()
            await asyncio.sleep(self._seconds)


def _value(row: Liquidation) -> float:
    """Return what a row counts for the choice; one of unknown value counts as nothing."""
    return row.value_usd or 0.0
