"""Which subscriptions of a venue run, and how one set of them becomes another without a gap."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import count

from exchanges.adapters.base import Subscription
from exchanges.feed import Feed
from exchanges.tail import Tail

# Sockets that take longer to subscribe than this are not waited for.
SETTLE_SECONDS = 120.0

Source = Feed | Tail
Sources = Callable[[int, Subscription, bool], Iterable[Source]]


class Running:
    """The sources of one venue, all tasks of one group."""

    def __init__(self, group: asyncio.TaskGroup, sources: Sources) -> None:
        """`sources` makes what reads a subscription, given its number within the venue and
        whether it joins others that read already."""
        self._group = group
        self._sources = sources
        self._numbers = count()
        self._tasks: dict[Subscription, list[asyncio.Task[None]]] = {}

    def start(self, subscriptions: Sequence[Subscription], *, joins: bool = False) -> list[Source]:
        """Begin to read these subscriptions; return what reads them."""
        begun: list[Source] = []
        for subscription in subscriptions:
            sources = list(self._sources(next(self._numbers), subscription, joins))
            self._tasks[subscription] = [self._group.create_task(one.run()) for one in sources]
            begun += sources
        return begun

    async def change_to(self, subscriptions: Sequence[Subscription]) -> None:
        """Read these subscriptions and no others: what is the same goes on, what is new is
        subscribed before what is old ends."""
        old = [one for one in self._tasks if one not in subscriptions]
        begun = self.start([one for one in subscriptions if one not in self._tasks], joins=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS):
                for source in begun:
                    await source.is_subscribed.wait()
        for subscription in old:
            for task in self._tasks.pop(subscription):
                task.cancel()
