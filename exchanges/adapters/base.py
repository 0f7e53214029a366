"""What a venue must state (facts on the class) and do (a few pure methods).

No adapter keeps state, opens a socket, reads a clock or a setting: instruments and
`received_time` come in as arguments, events go out.
"""

from __future__ import annotations

import math
import zlib
from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

import msgspec

from exchanges.adapters.market.base import MarketData
from exchanges.adapters.parts.wire import Request as Request
from exchanges.adapters.parts.wire import decode as decode
from exchanges.adapters.parts.wire import extract as extract
from exchanges.adapters.parts.wire import utc_from_ms as utc_from_ms
from exchanges.errors import MalformedFrame
from exchanges.events import (
    Completeness,
    Delivered,
    FeedEvent,
    Liquidation,
    LiquidationType,
    MarkPrice,
    PriceKind,
    Side,
    SizeUnit,
)
from exchanges.instruments import Instrument, Instruments

LARGEST_INFLATED = 1024 * 1024


class Subscription(msgspec.Struct, frozen=True):
    """One source of frames: a socket's address, what to send once it is open, with which
    pause between, and how many acknowledgements prove it. `has_control`: the venue's control
    stream comes on this socket.

    A `file:` address is a folder whose growing files hold a frame a line.
    """

    url: str
    messages: tuple[str, ...] = ()
    acknowledgements: int = 0
    pause_seconds: float = 0.0
    headers: tuple[tuple[str, str], ...] = ()
    has_control: bool = False


class ClientPing(msgspec.Struct, frozen=True):
    """A text the client must send every so many seconds."""

    message: str
    every_seconds: float


Options = Mapping[str, str]
"""What settings say (`LIQSITE_<EXCHANGE>_<NAME>` as `name`) and what `discover` found."""

History = Generator[Request | Sequence[Liquidation], bytes, None]


class Adapter(ABC):
    """One venue. Subclasses are found by being in this folder."""

    name: ClassVar[str]
    version: ClassVar[int] = 1
    """Raised with every change of what a frame is taken to mean; each row bears it."""
    display_name: ClassVar[str]
    color: ClassVar[str]
    docs_url: ClassVar[str]
    """The venue's page on its liquidation feed."""
    completeness: ClassVar[Completeness]
    completeness_rule: ClassVar[str]
    """The venue's own words on what the feed leaves out."""
    side_rule: ClassVar[str]
    price_kind: ClassVar[PriceKind]
    size_rule: ClassVar[str]
    identity_rule: ClassVar[str]
    """What makes two rows the same event, and whether the venue sends rows again."""
    numbers_equals: ClassVar[bool] = False
    """Whether ids end in a place among equal rows, to be counted over all frames of a
    connection: for a venue that has no ids and sends nothing again."""
    documented_fields: ClassVar[str]
    """Every key of its liquidation frames, spaced; another one there means a change."""
    connection_rule: ClassVar[str]
    """Limits, keep-alive, acknowledgement and refusal, as the venue has them."""
    quiet_rate_per_minute: ClassVar[float]
    """Liquidations a minute on a quiet afternoon: the base of the silence alarm."""
    control: ClassVar[str] = ""
    """What else comes on the liquidations' own path and proves that it delivers; empty: nothing."""
    control_seconds: ClassVar[float | None] = None
    """The longest plausible pause of that; None: it has none, or may pause for any time."""
    history_source: ClassVar[str] = ""
    """Where past liquidations come from; empty when the venue has none."""
    history_pause_seconds: ClassVar[float] = 0.5
    """Between two requests for history, by the venue's limits."""
    market: ClassVar[MarketData] = MarketData()
    """Its candles, mark prices, open interest and leverage tiers, as far as it publishes them."""
    poll_seconds: ClassVar[float | None] = None
    """How often the history is asked for what the socket may have missed; None: never."""
    connection_lifetime_seconds: ClassVar[float | None] = None
    largest_frame: ClassVar[int] = 1024 * 1024
    """Bytes; a larger one is refused, and its beginning kept."""
    client_ping: ClassVar[ClientPing | None] = None
    instrument_urls: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def subscriptions(self, instruments: Instruments, options: Options) -> Sequence[Subscription]:
        """Return one subscription a socket; none when nothing can be subscribed yet."""

    @abstractmethod
    def parse(
        self, frame: bytes, instruments: Instruments, received_time: datetime | None
    ) -> Sequence[FeedEvent]:
        """Return what a frame means; empty for one that means nothing to us.

        Raises MalformedFrame, and nothing else, for a frame that does not fit.
        """

    @abstractmethod
    def parse_instruments(self, body: bytes) -> list[Instrument]:
        """Return the contracts in one REST answer. Raises MalformedFrame."""

    def instrument_requests(self) -> Generator[Request, bytes, None]:
        """Yield the requests that list all contracts; each answer's body is sent back in."""
        for url in self.instrument_urls:
            yield Request(url)

    def discover(self) -> Generator[Request, bytes, Options]:
        """Yield requests whose answers become options (e.g. accounts to follow)."""
        yield from ()
        return {}

    def history(
        self,
        instruments: Instruments,
        options: Options,
        since: datetime,
        until: datetime,
        symbol: str | None = None,
    ) -> History:
        """Yield requests, whose answers are sent back in, and lists of what they told.

        Rows get the event ids that the live feed gives them. Raises MalformedFrame.
        """
        yield from ()

    def liquidation(
        self,
        instrument: Instrument,
        *,
        key: str,
        side: Side,
        price: float,
        raw_side: str,
        raw_size: float,
        raw_unit: SizeUnit,
        time_ms: int,
        received_time: datetime | None,
        raw: bytes,
        price_kind: PriceKind | None = None,
        liquidation_type: LiquidationType = "forced",
        confidence: float = 1.0,
        completeness: Completeness | None = None,
    ) -> Liquidation:
        """Build the event from checked values; `key` is its identity within this venue."""
        check_positive("price", price)
        check_positive("size", raw_size)
        quantity, value_usd = instrument.measure(raw_size, raw_unit, price)
        # By position, in the order of the fields: by name it takes a third of the parsing time.
        return Liquidation(
            f"{self.name}:{key}",
            self.name,
            instrument.instrument_id,
            instrument.symbol,
            side,
            price,
            price_kind or self.price_kind,
            quantity,
            value_usd,
            liquidation_type,
            completeness or self.completeness,
            confidence,
            utc_from_ms(time_ms),
            received_time,
            raw_side,
            raw_size,
            raw_unit,
            _text(raw),
            self.version,
        )


def inflate(frame: bytes) -> bytes:
    """Return the text of a gzip frame; what is no gzip comes back as it is.

    Raises MalformedFrame for one cut short, or larger than LARGEST_INFLATED.
    """
    if not frame.startswith(b"\x1f\x8b"):
        return frame
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        text = inflater.decompress(frame, LARGEST_INFLATED)
    except zlib.error as error:
        raise MalformedFrame(f"not a gzip frame: {error}") from error
    if not inflater.eof:
        raise MalformedFrame(f"a gzip frame cut short, or of more than {LARGEST_INFLATED} bytes")
    return text


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise MalformedFrame(f"the frame is not UTF-8: {error}") from error


def check_positive(what: str, number: float) -> None:
    """Raise MalformedFrame unless the number is finite and above zero."""
    if not 0.0 < number < math.inf:
        raise MalformedFrame(f"{what} is {number}, not a positive number")


def mark_or_delivered(instrument_id: str, told: float | str | None) -> MarkPrice | Delivered:
    """Return a mark price; where it is none, only that something came: of the many contracts
    in a push, some may have no price yet."""
    try:
        price = float(told or 0)
    except ValueError:
        price = 0.0
    return MarkPrice(instrument_id, price) if 0 < price < math.inf else Delivered()
