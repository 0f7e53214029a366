"""Filling gaps from the venues that publish past liquidations, by itself, after each gap."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from asgiref.sync import sync_to_async
from django.db import DatabaseError
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Greatest

from exchanges.clock import Clock
from exchanges.errors import HistoryUnavailable
from exchanges.history import fetch_historical
from exchanges.intake import Accept
from exchanges.models import Gap
from exchanges.venue import Venue

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
PAUSE_AFTER_FAILURE = timedelta(minutes=5)
# Some venues publish a liquidation hours after it happened, so a gap is asked for once more.
PUBLISHED_AFTER = timedelta(hours=3)
# A venue's clock and ours differ; ids make sure that nothing counts twice.
MARGIN = timedelta(seconds=10)
# Gaps that are closer than this are asked for in one go.
TOGETHER = timedelta(minutes=10)


class Closed(NamedTuple):
    """A gap that has ended."""

    pk: int
    start: datetime
    end: datetime


class Repair:
    """Looks after the gaps of one venue, for ever."""

    def __init__(self, venue: Venue, accept: Accept, clock: Clock) -> None:
        self._venue = venue
        self._accept = accept
        self._clock = clock
        # One that cannot be repaired, perhaps never, does not hold up the others.
        self._not_before: dict[int, datetime] = {}

    async def run(self) -> None:
        """Repair; what fails is said, and tried again a while later."""
        while self._venue.adapter.history_source:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except HistoryUnavailable as error:
                self._venue.health.error(str(error))
                log.warning("gap not repaired yet: %s", error)
            except DatabaseError as error:
                log.error("gaps cannot be read: %s", error)
            except Exception:
                log.exception("%s: repairing gaps met a bug", self._venue.name)
                await asyncio.sleep(PAUSE_AFTER_FAILURE.total_seconds())

    async def look(self) -> None:
        """Repair the oldest gaps that are due, if any are. Raises HistoryUnavailable."""
        if not self._venue.instruments:
            return  # Histories are asked for contract by contract.
        gaps = _neighbours(await sync_to_async(self._due)())
        if gaps:
            later = self._clock() + PAUSE_AFTER_FAILURE
            self._not_before |= {gap.pk: later for gap in gaps}
            times = await self._fetch(gaps[0].start - MARGIN, gaps[-1].end + MARGIN)
            await sync_to_async(self._mark)(gaps, times)

    async def _fetch(self, since: datetime, until: datetime) -> list[datetime]:
        """Hand on the venue's rows of this time; return when they happened."""
        times: list[datetime] = []
        async for rows in fetch_historical(
            self._venue.adapter,
            self._venue.instruments,
            self._venue.options,
            since,
            until,
            clock=self._clock,
        ):
            if rows:
                await self._accept(rows)
                times += [row.exchange_time for row in rows]
        return times

    def _due(self) -> list[Closed]:
        late = Q(ended_at__lt=self._clock() - PUBLISHED_AFTER)
        once = Q(repaired_at__lt=F("ended_at") + PUBLISHED_AFTER)
        gaps = Gap.objects.filter(exchange=self._venue.name, ended_at__isnull=False)
        due = gaps.filter(Q(repaired_at=None) | (late & once)).order_by("started_at")
        rows = due.values_list("pk", "started_at", "ended_at")
        now = self._clock()
        return [
            Closed(pk, start, end)
            for pk, start, end in rows
            if end is not None and self._not_before.get(pk, now) <= now
        ]

    def _mark(self, gaps: Sequence[Closed], times: Sequence[datetime]) -> None:
        for gap in gaps:
            found = sum(gap.start <= time < gap.end for time in times)
            Gap.objects.filter(pk=gap.pk).update(
                repaired_at=self._clock(),
                repaired_by=self._venue.adapter.history_source,
                # A history that tells only the newest may have forgotten what it told before.
                repaired_rows=Greatest(Coalesce(F("repaired_rows"), 0), found),
            )


def _neighbours(gaps: Sequence[Closed]) -> list[Closed]:
    """Return the first gap and those after it that follow closely."""
    together = list(gaps[:1])
    for gap in gaps[1:]:
        if gap.start > together[-1].end + TOGETHER:
            break
        together.append(gap)
    return together
