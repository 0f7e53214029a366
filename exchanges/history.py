"""Past liquidations and candles from the venues that publish them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Sequence
from datetime import datetime
from typing import TypeVar

import aiohttp
from msgspec.structs import replace

from exchanges.adapters.base import Adapter, Options, Request
from exchanges.clock import Clock, utc_now
from exchanges.errors import ConnectionRefused, HistoryUnavailable, LiqsiteError
from exchanges.events import Candle, Liquidation
from exchanges.instruments import Instrument, Instruments
from exchanges.rest import fetch, session
from exchanges.trouble import explain

TRIES = 5
LONGEST_WAIT = 120.0

Sleep = Callable[[float], Awaitable[None]]
Row = TypeVar("Row", Liquidation, Candle)


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
    async for rows in _told("history", history, adapter, sleep):
        wanted = [row for row in rows if since <= row.exchange_time < until]
        yield [replace(row, received_time=clock()) for row in wanted]


async def fetch_candles(
    adapter: Adapter,
    instrument: Instrument,
    since: datetime,
    until: datetime,
    sleep: Sleep = asyncio.sleep,
) -> AsyncIterator[Sequence[Candle]]:
    """Yield a contract's closed candles opened in [since, until), request by request.

    Keeps the same pauses. Raises HistoryUnavailable.
    """
    asked = adapter.candles(instrument, since, until)
    async for rows in _told(f"candles of {instrument.instrument_id}", asked, adapter, sleep):
        yield rows


async def _told(
    what: str,
    asked: Generator[Request | Sequence[Row], bytes, None],
    adapter: Adapter,
    sleep: Sleep,
) -> AsyncIterator[Sequence[Row]]:
    """Yield what the venue tells. Raises HistoryUnavailable."""
    try:
        async with session() as http:
            async for rows in _follow(asked, adapter, http, sleep):
                yield rows
    except (TimeoutError, LiqsiteError, aiohttp.ClientError, OSError) as error:
        raise HistoryUnavailable(f"{adapter.display_name} {what}: {explain(error)}") from error


async def _follow(
    asked: Generator[Request | Sequence[Row], bytes, None],
    adapter: Adapter,
    http: aiohttp.ClientSession,
    sleep: Sleep,
) -> AsyncIterator[Sequence[Row]]:
    """Send each request the adapter yields and hand the answer back in; yield its rows."""
    told: Request | Sequence[Row] | None = next(asked, None)
    while told is not None:
        if not isinstance(told, Request):
            yield told
            told = next(asked, None)
            continue
        body = await _patiently(adapter, http, told, sleep)
        try:
            told = asked.send(body)
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
