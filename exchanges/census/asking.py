"""Asking many accounts, one request each, at a pace; who does not answer is counted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from math import inf

import aiohttp

from exchanges.census.wire import Position, positions, state_request
from exchanges.errors import ConnectionRefused, LiqsiteError
from exchanges.pace import Pace
from exchanges.rest import fetch, session
from exchanges.trouble import explain

EXCHANGE = "hyperliquid"
AT_A_TIME = 4
"""Requests on their way: answers take longer than the pace allows for one."""
TRIES = 4
LONGEST_WAIT = 120.0
MOST_IN_A_ROW = 20
"""When so many fail one after the other it is not the accounts."""
MOST_OF_INTEREST = 2.0
"""Who is said to hold so many times the open interest does not."""


class Asking:
    """One pass: what the accounts that answered hold, and how many did not."""

    def __init__(self, symbols: Mapping[str, str], pace: Pace) -> None:
        """`symbols` by coin; other coins are left out."""
        self._symbols = symbols
        self._pace = pace
        self._in_a_row = 0
        self.asked = self.failed = 0
        self.found: dict[str, list[Position]] = {}
        """By address; those who answered and hold nothing have an empty list."""
        self.trouble = ""
        """Why the pass ended before its time; empty: it did not."""

    async def run(self, addresses: Iterator[str]) -> None:
        """Ask all of them; they are taken from the iterator as their turn comes."""
        async with session() as http, asyncio.TaskGroup() as group:
            for _ in range(AT_A_TIME):
                group.create_task(self._ask_some(http, addresses))

    def believed(self, interest: Mapping[str, float]) -> list[Position]:
        """Return all that was found, without the accounts that cannot hold what they are said to:
        these failed. `interest` is what is open by symbol, in base units."""
        for who, some in list(self.found.items()):
            if any(one.quantity > MOST_OF_INTEREST * interest.get(one.symbol, inf) for one in some):
                del self.found[who]
                self.failed += 1
        return [one for some in self.found.values() for one in some]

    async def _ask_some(self, http: aiohttp.ClientSession, addresses: Iterator[str]) -> None:
        while not self.trouble and (address := next(addresses, None)) is not None:
            try:
                body = await self._patiently(http, address)
                self.found[address] = positions(body, self._symbols)
                self._in_a_row = 0
            except (TimeoutError, LiqsiteError, aiohttp.ClientError, OSError) as error:
                self._note(error)
            self.asked += 1

    async def _patiently(self, http: aiohttp.ClientSession, address: str) -> bytes:
        """Ask one account; when it was too often, wait, and let the others wait too."""
        request = state_request(address)
        for attempt in range(1, TRIES + 1):
            await self._pace.wait(request.weight)
            try:
                return await fetch(http, EXCHANGE, request)
            except ConnectionRefused as error:
                if not error.is_limit or attempt == TRIES:
                    raise
                wait = max(error.retry_after, 5.0 * 2**attempt)
                await self._pace.hold(min(wait, LONGEST_WAIT))
        raise AssertionError("unreachable")

    def _note(self, error: BaseException) -> None:
        self.failed += 1
        self._in_a_row += 1
        is_refused = isinstance(error, ConnectionRefused) and (error.is_block or error.is_limit)
        if is_refused or self._in_a_row >= MOST_IN_A_ROW:
            self.trouble = f"Hyperliquid does not tell positions: {explain(error)}"
