"""The ids seen lately, so that what a venue or a second socket repeats counts once."""

from __future__ import annotations

from collections import deque

from exchanges.events import Liquidation


class SeenIds:
    """Remembers the newest `size` event ids."""

    def __init__(self, size: int = 200_000) -> None:
        self._known: set[str] = set()
        self._order: deque[str] = deque()
        self._size = size

    def is_new(self, event: Liquidation) -> bool:
        """Return whether this event was not seen before, and remember it."""
        event_id = event.event_id
        if event_id in self._known:
            return False
        self._known.add(event_id)
        self._order.append(event_id)
        if len(self._order) > self._size:
            self._known.discard(self._order.popleft())
        return True
