"""Candles, mark candles and open interest out of the lake, as the model is fed with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from exchanges import store
from exchanges.lake import Place
from heatmap.forecast.contracts import Contract, Pair
from heatmap.forecast.times import STEP64
from heatmap.zones.clean import RawCandles, RawMarks
from heatmap.zones.interest import RawOpenInterest
from heatmap.zones.series import Floats, Times

_PARTS = {
    "candles": ("opened_at", "open, high, low, close, volume"),
    "mark_candles": ("opened_at", "high, low"),
    "open_interest": ('"at"', "quantity"),
}
_SQL = """
SELECT exchange, symbol, epoch({time})::BIGINT AS moment, {fields}
FROM {table}
WHERE {time} >= $since AND {time} < $until
    AND ($exchange IS NULL OR exchange = $exchange) AND ($symbol IS NULL OR symbol = $symbol)
ORDER BY exchange, symbol, moment
"""


@dataclass(frozen=True)
class Part:
    """The rows of one table of one contract, in the order of time."""

    at: Times
    """datetime64[s], UTC."""
    fields: dict[str, Floats]

    def since(self, moment: np.datetime64) -> Part:
        """Return the rows from a moment on."""
        return self._kept(self.at >= moment)

    def until(self, moment: np.datetime64) -> Part:
        """Return the rows before a moment."""
        return self._kept(self.at < moment)

    def _kept(self, kept: np.ndarray) -> Part:
        return Part(self.at[kept], {name: values[kept] for name, values in self.fields.items()})


@dataclass(frozen=True)
class Rows:
    """What is stored of one contract: base units, as the lake has them."""

    candles: Part
    marks: Part
    interest: Part

    def since(self, close: np.datetime64) -> Rows:
        """Return the candles opened from a close on, and open interest later than it."""
        one = np.timedelta64(1, "s")
        return Rows(
            self.candles.since(close), self.marks.since(close), self.interest.since(close + one)
        )

    def until(self, close: np.datetime64) -> Rows:
        """Return the candles that were closed at a moment, and open interest up to it."""
        one = np.timedelta64(1, "s")
        return Rows(
            self.candles.until(close), self.marks.until(close), self.interest.until(close + one)
        )


def read_rows(
    lake: Place,
    since: datetime,
    until: datetime,
    *,
    exchange: str | None = None,
    symbol: str | None = None,
) -> dict[Pair, Rows]:
    """Return what is stored of [since, until) of each contract, or of those of an exchange or
    symbol. Raises StoreUnavailable.
    """
    asked = {"since": since, "until": until, "exchange": exchange, "symbol": symbol}
    parts = {table: _by_pair(lake, table, asked) for table in _PARTS}
    empty = {table: Part(_no_times(), _no_fields(table)) for table in _PARTS}
    return {
        one: Rows(*(found.get(one, empty[table]) for table, found in parts.items()))
        for one in parts["candles"]
    }


def raw_candles(rows: Rows, contract: Contract) -> RawCandles:
    """Return the candles in the units of the model; venues' shares of buyers are not stored."""
    told = rows.candles.fields
    volume = told["volume"] * told["close"] if contract.is_inverse else told["volume"]
    unknown = np.full(len(volume), np.nan)
    prices = {name: told[name] for name in ("open", "high", "low", "close")}
    return RawCandles(rows.candles.at, **prices, volume=volume, taker_buy=unknown)


def raw_marks(rows: Rows, contract: Contract) -> RawMarks | None:
    """Return the mark candles; None when the exchange never tells any."""
    if not contract.has_marks:
        return None
    return RawMarks(rows.marks.at, rows.marks.fields["high"], rows.marks.fields["low"])


def raw_interest(rows: Rows, contract: Contract) -> RawOpenInterest:
    """Return the open interest in the units of the model: USD of an inverse contract.

    Its price then is the close of the last candle that had closed, else the first open.
    """
    quantity, candles = rows.interest.fields["quantity"], rows.candles
    if contract.is_inverse and len(candles.at):
        known = np.concatenate((candles.fields["open"][:1], candles.fields["close"]))
        closed = np.searchsorted(candles.at + STEP64, rows.interest.at, side="right")
        quantity = quantity * known[closed]
    return RawOpenInterest(rows.interest.at, quantity)


def _by_pair(lake: Place, table: str, asked: dict[str, Any]) -> dict[Pair, Part]:
    time, fields = _PARTS[table]
    rows = store.table(lake, _SQL.format(table=table, time=time, fields=fields), asked)
    if not rows.num_rows:
        return {}
    exchanges, symbols = _texts(rows, "exchange"), _texts(rows, "symbol")
    at = rows["moment"].to_numpy().astype("datetime64[s]")
    values = {name: rows[name].to_numpy().astype(np.float64) for name in _no_fields(table)}
    is_other = (exchanges[1:] != exchanges[:-1]) | (symbols[1:] != symbols[:-1])
    edges = [0, *(np.flatnonzero(is_other) + 1).tolist(), len(at)]
    return {
        (str(exchanges[first]), str(symbols[first])): Part(
            at[first:end], {name: told[first:end] for name, told in values.items()}
        )
        for first, end in zip(edges[:-1], edges[1:], strict=True)
    }


def _texts(rows: pa.Table, name: str) -> np.ndarray:
    return np.asarray(rows[name].to_numpy(), dtype=object)


def _no_times() -> Times:
    return np.empty(0, dtype="datetime64[s]")


def _no_fields(table: str) -> dict[str, Floats]:
    return {name: np.empty(0) for name in _PARTS[table][1].split(", ")}
