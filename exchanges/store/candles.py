"""Candles in the store: put in once by the one writer, and asked for by readers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import msgspec

from exchanges.events import Candle
from exchanges.store.reader import query

_FORM = (
    '[{"exchange":"VARCHAR","symbol":"VARCHAR","opened_at":"TIMESTAMPTZ","open":"DOUBLE",'
    '"high":"DOUBLE","low":"DOUBLE","close":"DOUBLE","volume":"DOUBLE"}]'
)

_INSERT = f"""
INSERT INTO candles
SELECT told.* FROM (
    SELECT unnest(from_json($rows, '{_FORM}'), recursive := true)
) AS told
ANTI JOIN (
    FROM candles WHERE opened_at BETWEEN $first AND $last
) AS stored USING (exchange, symbol, opened_at)
"""  # noqa: S608 - our own names

_MISSING = """
WITH edges AS (
    SELECT opened_at FROM candles
    WHERE exchange = $exchange AND symbol = $symbol AND opened_at >= $since AND opened_at < $until
    UNION ALL SELECT $since::TIMESTAMPTZ - INTERVAL 5 MINUTE
    UNION ALL SELECT $until::TIMESTAMPTZ
)
SELECT after, next_at FROM (
    SELECT
        opened_at + INTERVAL 5 MINUTE AS after,
        lead(opened_at) OVER (ORDER BY opened_at) AS next_at
    FROM edges
)
WHERE next_at > after
ORDER BY after DESC
"""

_MOST_LIQUIDATED = """
SELECT symbol FROM liquidations
WHERE exchange_time >= $since AND exchange IN (SELECT unnest($exchanges))
GROUP BY symbol
ORDER BY sum(value_usd) DESC NULLS LAST, symbol
LIMIT $most
"""


def insert(connection: duckdb.DuckDBPyConnection, candles: Sequence[Candle]) -> int:
    """Store the candles that are not stored yet; return how many. May raise duckdb.Error."""
    once = {(one.exchange, one.symbol, one.opened_at): one for one in candles}
    if not once:
        return 0
    times = [one.opened_at for one in once.values()]
    rows = msgspec.json.encode(list(once.values())).decode()
    asked = {"rows": rows, "first": min(times), "last": max(times)}
    return int(connection.execute(_INSERT, asked).fetchall()[0][0])


def missing(
    folder: Path, exchange: str, symbol: str, since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    """Return the parts of [since, until), both on the grid, without candles; newest first.

    Raises StoreUnavailable.
    """
    asked = {"exchange": exchange, "symbol": symbol, "since": since, "until": until}
    return [(start, end) for start, end in query(folder, _MISSING, asked)]


def most_liquidated(
    folder: Path, exchanges: Sequence[str], since: datetime, most: int
) -> list[str]:
    """Return the symbols of which most was liquidated on these venues since then.

    Raises StoreUnavailable.
    """
    asked = {"exchanges": list(exchanges), "since": since, "most": most}
    return [symbol for (symbol,) in query(folder, _MOST_LIQUIDATED, asked)]
