"""Market data in the store: put in once by the one writer, and asked for by readers.

A series (candles, mark candles, open interest) has at most one row every five minutes of a symbol
on a venue. Leverage tiers are appended whole when they changed; the newest count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import duckdb
import pyarrow as pa

from exchanges.events import Candle, LeverageTier, MarkCandle, OpenInterest
from exchanges.lake import Place
from exchanges.store.reader import query

SeriesRow = Candle | MarkCandle | OpenInterest
Span = tuple[datetime, datetime]


class Table(NamedTuple):
    """Where the rows of a series are, and which of their fields is their time."""

    name: str
    time: str


SERIES: Mapping[type[SeriesRow], Table] = {
    Candle: Table("candles", "opened_at"),
    MarkCandle: Table("mark_candles", "opened_at"),
    OpenInterest: Table("open_interest", "at"),
}

_ARROW = {"float": pa.float64(), "datetime": pa.timestamp("us", tz="UTC")}

_INSERT = """
INSERT INTO {table} ({fields})
SELECT {fields} FROM told
ANTI JOIN (
    FROM {table}
    WHERE "{time}" BETWEEN $first AND $last AND exchange IN (SELECT unnest($exchanges))
        AND symbol IN (SELECT unnest($symbols))
) AS stored USING (exchange, symbol, "{time}")
"""

_MISSING = """
WITH edges AS (
    SELECT symbol, "{time}" AS moment FROM {table}
    WHERE exchange = $exchange AND "{time}" >= $since AND "{time}" < $until
        AND symbol IN (SELECT unnest($symbols))
    UNION ALL SELECT unnest($symbols), $since::TIMESTAMPTZ - INTERVAL 5 MINUTE
    UNION ALL SELECT unnest($symbols), $until::TIMESTAMPTZ
)
SELECT symbol, after, next_at FROM (
    SELECT
        symbol,
        moment + INTERVAL 5 MINUTE AS after,
        lead(moment) OVER (PARTITION BY symbol ORDER BY moment) AS next_at
    FROM edges
)
WHERE next_at > after
ORDER BY symbol, after DESC
"""

_MOST_LIQUIDATED = """
SELECT symbol FROM liquidations
WHERE exchange_time >= $since AND exchange IN (SELECT unnest($exchanges))
GROUP BY symbol
ORDER BY sum(value_usd) DESC NULLS LAST, symbol
LIMIT $most
"""

_TIERS = """
SELECT {fields} FROM leverage_tiers
WHERE exchange = $exchange AND told_at <= $until
QUALIFY told_at = max(told_at) OVER (PARTITION BY symbol)
ORDER BY symbol, floor
"""


def insert_missing(
    connection: duckdb.DuckDBPyConnection, kind: type[SeriesRow], rows: Sequence[SeriesRow]
) -> int:
    """Store the rows of one series that are not stored yet; return how many.

    May raise duckdb.Error.
    """
    table = SERIES[kind]
    once = {(row.exchange, row.symbol, getattr(row, table.time)): row for row in rows}
    if not once:
        return 0
    exchanges, symbols, times = map(set, zip(*once, strict=True))
    asked = {
        "first": min(times),
        "last": max(times),
        "exchanges": list(exchanges),
        "symbols": list(symbols),
    }
    sql = _INSERT.format(table=table.name, time=table.time, fields=_names(kind))
    connection.register("told", _arrow(kind, list(once.values())))
    try:
        return int(connection.execute(sql, asked).fetchall()[0][0])
    finally:
        connection.unregister("told")


def insert_tiers(
    connection: duckdb.DuckDBPyConnection, tiers: Sequence[LeverageTier], told_at: datetime
) -> None:
    """Store what was told of some contracts at a moment. May raise duckdb.Error."""
    connection.register("told", _arrow(LeverageTier, tiers))
    try:
        fields = _names(LeverageTier)
        connection.execute(
            f"INSERT INTO leverage_tiers ({fields}, told_at) "  # noqa: S608 - our own names
            f"SELECT {fields}, $told_at FROM told",
            {"told_at": told_at},
        )
    finally:
        connection.unregister("told")


def missing(
    lake: Place,
    kind: type[SeriesRow],
    exchange: str,
    symbols: Sequence[str],
    since: datetime,
    until: datetime,
) -> dict[str, list[Span]]:
    """Return by symbol the parts of [since, until), both on the grid, without rows of a series;
    newest first, and empty where none is missing.

    Raises StoreUnavailable.
    """
    table = SERIES[kind]
    sql = _MISSING.format(table=table.name, time=table.time)
    asked = {"exchange": exchange, "symbols": list(symbols), "since": since, "until": until}
    found: dict[str, list[Span]] = {symbol: [] for symbol in symbols}
    for symbol, start, end in query(lake, sql, asked):
        found[symbol].append((start, end))
    return found


def newest_tiers(
    lake: Place, exchange: str, until: datetime
) -> dict[str, tuple[LeverageTier, ...]]:
    """Return by symbol the tiers that counted at a moment, lowest first.

    Raises StoreUnavailable.
    """
    sql = _TIERS.format(fields=_names(LeverageTier))
    found: defaultdict[str, tuple[LeverageTier, ...]] = defaultdict(tuple)
    for row in query(lake, sql, {"exchange": exchange, "until": until}):
        tier = LeverageTier(*row)
        found[tier.symbol] += (tier,)
    return dict(found)


def most_liquidated(lake: Place, exchanges: Sequence[str], since: datetime, most: int) -> list[str]:
    """Return the symbols of which most was liquidated on these venues since then.

    Raises StoreUnavailable.
    """
    asked = {"exchanges": list(exchanges), "since": since, "most": most}
    return [symbol for (symbol,) in query(lake, _MOST_LIQUIDATED, asked)]


def _names(kind: type[SeriesRow | LeverageTier]) -> str:
    """Return the fields as columns; `at` is also a word of SQL."""
    return ", ".join(f'"{name}"' for name in kind.__struct_fields__)


def _arrow(kind: type[SeriesRow | LeverageTier], rows: Sequence[object]) -> pa.Table:
    """Return rows as columns: ten times faster to insert than as JSON."""
    columns = {
        name: pa.array([getattr(row, name) for row in rows], _arrow_type(annotation))
        for name, annotation in kind.__annotations__.items()
    }
    return pa.table(columns)


def _arrow_type(annotation: object) -> pa.DataType:
    return _ARROW.get(str(annotation).removesuffix(" | None"), pa.string())
