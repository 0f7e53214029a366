"""Jobs that run in the worker without its knowing what they are: loaded by a setting."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from typing import Protocol

from django.db import DatabaseError

from exchanges.backoff import LONGEST_WAIT, Backoff
from exchanges.clock import Clock
from exchanges.errors import LiqsiteError
from exchanges.gathering import InStoreThread
from exchanges.pace import Sleep
from exchanges.store import Writer
from exchanges.venue import Venue

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Context:
    """What a job may use of the worker."""

    writer: Writer
    in_store_thread: InStoreThread
    """Runs what it is given where the writer may be used: short writes, liquidations wait."""
    clock: Clock
    venues: Mapping[str, Venue]
    symbols: Callable[[], Awaitable[tuple[str, ...]]]
    """Those whose market data is gathered. Raises StoreUnavailable."""
    is_complete: Callable[[str], bool]
    """Whether all that an exchange tells of the last month is stored."""
    is_busy: Callable[[], bool]
    """Whether liquidations wait for the store."""
    sleep: Sleep = asyncio.sleep
    tell_trouble: Callable[[str], None] = lambda _: None
    """Shows what keeps the job from its work, in a sentence; empty: nothing does."""


class Runs(Protocol):
    """A job: it runs for ever."""

    async def run(self) -> None:
        """Run until cancelled."""


MakeJob = Callable[[Context], Runs]


class Beside:
    """Runs one job for ever: what fails is logged, shown, and made anew after a while.

    After what may be over soon it is made soon; a bug waits, as it would only come again.
    """

    def __init__(self, make: MakeJob, context: Context, troubles: MutableMapping[str, str]) -> None:
        self._make = make
        self._context = context
        self._troubles = troubles
        self._name = str(getattr(make, "__name__", make)).lower()
        self._backoff = Backoff()

    async def run(self) -> None:
        """Run for ever."""
        while True:
            try:
                await self._make(self._with_troubles()).run()
                return
            except (LiqsiteError, DatabaseError) as error:
                log.error("%s: %s", self._name, error)
                self._tell(f"The {self._name} waits: {error}")
                wait = self._backoff.next_wait()
            except Exception as error:
                log.exception("%s met a bug; it is tried again", self._name)
                self._tell(f"The {self._name} met a bug ({error!r}) and is tried again.")
                wait = self._backoff.next_wait(at_least=LONGEST_WAIT)
            await self._context.sleep(wait)

    def _with_troubles(self) -> Context:
        return replace(self._context, tell_trouble=self._tell)

    def _tell(self, trouble: str) -> None:
        self._troubles[self._name] = trouble
        if not trouble:
            self._backoff.reset()
