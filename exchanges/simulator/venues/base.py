"""What a simulated venue must state (facts on the class) and do (a few methods).

A venue is about the wire only: sockets, clocks, faults and totals are the host's. One
venue is one file in this folder, and nothing else has to name it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec

from exchanges.simulator.chart import STEP, Bar, Chart
from exchanges.simulator.client import Client, Limits
from exchanges.simulator.contracts import Contract, Liquidation
from exchanges.simulator.crowds import Crowds
from exchanges.simulator.market_rest.base import MarketRest
from exchanges.simulator.prices import ASSETS
from exchanges.simulator.sent import NUMBERS_PER_MS, Numbered, Sent


@dataclass(frozen=True, slots=True)
class Query:
    """One REST request below the venue's prefix; `body` is that of a POST."""

    path: str
    values: Mapping[str, str]
    body: bytes
    now_ms: int

    def number(self, name: str, default: int) -> int:
        """Return a value that is a whole number; one that is none counts as left out."""
        value = self.values.get(name, "")
        return int(value) if value.isdecimal() else default


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a recorded frame holds, so that it can be paced, addressed and counted."""

    time_ms: int
    topics: frozenset[str]
    instruments: frozenset[str]
    events: int
    value_usd: float


@dataclass(frozen=True, slots=True)
class Candle:
    """Five minutes of one contract; prices as the venue writes them, sizes on the wire's unit."""

    opened_ms: int
    open: str
    high: str
    low: str
    close: str
    size: float
    base: float
    quote: float
    is_closed: bool

    @classmethod
    def of(cls, contract: Contract, bar: Bar, part: float) -> Candle:
        """Return what an asset's bar is for a contract that is this part of its market."""
        prices = (bar.open, bar.high, bar.low, bar.close)
        opened, high, low, closed = (
            f"{price * (1 + contract.basis):.{contract.price_decimals}f}" for price in prices
        )
        price = bar.close * (1 + contract.basis)
        size = contract.size_of(price, bar.value_usd * part)
        value = contract.value_usd(price, size)
        return cls(
            bar.opened * 1000, opened, high, low, closed, size, value / price, value, bar.is_closed
        )


class Venue(ABC):
    """One venue. Subclasses are found by being in this folder."""

    name: ClassVar[str]
    share: ClassVar[float]
    """Of the market's liquidations, against the other venues."""
    listed: ClassVar[tuple[Contract, ...]]
    price_gap: ClassVar[float] = 0.0
    """How far beyond the market the stated price lies, as a fraction (bankruptcy prices)."""
    window_seconds: ClassVar[float] = 0.0
    """How long rows of one instrument wait for the next push."""
    sends_largest_only: ClassVar[bool] = False
    """Of a window only the largest row is sent."""
    groups_rows: ClassVar[bool] = False
    """A window's rows share one frame."""
    limits: ClassVar[Limits] = Limits()
    beside_seconds: ClassVar[float] = 1.0
    """How often a socket gets what the venue pushes beside liquidations."""

    market_rest: ClassVar[type[MarketRest]] = MarketRest
    """What answers for its market data."""

    def __init__(self) -> None:
        self.market = self.market_rest(self)
        self.contracts = {contract.instrument: contract for contract in self.listed}
        self.last_prices: dict[str, float] = {}
        self.sent = Sent(self.name, self.contracts)
        self.chart = Chart()
        self.crowds: Crowds | None = None
        """The agents, where liquidations are theirs."""
        self.parts: dict[str, float] = {}
        """Of an asset's market over all venues, by contract; 0 where nothing is liquidated."""

    @abstractmethod
    def has_socket(self, path: str) -> bool:
        """Tell whether a websocket opens at this path (`/…`, below the prefix)."""

    @abstractmethod
    def hear(self, client: Client, message: str | bytes) -> None:
        """Answer what a client sent; it may be anything."""

    @abstractmethod
    def topics(self, contract: Contract) -> Sequence[str]:
        """Return the subscriptions that show this contract's liquidations."""

    @abstractmethod
    def frame(self, topic: str, form: str, rows: Sequence[Liquidation], now_ms: int) -> str:
        """Return the text that carries rows of one instrument to sockets of a `form`."""

    @abstractmethod
    def answer(self, query: Query) -> Any:
        """Return the JSON value of a REST answer; `None` when there is nothing there."""

    def reply(self, query: Query) -> Any:
        """Return the answer to any REST request; `None` when there is nothing there."""
        answer = self.market.answer(query)
        return self.answer(query) if answer is None else answer

    @abstractmethod
    def read(self, message: Any) -> Recorded:
        """Return what a recorded frame holds. Raises KeyError, TypeError or ValueError."""

    @abstractmethod
    def contract_named(self, instrument: str) -> Contract | None:
        """Return what a name alone tells of a contract."""

    def greet(self, client: Client) -> None:
        """Take what the address already says; send what the venue sends on opening."""
        return

    def tick(self, client: Client, now: float) -> None:
        """Send what is due by the clock, such as a text ping."""
        return

    def beside(self, client: Client, now_ms: int) -> Sequence[str]:
        """Return what a socket gets beside liquidations: mark prices, ordinary trades."""
        return ()

    def price(self, contract: Contract) -> float:
        """Return the price of a contract's last liquidation, or where its path starts."""
        asset = ASSETS.get(contract.asset)
        start = asset.price if asset else 0.0
        return self.last_prices.get(contract.instrument, start)

    def mark(self, contract: Contract) -> str:
        """Return its mark price as the venue writes it."""
        return f"{self.price(contract):.{contract.price_decimals}f}"

    def newest_candles(
        self,
        contract: Contract,
        first_ms: int,
        end_ms: int,
        now_ms: int,
        most: int,
        *,
        is_mark: bool = False,
    ) -> list[Candle]:
        """Return the last `most` candles opened in [first, end), oldest first.

        The one that is not closed yet is among them, as with the venues.
        """
        end_ms = min(end_ms, now_ms + 1)
        first_ms = max(first_ms, end_ms - (most + 1) * STEP * 1000)
        told = self.chart.mark_candles if is_mark else self.chart.bars
        bars = told(contract.asset, first_ms / 1000, end_ms / 1000, now_ms / 1000)
        part = self.parts.get(contract.instrument, 0.0)
        return [Candle.of(contract, bar, part) for bar in bars][-most:]

    def ordinary_trade(self, client: Client, now_ms: int) -> Numbered | None:
        """Return a trade of the first contract that a socket shows, with a number of its own."""
        for contract in self.contracts.values():
            if not client.topics.isdisjoint(self.topics(contract)):
                price = self.price(contract)
                size = contract.size_of(price, 1000.0)
                row = Liquidation(self.name, contract, "long", price, size, now_ms)
                return Numbered((now_ms + 1) * NUMBERS_PER_MS - 1, row)
        return None

    def pack(self, text: str) -> str | bytes:
        """Return a text as it travels: bytes for a venue that compresses."""
        return text

    def dated(self, row: Liquidation) -> Liquidation:
        """Return a liquidation with the time at which this venue says it happened."""
        return row

    def learn(self, instruments: Iterable[str]) -> None:
        """List further contracts by their names, as far as these tell."""
        for name in instruments:
            if name not in self.contracts and (contract := self.contract_named(name)):
                self.contracts[name] = contract


def to_json(value: object) -> str:
    """Return compact JSON."""
    return msgspec.json.encode(value).decode()


def from_json(message: str | bytes) -> Any:
    """Return a client's JSON, or `None` when it is none."""
    try:
        return msgspec.json.decode(message)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
