"""Rejected frames, tried again when somebody asks."""

from __future__ import annotations

import asyncio
import logging
from base64 import b64decode

from django.db import DatabaseError

from exchanges.clock import Clock
from exchanges.errors import MalformedFrame
from exchanges.events import Liquidation
from exchanges.intake import Accept, read
from exchanges.models import RejectedFrame
from exchanges.plausible import doubt
from exchanges.venues import Venues

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
AT_ONCE = 500


class Retry:
    """Tries rejected frames again, with today's adapter and contracts, when somebody asks."""

    def __init__(self, venues: Venues, accept: Accept, clock: Clock) -> None:
        self._venues = venues
        self._accept = accept
        self._clock = clock

    async def run(self) -> None:
        """Look for frames to try, for ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except DatabaseError as error:
                log.error("rejected frames cannot be read: %s", error)

    async def look(self) -> None:
        """Try those that somebody asked for since the last look. Raises DatabaseError."""
        asked = RejectedFrame.objects.filter(retry_asked_at__isnull=False, outcome="")
        async for frame in asked.filter(exchange__in=self._venues.names())[:AT_ONCE]:
            frame.outcome = await self._try(frame)
            await frame.asave(update_fields=["outcome"])

    async def _try(self, kept: RejectedFrame) -> str:
        """Return what came of it, in words."""
        venue = self._venues.venue(kept.exchange)
        try:
            events = read(venue.adapter, _bytes(kept), venue.instruments, kept.received_time)
        except MalformedFrame as error:
            return f"still rejected: {error}"
        found = [event for event in events if isinstance(event, Liquidation)]
        doubts = [why for event in found if (why := doubt(event, venue.instruments, self._clock()))]
        if doubts:
            return f"still rejected: {doubts[0]}"
        if found:
            await self._accept(found)
        return f"read: {len(found)} liquidations handed to the store"


def _bytes(kept: RejectedFrame) -> bytes:
    if kept.frame.startswith("base64:"):
        return b64decode(kept.frame.removeprefix("base64:"))
    return kept.frame.encode()
