"""Whose turn it is to send: a few clients in each round of the event loop.

A frame for a thousand clients would keep everything else waiting that the loop has to do, at
every step of it: the next frame of the worker, and every answer over HTTP.
"""

from __future__ import annotations

import asyncio
from collections import deque


class Turns:
    """Wakes those who ask, the urgent first, at most `most` a round."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: deque[asyncio.Event] = deque()

    def ask(self, wake: asyncio.Event, *, is_urgent: bool = False) -> None:
        """Have an event set when it is its turn, or in the next round."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._give)
        if is_urgent:
            self._waiting.appendleft(wake)
        else:
            self._waiting.append(wake)

    def _give(self) -> None:
        for _ in range(min(self._most, len(self._waiting))):
            self._waiting.popleft().set()
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._give)
