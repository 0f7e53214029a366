"""The same shape as the feed for REST: asks a venue's history for what its socket may miss."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from exchanges.adapters.base import Adapter, Options
from exchanges.clock import Clock
from exchanges.errors import HistoryUnavailable
from exchanges.health import HealthTracker
from exchanges.history import fetch_historical
from exchanges.instruments import Instruments
from exchanges.intake import Accept, Sleep

log = logging.getLogger(__name__)

# Asked for again each time, because venues publish late; ids make sure nothing counts twice.
OVERLAP = timedelta(minutes=10)


class Poller:
    """Asks one venue's history every `poll_seconds`, for ever."""

    def __init__(
        self,
        adapter: Adapter,
        instruments: Instruments,
        options: Options,
        *,
        health: HealthTracker,
        accept: Accept,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._adapter = adapter
        self._instruments = instruments
        self._options = options
        self._health = health
        self._accept = accept
        self._clock = clock
        self._sleep = sleep
        self._asked_until = clock()

    async def run(self) -> None:
        """Poll; a poll that fails is counted, said, and made up for by the next one."""
        while True:
            await self._sleep(self._adapter.poll_seconds or 0.0)
            try:
                await self.poll()
            except HistoryUnavailable as error:
                self._health.error(str(error))
                log.warning("%s", error)

    async def poll(self) -> None:
        """Hand on everything since the last poll that went well."""
        until = self._clock()
        since = self._asked_until - OVERLAP
        async for rows in fetch_historical(
            self._adapter,
            self._instruments,
            self._options,
            since,
            until,
            sleep=self._sleep,
            clock=self._clock,
        ):
            if rows:
                await self._accept(rows)
        self._asked_until = until
