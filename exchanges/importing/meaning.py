"""What every kind of file has in common, and the reading of single values."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from msgspec.structs import replace

from exchanges.adapters import select
from exchanges.adapters.base import Adapter, check_positive
from exchanges.errors import MalformedFrame, UnknownExchange
from exchanges.events import Liquidation
from exchanges.importing.sources import Source
from exchanges.instruments import Instruments

Row = Mapping[str, Any]


class Meaning(ABC):
    """How one kind of file tells a liquidation.

    `exchange` is whose rows they are where they do not say, `listed` its contracts as far as
    they are known, `now` the time at which the rows are received.
    """

    columns: ClassVar[frozenset[str]]
    """A file with all of these is of this kind."""

    def __init__(self, source: Source, exchange: str, listed: Instruments, now: datetime) -> None:
        self.source = source
        self.exchange = exchange
        self.listed = listed
        self.now = now

    @abstractmethod
    def liquidation(self, row: Row) -> Liquidation:
        """Return what the row tells. Raises MalformedFrame with the reason that it does not."""


def as_live(order: Row, listed: Instruments, row: Row, now: datetime) -> Liquidation:
    """Have Binance's live adapter read an order, so that its id is the live feed's.

    The source's row is kept as `raw`, and that no adapter received it. Raises MalformedFrame.
    """
    frame = json.dumps({"e": "forceOrder", "o": order}).encode()
    [event] = adapter_of("binance").parse(frame, listed, now)
    if not isinstance(event, Liquidation):
        raise MalformedFrame("not an order")
    return replace(event, raw=as_text(row), adapter_version=None)


def adapter_of(exchange: str) -> Adapter:
    """Return the venue's adapter. Raises MalformedFrame for a name that no adapter has."""
    try:
        return select([exchange])[0]
    except UnknownExchange as error:
        raise MalformedFrame(str(error)) from error


def positive(row: Row, name: str) -> float:
    """Return a number above zero. Raises MalformedFrame."""
    try:
        number = float(row[name])
    except (TypeError, ValueError) as error:
        raise MalformedFrame(f"{name} is {row[name]!r}, no number") from error
    check_positive(name, number)
    return number


def moment(value: Any) -> datetime:
    """Return an aware time; one without a zone is UTC. Raises MalformedFrame."""
    try:
        told = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError as error:
        raise MalformedFrame(f"timestamp is {value!r}, no time") from error
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def as_text(row: Row) -> str:
    """Return the source's row as JSON."""
    return json.dumps(dict(row), default=str, ensure_ascii=False)
