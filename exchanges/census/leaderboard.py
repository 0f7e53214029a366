"""Hyperliquid's leaderboard, a public file of some 25 MB: read as a stream for its addresses.

Nothing of it is believed but what looks like an address. The file is in no documentation; the
venue's own page reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import aiohttp

from exchanges.endpoints import resolve
from exchanges.errors import ConnectionRefused, HistoryUnavailable, LiqsiteError
from exchanges.trouble import explain, is_block

URL = "https://stats-data.hyperliquid.xyz/Mainnet/leaderboard"
LARGEST_BYTES = 128 * 1024 * 1024
MOST_ADDRESSES = 150_000
TIMEOUT_SECONDS = 180.0
_CHUNK = 256 * 1024
_ROW = re.compile(rb'"ethAddress"\s{0,8}:\s{0,8}"(0x[0-9a-fA-F]{40})"')
_LONGEST_ROW = 80
"""Bytes that a match may be long: so much of a chunk's end may be the beginning of one."""


class Scanner:
    """Finds addresses in bytes that come piece by piece, wherever the pieces are cut."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> Iterator[str]:
        """Yield the addresses that are complete with this chunk."""
        text, end = self._rest + chunk, 0
        for match in _ROW.finditer(text):
            end = match.end()
            yield match[1].decode().lower()
        self._rest = text[max(end, len(text) - _LONGEST_ROW) :]


async def leaderboard() -> list[str]:
    """Return the addresses of the file, in its order, each once; of a larger one the first.

    Raises HistoryUnavailable when it cannot be had or names nobody.
    """
    try:
        found = await _read()
    except (TimeoutError, LiqsiteError, aiohttp.ClientError, OSError) as error:
        raise HistoryUnavailable(f"Hyperliquid's leaderboard: {explain(error)}") from error
    if not found:
        raise HistoryUnavailable("Hyperliquid's leaderboard names no account.")
    return found


async def _read() -> list[str]:
    found: dict[str, None] = {}
    scanner, size = Scanner(), 0
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    async with (
        aiohttp.ClientSession(timeout=timeout, trust_env=True) as http,
        http.get(resolve("hyperliquid", URL)) as answer,
    ):
        if answer.status != 200:
            reason = f"HTTP {answer.status} from {answer.url.host}"
            raise ConnectionRefused(reason, is_block=is_block(answer.status))
        async for chunk in answer.content.iter_chunked(_CHUNK):
            found.update(dict.fromkeys(scanner.feed(chunk)))
            size += len(chunk)
            if size > LARGEST_BYTES or len(found) >= MOST_ADDRESSES:
                break
    return list(found)[:MOST_ADDRESSES]
