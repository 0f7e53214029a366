"""Keeping journal and store safe, small and tidy while the worker runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from asgiref.sync import sync_to_async
from django.db import DatabaseError

from exchanges.clock import Clock
from exchanges.journal import Journal
from exchanges.quarantine import forget_rejected

log = logging.getLogger(__name__)

CHECK_SECONDS = 1.0
TIDY_SECONDS = 60.0


@dataclass(frozen=True)
class Keep:
    """How safely and how long things are kept.

    After a loss of power at most the last `fsync_seconds` are missing.
    """

    fsync_seconds: float = 1.0
    rejected_days: float = 30.0
    days: int = 0
    """For how long liquidations are kept; 0: for ever."""
    zone_days: int = 0
    """For how long predicted zones are; 0: for ever."""


class Upkeep:
    """The jobs that look after the journal and what was rejected."""

    def __init__(
        self, journal: Journal, keep: Keep, clock: Clock, on_check: Callable[[str], None]
    ) -> None:
        """`on_check` hears each second what keeps the journal from being written, if anything."""
        self._journal = journal
        self._keep = keep
        self._clock = clock
        self._on_check = on_check

    async def sync(self) -> None:
        """Have what was received survive a loss of power."""
        while True:
            await asyncio.sleep(self._keep.fsync_seconds)
            try:
                await asyncio.to_thread(self._journal.sync)
            except OSError as error:
                log.error("the journal cannot be made safe: %s", error)

    async def check(self) -> None:
        """Look whether there is room for what is received."""
        while True:
            try:
                self._on_check(await asyncio.to_thread(self._journal.check))
            except OSError as error:
                self._on_check(f"The journal's disk cannot be looked at: {error}.")
            await asyncio.sleep(CHECK_SECONDS)

    async def tidy(self) -> None:
        """Compress and drop what is stored, and forget what was rejected long ago."""
        while True:
            await asyncio.sleep(TIDY_SECONDS)
            before = self._clock() - timedelta(days=self._keep.rejected_days)
            try:
                await asyncio.to_thread(self._journal.tidy)
                await sync_to_async(forget_rejected)(before)
            except (OSError, DatabaseError) as error:
                log.error("not tidied up: %s", error)
