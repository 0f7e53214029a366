"""Totals by hour, to be held against another count of the same events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from exchanges.store.reader import query

_SQL = """
SELECT exchange, date_trunc('hour', received_time) AS hour, count(*), count(value_usd),
       coalesce(fsum(value_usd), 0)
FROM liquidations
WHERE received_time >= $since AND received_time < $until
GROUP BY exchange, hour ORDER BY hour, exchange
"""


@dataclass(frozen=True, slots=True)
class HourTotal:
    """What a venue's liquidations received within an hour come to.

    `rows_with_value` have a value in USD, which `value_usd` sums without loss of digits.
    """

    exchange: str
    hour: datetime
    rows: int
    rows_with_value: int
    value_usd: float


def hourly_totals(folder: Path, since: datetime, until: datetime) -> list[HourTotal]:
    """Return the totals of [since, until) by the hour of receipt. Raises StoreUnavailable."""
    rows = query(folder, _SQL, {"since": since, "until": until})
    return [HourTotal(*row) for row in rows]
