"""Which kind of file it is, by its columns, and what a row of each kind means."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from exchanges.adapters.base import check_positive
from exchanges.errors import MalformedFrame, UnreadableSource
from exchanges.events import Liquidation
from exchanges.importing.meaning import Meaning, Row, adapter_of, as_live
from exchanges.importing.single_exchange import SingleExchange
from exchanges.importing.sources import Source
from exchanges.instruments import Instruments

_FIELDS = Liquidation.__struct_fields__


class OwnExport(Meaning):
    """A file of `GET /liquidations/export`: rows as they were stored, ids and all."""

    columns = frozenset({"event_id", "raw_unit", "completeness", "received_time"})

    def liquidation(self, row: Row) -> Liquidation:
        """Return the row as it was; what it says of itself must hold together."""
        known = {name: None if row[name] == "" else row[name] for name in _FIELDS if name in row}
        try:
            found = msgspec.convert(known, Liquidation, strict=False)
        except msgspec.ValidationError as error:
            raise MalformedFrame(str(error)) from error
        _check(found)
        return found


class BinanceSnapshot(Meaning):
    """A `liquidationSnapshot` file of data.binance.vision.

    Binance publishes the rows of these files twice, and at most one order a second for a
    contract: equal rows are one event.
    """

    columns = frozenset({"order_type", "time_in_force", "original_quantity", "average_price"})

    def liquidation(self, row: Row) -> Liquidation:
        """Return what the live adapter makes of the order that the row tells."""
        order = {
            "s": self._instrument_id(row),
            "S": row.get("side"),
            "p": row.get("price"),
            "ap": row.get("average_price"),
            "q": row.get("original_quantity"),
            "z": row.get("accumulated_fill_quantity"),
            "T": row.get("time"),
        }
        return as_live(order, self.listed, row, self.now)

    def _instrument_id(self, row: Row) -> str:
        """Return the contract, from the row or from the name that Binance gives the file."""
        if symbol := row.get("symbol"):
            return str(symbol)
        if named := re.match(r"(.+?)-liquidationSnapshot-", self.source.path.name):
            return named[1]
        raise MalformedFrame("no symbol in the row nor, before -liquidationSnapshot-, in the name")


MEANINGS: tuple[type[Meaning], ...] = (OwnExport, BinanceSnapshot, SingleExchange)


def meaning_of(source: Source, exchange: str, listed: Instruments, now: datetime) -> Meaning:
    """Return how to read the file. Raises UnreadableSource for one of no known kind."""
    kind = next((kind for kind in MEANINGS if kind.columns <= source.columns), None)
    if kind is None:
        columns = ", ".join(sorted(source.columns)) or "none"
        raise UnreadableSource(f"{source.path.name} has columns of no known kind: {columns}")
    if kind is BinanceSnapshot and exchange != "binance":
        raise UnreadableSource(f"{source.path.name} is a file of Binance's, not of {exchange}.")
    return kind(source, exchange, listed, now)


def _check(row: Liquidation) -> None:
    """Raise MalformedFrame for a row that contradicts itself."""
    adapter_of(row.exchange)
    if not row.event_id.startswith(f"{row.exchange}:"):
        raise MalformedFrame(f"event_id {row.event_id!r} is not of {row.exchange}")
    if row.received_time is None or None in (row.received_time.tzinfo, row.exchange_time.tzinfo):
        raise MalformedFrame("a time without its zone")
    for name in ("price", "raw_size", "quantity", "value_usd"):
        if (number := getattr(row, name)) is not None:
            check_positive(name, number)
    if not 0 <= row.confidence <= 1:
        raise MalformedFrame(f"confidence is {row.confidence}, not within 0 to 1")
