"""Asking a venue over REST."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit
from urllib.request import url2pathname

import aiohttp

from exchanges.adapters.base import Adapter, Options, Request
from exchanges.endpoints import resolve
from exchanges.errors import (
    ConnectionRefused,
    InstrumentsUnavailable,
    LiqsiteError,
    MalformedFrame,
)
from exchanges.instruments import Instrument, Instruments
from exchanges.trouble import explain, is_block, is_limit, seconds_to_wait

T = TypeVar("T")

TIMEOUT_SECONDS = 20.0
LARGEST_ANSWER = 64 * 1024 * 1024


async def load_instruments(adapter: Adapter) -> tuple[Instruments, str]:
    """Return a venue's contracts and, where some list of several could not be had, why.

    Raises InstrumentsUnavailable with the reason when there is none at all.
    """
    found: list[Instrument] = []
    troubles: list[str] = []

    def read(body: bytes) -> None:
        found.extend(adapter.parse_instruments(body))

    requests = adapter.instrument_requests()
    await _told("instrument list", adapter, requests, read, troubles)
    if troubles and not found:
        raise InstrumentsUnavailable(troubles[0])
    return Instruments(found), "; ".join(troubles)


async def discover(adapter: Adapter) -> Options:
    """Return what a venue's own REST adds to its options. Raises InstrumentsUnavailable."""
    return await _told("discovery", adapter, adapter.discover(), lambda _: None)


async def _told(
    what: str,
    adapter: Adapter,
    requests: Generator[Request, bytes, T],
    read: Callable[[bytes], None],
    refusals: list[str] | None = None,
) -> T:
    """Send each request the adapter yields, hand its answer back in, return the end's value.

    With a list for `refusals`, an answer that is none is noted there and handed in as empty.
    """
    try:
        async with session() as http:
            request = next(requests)
            while True:
                try:
                    body = await fetch(http, adapter.name, request)
                    read(body)
                except (ConnectionRefused, MalformedFrame) as error:
                    if refusals is None:
                        raise
                    refusals.append(f"{what}: {error}")
                    body = b""
                request = requests.send(body)
    except StopIteration as end:
        value: T = end.value
        return value
    except (TimeoutError, LiqsiteError, aiohttp.ClientError, OSError) as error:
        raise InstrumentsUnavailable(f"{what}: {explain(error)}") from error


def session() -> aiohttp.ClientSession:
    """Return a new HTTP session with our time limit and the environment's proxy."""
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    return aiohttp.ClientSession(timeout=timeout, trust_env=True)


async def fetch(http: aiohttp.ClientSession, exchange: str, request: Request) -> bytes:
    """Return the body of one answer. Raises ConnectionRefused for anything but success, and
    OSError for a file that cannot be read."""
    if request.url.startswith("file:"):
        return await asyncio.to_thread(Path(url2pathname(urlsplit(request.url).path)).read_bytes)
    url = resolve(exchange, request.url)
    method = "GET" if request.body is None else "POST"
    headers = {} if request.body is None else {"Content-Type": "application/json"}
    async with http.request(method, url, data=request.body, headers=headers) as answer:
        if answer.status != 200:
            raise ConnectionRefused(
                f"HTTP {answer.status} from {answer.url.host}",
                is_block=is_block(answer.status),
                is_limit=is_limit(answer.status),
                retry_after=seconds_to_wait(answer.headers),
            )
        return await _read(answer)


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise ConnectionRefused(f"an answer of more than {LARGEST_ANSWER >> 20} MiB")
    return bytes(body)
