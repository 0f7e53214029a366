"""The venues side by side: started, stopped and looked after together, and nothing more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from pathlib import Path

from exchanges.adapters import select
from exchanges.clock import Clock, utc_now
from exchanges.events import CONNECTED_STATES, ExchangeHealth
from exchanges.intake import Accept
from exchanges.silence import Market
from exchanges.venue import Venue

SETTLE_SECONDS = 12.0


class Venues:
    """Keeps connections to some venues, or without names to all, and hands on what comes.

    Raises UnknownExchange.
    """

    def __init__(
        self,
        exchanges: Iterable[str] | None,
        *,
        accept: Accept,
        clock: Clock = utc_now,
        on_change: Callable[[], None] = lambda: None,
        folder: Path | None = None,
        redundant: Collection[str] = (),
    ) -> None:
        """`folder` is where the venues' contract lists are kept between runs, if they are;
        `redundant` venues get a second connection for each subscription."""
        market = Market()
        self._changed = asyncio.Event()
        self._on_change = on_change
        self._venues = {
            adapter.name: Venue(
                adapter,
                accept=accept,
                clock=clock,
                on_change=self._tell_change,
                folder=folder,
                copies=2 if adapter.name in redundant else 1,
                market=market,
            )
            for adapter in select(exchanges)
        }

    async def connect_all(self) -> None:
        """Start every venue; return once each has subscribed or said why it cannot yet."""
        for venue in self._venues.values():
            venue.start()
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS):
                while any(health.state == "connecting" for health in self.health().values()):
                    self._changed.clear()
                    await self._changed.wait()

    async def disconnect_all(self) -> None:
        """Close all connections."""
        await asyncio.gather(*(venue.stop() for venue in self._venues.values()))

    async def health_check_all(self) -> dict[str, ExchangeHealth]:
        """Return every venue's health by its name."""
        return self.health()

    def health(self) -> dict[str, ExchangeHealth]:
        """Return every venue's health by its name, at once."""
        return {name: venue.health.snapshot() for name, venue in self._venues.items()}

    def get_active_exchanges(self) -> list[str]:
        """Return the venues that are connected now."""
        return [name for name, health in self.health().items() if health.state in CONNECTED_STATES]

    def pause(self, reason: str) -> None:
        """Show every venue as failed while what it sends cannot be kept; empty: it can again."""
        for venue in self._venues.values():
            venue.health.pause(reason)

    def venue(self, exchange: str) -> Venue:
        """Return one of the venues."""
        return self._venues[exchange]

    def names(self) -> list[str]:
        """Return which venues these are."""
        return list(self._venues)

    def _tell_change(self) -> None:
        self._changed.set()
        self._on_change()
