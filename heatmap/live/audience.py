"""Clients who asked for the same: what is new for them is written once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING

from heatmap.live import frames
from heatmap.live.bucket import Bucket
from heatmap.live.cells import Bins, CellSums
from heatmap.live.limits import Limits
from heatmap.live.messages import Subscription
from heatmap.live.pushed import Row

if TYPE_CHECKING:
    from heatmap.live.session import Session

BinsOf = Callable[[str], Bins | None]
# Less room than this is not worth a frame.
_LEAST_ROOM = 4_000


class Audience:
    """Gathers rows and cells, and gives its members a frame when it is time for one.

    Rows that do not fit into the bytes of a client are left out, the oldest first, and counted;
    the cells count them all.
    """

    def __init__(self, subscription: Subscription, bins_of: BinsOf, limits: Limits) -> None:
        self.subscription = subscription
        self.members: set[Session] = set()
        self._bins_of = bins_of
        self._limits = limits
        self._rows: deque[Row] = deque()
        self._left_out = 0
        self._cells = CellSums(limits.pending_cells)
        self._bucket = Bucket(limits.audience_bytes_per_second, limits.audience_bytes_per_second)
        self._timer: asyncio.TimerHandle | None = None
        self._flushed_at = self._missed_at = float("-inf")

    def take(self, by_symbol: Mapping[str, list[Row]]) -> None:
        """Take new rows of all symbols for the next frame."""
        for symbol in self.subscription.symbols:
            if rows := by_symbol.get(symbol):
                self._add(rows, self._bins_of(symbol))
        if self._has_news and self._timer is None:
            self._flush_in_time()

    def miss(self) -> None:
        """Tell that liquidations were not pushed, but not all the time."""
        now = asyncio.get_running_loop().time()
        if now - self._missed_at < self._limits.missed_seconds:
            return
        self._missed_at = now
        message = "Liquidations were missed on the way here; take a fresh snapshot."
        self.offer(frames.body("missed", symbols=self.subscription.symbols, message=message))

    def offer(self, body: str) -> None:
        """Give every member a frame."""
        for session in self.members:
            session.offer(body)

    def leave(self, session: Session) -> None:
        """Let a member go, with what waits for the next frame."""
        self.members.discard(session)
        if self._has_news:
            session.offer(self._write()[0])

    def close(self) -> None:
        """Send nothing any more."""
        if self._timer is not None:
            self._timer.cancel()

    @property
    def _has_news(self) -> bool:
        return bool(self._rows or self._left_out or self._cells)

    def _add(self, rows: list[Row], bins: Bins | None) -> None:
        wanted = self.subscription
        for row in rows:
            if row.exchange not in wanted.exchanges:
                continue
            if bins is not None and wanted.snapshot:
                self._cells.add(row, bins)
            if (row.value_usd or 0.0) >= wanted.min_value:
                self._rows.append(row)
        while len(self._rows) > self._limits.pending_rows:
            self._rows.popleft()
            self._left_out += 1

    def _flush_in_time(self) -> None:
        loop = asyncio.get_running_loop()
        at = self._flushed_at + self.subscription.update_interval
        wait = max(at - loop.time(), self._bucket.wait(_LEAST_ROOM))
        if wait <= 0:
            self._flush()
        else:
            self._timer = loop.call_later(wait, self._flush)

    def _flush(self) -> None:
        self._timer = None
        self._flushed_at = asyncio.get_running_loop().time()
        body, size = self._write()
        self._bucket.take(size)
        self._rows.clear()
        self._left_out = 0
        self._cells.clear()
        self.offer(body)

    def _write(self) -> tuple[str, int]:
        """Return the body of a frame with what waits, and its size."""
        cells, cells_left_out = self._cells.told()
        head = frames.body("liquidations", cells=cells, cells_left_out=cells_left_out)
        rows = self._newest(self._bucket.level - len(head))
        left_out = self._left_out + len(self._rows) - len(rows)
        body = f'{head[:-1]},"left_out":{left_out},"rows":[{",".join(rows)}]}}'
        return body, frames.size(body)

    def _newest(self, room: float) -> list[str]:
        """Return the texts of the newest rows that fit, the oldest of them first."""
        newest = [row.text for row in reversed(self._rows)]
        sizes = accumulate(frames.size(text) + 1 for text in newest)
        count = sum(1 for _ in takewhile(lambda size: size <= room, sizes))
        return newest[:count][::-1]
