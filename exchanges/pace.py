"""The pace of one venue's requests: spaced by their weight, whoever makes them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

Sleep = Callable[[float], Awaitable[None]]


class Pace:
    """Lets requests begin no faster than so many seconds for each unit of weight."""

    def __init__(
        self,
        seconds_per_weight: float,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds_per_weight = seconds_per_weight
        self._sleep = sleep
        self._clock = clock
        self._free_at = 0.0
        # What was slept has passed, whatever `sleep` did.
        self._passed = 0.0

    async def wait(self, weight: float) -> None:
        """Return when a request of this weight may begin."""
        begins_at = max(self._now(), self._free_at)
        self._free_at = begins_at + weight * self._seconds_per_weight
        await self._until(begins_at)

    async def hold(self, seconds: float) -> None:
        """Return after so long, before which nothing begins: the venue said so."""
        end = self._now() + seconds
        self._free_at = max(self._free_at, end)
        await self._sleep(seconds)
        self._passed = max(self._passed, end)

    async def _until(self, moment: float) -> None:
        await self._sleep(max(0.0, moment - self._now()))
        self._passed = max(self._passed, moment)

    def _now(self) -> float:
        return max(self._clock(), self._passed)
