"""Equal rows of a venue without ids: each is an event of its own, also over several frames."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from msgspec.structs import replace

from exchanges.events import FeedEvent, Liquidation

REMEMBERED = 50_000


class Equals:
    """Numbers equal rows over the frames of one connection, as their venue's history would.

    Their ids end in `:<place among equals>`. Another connection to the same venue numbers them
    alike, so that what both deliver has one id. A frame that comes again byte for byte is a
    repetition, not another event.
    """

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._order: deque[str] = deque()
        self._frames: set[int] = set()
        self._frame_order: deque[int] = deque()

    def number(self, frame: bytes, events: Sequence[FeedEvent]) -> Sequence[FeedEvent]:
        """Return the events with their places; without liquidations for a repetition."""
        if not any(isinstance(event, Liquidation) for event in events):
            return events
        if self._has_seen(hash(frame)):
            return [event for event in events if not isinstance(event, Liquidation)]
        return [self._placed(e) if isinstance(e, Liquidation) else e for e in events]

    def _placed(self, event: Liquidation) -> Liquidation:
        base, _, _ = event.event_id.rpartition(":")
        place = self._counts.get(base, -1) + 1
        self._counts[base] = place
        if place == 0:
            self._order.append(base)
            if len(self._order) > REMEMBERED:
                del self._counts[self._order.popleft()]
        event_id = f"{base}:{place}"
        return event if event_id == event.event_id else replace(event, event_id=event_id)

    def _has_seen(self, frame: int) -> bool:
        if frame in self._frames:
            return True
        self._frames.add(frame)
        self._frame_order.append(frame)
        if len(self._frame_order) > REMEMBERED:
            self._frames.discard(self._frame_order.popleft())
        return False
