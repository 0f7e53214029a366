"""Past liquidations from the venues that publish them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime

import aiohttp
from msgspec.structs import replace

from exchanges.adapters.base import Adapter, History, Options, Request
from exchanges.clock import Clock, utc_now
from exchanges.errors import ConnectionRefused, HistoryUnavailable, LiqsiteError
from exchanges.events import Liquidation
from exchanges.instruments import Instruments
from exchanges.rest import fetch, session
from exchanges.trouble import explain

TRIES = 5
LONGEST_WAIT = 120.0

Sleep = Callable[[float], Awaitable[None]]


async def fetch_historical(
    adapter: Adapter,
    instruments: Instruments,
    options: Options,
    since: datetime,
    until: datetime,
    symbol: str | None = None,
    sleep: Sleep = asyncio.sleep,
    clock: Clock = utc_now,
) -> AsyncIterator[Sequence[Liquidation]]:
    """Yield what a venue's history tells of [since, until), request by request.

    Rows bear the time at which they were fetched. Keeps the venue's pause between requests and
    honours Retry-After. Raises HistoryUnavailable: the venue has none, or did not answer.
    """
    if not adapter.history_source:
        raise HistoryUnavailable(f"{adapter.display_name} publishes no past liquidations.")
    history = adapter.history(instruments, options, since, until, symbol)
    try:
        async with session() as http:
            async for rows in _follow(history, adapter, http, sleep):
                wanted = [row for row in rows if since <= row.exchange_time < until]
                yield [replace(row, received_time=clock()) for row in wanted]
    except (TimeoutError, LiqsiteError, aiohttp.ClientError, OSError) as error:
        raise HistoryUnavailable(f"{adapter.display_name} history: {explain(error)}") from error


async def _follow(
    history: History, adapter: Adapter, http: aiohttp.ClientSession, sleep: Sleep
) -> AsyncIterator[Sequence[Liquidation]]:
    """Send each request the adapter yields and hand the answer back in; yield its rows."""
    told: Request | Sequence[Liquidation] | None = next(history, None)
    while told is not None:
        if not isinstance(told, Request):
            yield told
            told = next(history, None)
            continue
        body = await _patiently(adapter, http, told, sleep)
        try:
            told = history.send(body)
        except StopIteration:
            return


async def _patiently(
    adapter: Adapter, http: aiohttp.ClientSession, request: Request, sleep: Sleep
) -> bytes:
    """Fetch within the venue's limits; when it says "later", do so later."""
    for attempt in range(1, TRIES + 1):
        await sleep(adapter.history_pause_seconds)
        try:
            return await fetch(http, adapter.name, request)
        except ConnectionRefused as error:
            if error.is_block or attempt == TRIES:
                raise
            await sleep(min(max(error.retry_after, 2.0**attempt), LONGEST_WAIT))
    raise AssertionError("unreachable")
