"""The newest scorecards."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from heatmap.scoring.verdict import FEWEST_DAYS, FEWEST_EVENTS
from heatmap.shapes.scorecard import Scorecards, ScoreEntry
from heatmap.zone_queries import ScoreRow, newest_scores

NOTHING_SCORED = (
    "Not enough data yet: nothing has been scored. A verdict needs "
    f"{FEWEST_EVENTS} events on {FEWEST_DAYS} days."
)


def scorecards(
    symbol: str | None, exchanges: Sequence[str] | None, horizon_hours: int | None
) -> Scorecards:
    """Return the newest scorecard of each exchange, symbol and horizon."""
    rows = newest_scores(symbol, exchanges, horizon_hours)
    return {
        "scorecards": [_entry(row) for row in rows],
        "count": len(rows),
        "detail": None if rows else NOTHING_SCORED,
        "needed_events": FEWEST_EVENTS,
        "needed_days": FEWEST_DAYS,
    }


def _entry(row: ScoreRow) -> ScoreEntry:
    return {
        "scored_at": row.scored_at,
        "exchange": row.exchange,
        "symbol": row.symbol,
        "horizon_hours": row.horizon_hours,
        "since": row.since,
        "until": row.until,
        "verdict": row.verdict,
        "card": orjson.loads(row.card),
    }
