"""Past liquidations and market data from the venues that publish them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator, Sequence
from datetime import datetime
from typing import TypeVar

import aiohttp
from msgspec.structs import replace

from exchanges.adapters.base import Adapter, Options, Request
from exchanges.clock import Clock, utc_now
from exchanges.errors import ConnectionRefused, HistoryUnavailable, LiqsiteError
from exchanges.events import Liquidation
from exchanges.instruments import Instruments
from exchanges.pace import Pace, Sleep
from exchanges.rest import fetch, session
from exchanges.trouble import explain

TRIES = 5
LONGEST_WAIT = 120.0

Row = TypeVar("Row")


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
    pace = Pace(adapter.history_pause_seconds, sleep)
    async for rows in told("history", history, adapter, pace):
        wanted = [row for row in rows if since <= row.exchange_time < until]
        yield [replace(row, received_time=clock()) for row in wanted]


async def told(
    what: str,
    asked: Generator[Request | Sequence[Row], bytes, None],
    adapter: Adapter,
    pace: Pace,
) -> AsyncIterator[Sequence[Row]]:
    """Yield what the venue tells when it is asked, request by request, at this pace.

    Honours Retry-After. Raises HistoryUnavailable: it did not answer, or with something else.
    """
    try:
        async with session() as http:
            async for rows in _follow(asked, adapter, http, pace):
                yield rows
    except (TimeoutError, LiqsiteError, aiohttp.ClientError, OSError) as error:
        raise HistoryUnavailable(f"{adapter.display_name} {what}: {explain(error)}") from error


async def _follow(
    asked: Generator[Request | Sequence[Row], bytes, None],
    adapter: Adapter,
    http: aiohttp.ClientSession,
    pace: Pace,
) -> AsyncIterator[Sequence[Row]]:
    """Send each request the adapter yields and hand the answer back in; yield its rows."""
    told: Request | Sequence[Row] | None = next(asked, None)
    while told is not None:
        if not isinstance(told, Request):
            yield told
            told = next(asked, None)
            continue
        body = await _patiently(adapter, http, told, pace)
        try:
            told = asked.send(body)
        except StopIteration:
            return


async def _patiently(
    adapter: Adapter, http: aiohttp.ClientSession, request: Request, pace: Pace
) -> bytes:
    """Fetch within the venue's limits; when it says "later", do so later."""
    for attempt in range(1, TRIES + 1):
        await pace.wait(request.weight)
        try:
            return await fetch(http, adapter.name, request)
        except ConnectionRefused as error:
            if error.is_block or attempt == TRIES:
                raise
            await pace.hold(min(max(error.retry_after, 2.0**attempt), LONGEST_WAIT))
    raise AssertionError("unreachable")
