"""The material of a scorecard out of the lake and the gap ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from exchanges import store
from exchanges.adapters import select
from exchanges.errors import NotScorable
from exchanges.lake import Place
from heatmap.coverage import uncovered
from heatmap.queries import sql
from heatmap.scorecards.material import TABLES, About, Material

PAST = timedelta(days=30)
"""Before the scored time: what thresholds are learned from, and how long freshness remembers."""
USUAL_MAINTENANCE = 0.005
"""Of the lowest tier, where none is known."""
CANDLE = timedelta(minutes=5)
ROWS_PER_BATCH = 50_000


@dataclass(frozen=True)
class Asked:
    """Which market, and what time of it; times are aware."""

    exchange: str
    symbol: str
    since: datetime
    until: datetime


def from_lake(lake: Place, asked: Asked, now: datetime) -> Material:
    """Return the rows of a market up to its last candle, and what is known of them.

    Raises `UnknownExchange`, `NotScorable` where a table or any candle is missing, and what
    `exchanges.store.query` raises.
    """
    [adapter] = select([asked.exchange])
    _check_tables(lake)
    parameters = {
        "exchange": asked.exchange,
        "symbol": asked.symbol,
        "start": asked.since - PAST,
        "until": min(asked.until, now),
    }
    tables = {name: _table(lake, name, parameters) for name in TABLES}
    until = _last_close(tables["candles"], asked)
    about = About(
        exchange=asked.exchange,
        symbol=asked.symbol,
        since=asked.since,
        until=until,
        feed=adapter.completeness,
        maintenance_rate=_maintenance_rate(lake, {**parameters, "until": until}),
        gaps=_gaps(asked, until, now),
    )
    return Material(about, tables)


def _check_tables(lake: Place) -> None:
    there = {name for (name,) in store.query(lake, sql("tables"), {})}
    if missing := sorted({*TABLES, "leverage_tiers"} - there):
        raise NotScorable(
            f"The store has no tables {', '.join(missing)} yet. Start the worker once: it brings "
            "the store up to date."
        )


def _table(lake: Place, name: str, parameters: dict[str, Any]) -> pa.Table:
    batches = store.stream(lake, sql(f"scored_{name}"), parameters, ROWS_PER_BATCH)
    return pa.Table.from_batches(list(batches))


def _last_close(candles: pa.Table, asked: Asked) -> datetime:
    if not candles.num_rows:
        raise NotScorable(
            f"There are no candles of {asked.exchange} {asked.symbol} around {asked.since:%F}. "
            "The worker gathers them for the symbols that it tracks (LIQSITE_SYMBOLS)."
        )
    last: datetime = candles["opened_at"][-1].as_py()
    return last.astimezone(UTC) + CANDLE


def _maintenance_rate(lake: Place, parameters: dict[str, Any]) -> float:
    names = ("exchange", "symbol", "until")
    rows = store.query(lake, sql("lowest_tier"), {name: parameters[name] for name in names})
    return float(rows[0][0]) if rows else USUAL_MAINTENANCE


def _gaps(asked: Asked, until: datetime, now: datetime) -> list[tuple[datetime, datetime]]:
    """Return the intervals that were not proven to be recorded; repaired ones are recorded."""
    found = uncovered([asked.exchange], asked.since - PAST, until, now)[asked.exchange]
    return [
        (gap.start.astimezone(UTC), gap.end.astimezone(UTC)) for gap in found if not gap.repaired_by
    ]
