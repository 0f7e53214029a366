"""Observed positions in the store: what is kept of them, and for how long."""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb

KEPT_WHOLE = timedelta(days=1)
"""Every pass of the last full day and today; before that the first of each hour."""

_FURTHER = """
SELECT DISTINCT taken_at FROM observed_passes
WHERE taken_at < $moment
QUALIFY taken_at > min(taken_at) OVER (PARTITION BY exchange, epoch(taken_at)::BIGINT // 3600)
"""


def thin_observed(now: datetime, connection: duckdb.DuckDBPyConnection) -> int:
    """Delete all passes but the first of each hour of the days before yesterday; return how many
    they were. Positions take 20 bytes each, and a venue's holders are asked every ten minutes.

    May raise duckdb.Error.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    further = connection.execute(_FURTHER, {"moment": midnight - KEPT_WHOLE}).fetchall()
    moments = [taken_at for (taken_at,) in further]
    for table in ("observed_positions", "observed_passes") if moments else ():
        connection.execute(
            f"DELETE FROM {table} WHERE taken_at IN (SELECT unnest(?))",  # noqa: S608 - our names
            [moments],
        )
    return len(moments)
