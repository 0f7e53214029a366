"""Storing a venue's past liquidations piece by piece, so that it may be stopped and resumed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from exchanges.adapters.base import Adapter
from exchanges.catalog import Catalog
from exchanges.clock import Clock, utc_now
from exchanges.endpoints import options
from exchanges.history import fetch_historical
from exchanges.rest import discover
from exchanges.store import Writer

PIECE = timedelta(hours=6)
# Some venues publish a liquidation more than an hour after it happened.
PUBLISHED_AFTER = timedelta(hours=3)


class Piece(NamedTuple):
    """A span of time that is fetched in one go."""

    since: datetime
    until: datetime


def pieces(since: datetime, until: datetime) -> Iterator[Piece]:
    """Yield [since, until) cut at every sixth hour of the day, UTC."""
    while since < until:
        midnight = since.replace(hour=0, minute=0, second=0, microsecond=0)
        end = min(midnight + ((since - midnight) // PIECE + 1) * PIECE, until)
        yield Piece(since, end)
        since = end


class Done:
    """Remembers in a file which pieces of one venue and symbol have been stored."""

    def __init__(self, folder: Path, exchange: str, symbol: str | None) -> None:
        self._file = folder / f"{exchange}-{(symbol or 'all').replace('/', '_')}.json"
        self._pieces: set[Piece] = set()
        if self._file.exists():
            self._pieces = set(msgspec.json.decode(self._file.read_bytes(), type=list[Piece]))

    def __contains__(self, piece: Piece) -> bool:
        return piece in self._pieces

    def add(self, piece: Piece, now: datetime) -> None:
        """Remember a piece, unless it is cut short or so recent that more of it may come."""
        if piece.until - piece.since == PIECE and piece.until < now - PUBLISHED_AFTER:
            self._pieces.add(piece)
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_bytes(msgspec.json.encode(sorted(self._pieces)))


async def backfill(
    adapter: Adapter,
    catalog: Catalog,
    writer: Writer,
    done: Done,
    since: datetime,
    until: datetime,
    symbol: str | None,
    tell: Callable[[], None],
    clock: Clock = utc_now,
) -> int:
    """Store what is not stored yet; return how many rows that were. `tell` is called a piece.

    Raises HistoryUnavailable or StoreUnavailable; what was done until then stays done.
    """
    instruments, _ = await catalog.load()
    told = dict(await discover(adapter)) | options(adapter.name)
    stored = 0
    for piece in pieces(since, until):
        if piece not in done:
            async for rows in fetch_historical(adapter, instruments, told, *piece, symbol=symbol):
                stored += len(writer.append(rows))
            done.add(piece, clock())
        tell()
    return stored
