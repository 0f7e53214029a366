"""What a venue may state of its market data (a `Source` each) and do (a few generators).

Each generator yields requests, whose answers are sent back in, and lists of what they told, the
newest first. None of them opens a socket, reads a clock or keeps state. They raise MalformedFrame.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, TypeVar

import msgspec

from exchanges.adapters.parts.wire import Request
from exchanges.events import Candle, LeverageTier, MarkCandle, OpenInterest
from exchanges.instruments import DOLLARS, Instrument, Instruments

STEP_MS = 300_000
EVER = timedelta(days=36_500)

T = TypeVar("T")
Told = Generator[Request | Sequence[T], bytes, None]


class Source(msgspec.Struct, frozen=True):
    """Where a venue tells one thing, in words: address, limits, unit, sides counted.

    `reach` is how far back it tells, and `piece` how much is asked for at a time: a few pages.
    """

    rule: str
    reach: timedelta = EVER
    piece: timedelta = timedelta(days=3)


class Reading(msgspec.Struct, frozen=True):
    """What is open of a contract now: base units, ONE side, and the price that values it."""

    instrument_id: str
    quantity: float
    price: float


class MarketData:
    """A venue's market data: by itself none, so that each venue states what it has."""

    exchange: ClassVar[str] = ""
    weight_per_minute: ClassVar[float] = 60.0
    """What the requests of a minute may weigh together, well below the venue's own limit."""
    candle_source: ClassVar[Source | None] = None
    mark_source: ClassVar[Source | None] = None
    open_interest_source: ClassVar[Source | None] = None
    """Past open interest."""
    reading_source: ClassVar[Source | None] = None
    """Open interest now, of all contracts in a few requests."""
    tier_source: ClassVar[Source | None] = None

    def candles(self, instrument: Instrument, since: datetime, until: datetime) -> Told[Candle]:
        """Tell the candles opened in [since, until).

        `until` is on the grid of five minutes and not in the future, so that all are closed.
        """
        yield from ()

    def mark_candles(
        self, instrument: Instrument, since: datetime, until: datetime
    ) -> Told[MarkCandle]:
        """Tell how far the mark price went in the five minutes opened in [since, until)."""
        yield from ()

    def open_interest(
        self, instrument: Instrument, since: datetime, until: datetime
    ) -> Told[OpenInterest]:
        """Tell what was open at each full five minutes in [since, until)."""
        yield from ()

    def readings(self, instruments: Instruments) -> Told[Reading]:
        """Tell what is open now, of as many contracts as a few requests tell."""
        yield from ()

    def leverage_tiers(
        self, instruments: Iterable[Instrument], options: Mapping[str, str]
    ) -> Told[LeverageTier]:
        """Tell the tiers of these contracts, those of a contract together, lowest first."""
        yield from ()

    # What the venues' methods are made of.

    def open_at(self, instrument: Instrument, at: datetime, quantity: float) -> OpenInterest:
        """Return the open interest of a contract; whether it can be true is not judged here."""
        return OpenInterest(self.exchange, instrument.symbol, at, quantity)

    def reading(self, instrument: Instrument, contracts: float, price: float) -> Reading | None:
        """Return what so many contracts are in base units; None when that cannot be told."""
        quantity, _ = instrument.measure(contracts, "contracts", price) if price else (None, None)
        return quantity and Reading(instrument.instrument_id, quantity, price) or None


def pages(since: datetime, until: datetime, size: int) -> Iterator[tuple[int, int]]:
    """Yield [first, end) in epoch ms, of at most `size` steps each, the newest first."""
    first, end = math.ceil(since.timestamp() * 1000), math.ceil(until.timestamp() * 1000)
    while end > first:
        start = max(first, end - size * STEP_MS)
        yield start, end
        end = start


def value_usd(instrument: Instrument, reading: Reading) -> float | None:
    """Return what is open in US dollars; None where the quote is none."""
    return reading.quantity * reading.price if instrument.quote in DOLLARS else None


def perpetuals(
    instruments: Mapping[str, Instrument], symbols: Iterable[str] | None = None
) -> dict[str, Instrument]:
    """Return the perpetual of each of these symbols that is listed, in their order, or of all: of
    a symbol's contracts the one with the shortest name, because a date of delivery is longer than
    whatever the venues write for a contract without one."""
    wanted = None if symbols is None else dict.fromkeys(symbols)
    found: dict[str, Instrument] = {}
    for one in instruments.values():
        if wanted is None or one.symbol in wanted:
            known = found.get(one.symbol, one)
            found[one.symbol] = min(
                known, one, key=lambda i: (len(i.instrument_id), i.instrument_id)
            )
    return found if wanted is None else {s: found[s] for s in wanted if s in found}
