"""Scorecards up to the last midnight, of every contract that had liquidations in the day."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
from django.db import DatabaseError

from exchanges import store
from exchanges.errors import NotScorable
from exchanges.lake import Place
from heatmap.forecast.times import floor
from heatmap.scorecards.lake import Asked
from heatmap.zones.series import STEP_SECONDS

log = logging.getLogger(__name__)

SCORED = timedelta(days=14)
"""So many days until the last midnight are scored together, each night anew."""
HORIZONS = (1, 4, 24)
DAY = timedelta(days=1)

# What was written later than that after its time was no forecast (heatmap/scorecards/columns.py).
_BUSY = """
SELECT exchange, symbol, epoch(min(frozen_at))::BIGINT
FROM zone_columns
SEMI JOIN (
    SELECT exchange, symbol FROM liquidations
    WHERE exchange_time >= $since AND exchange_time < $until
) USING (exchange, symbol)
WHERE frozen_at >= $first AND frozen_at < $until
    AND written_at <= frozen_at + to_seconds($step)
GROUP BY ALL
ORDER BY ALL
"""


def to_score(lake: Place, now: datetime) -> list[Asked]:
    """Return the contracts with liquidations in the day that ended, and what time of them: from
    the first column of the last days that was written in time. Raises StoreUnavailable."""
    midnight = floor(now, DAY)
    times = {"first": midnight - SCORED, "since": midnight - DAY, "until": midnight}
    found = store.query(lake, _BUSY, times | {"step": STEP_SECONDS})
    return [
        Asked(exchange, symbol, datetime.fromtimestamp(first, UTC), midnight)
        for exchange, symbol, first in found
    ]


def score_all(
    lake: Place, data: Path, asked: Iterable[Asked], now: datetime
) -> Iterator[pa.Table | None]:
    """Yield for each contract the rows of its scorecards for the table `scores`, None for none.

    Each is also a line below `data`. Raises StoreUnavailable and OSError.
    """
    # With these come the packages of scoring, which a worker without liquidations never needs.
    from heatmap.scorecards.kept import append_line, rows
    from heatmap.scorecards.lake import from_lake
    from heatmap.scorecards.scored import scored
    from heatmap.scoring.terms import Terms

    for one in asked:
        try:
            material = from_lake(lake, one, now)
            cards = [scored(material, Terms(horizon_hours=hours))[0] for hours in HORIZONS]
        except (NotScorable, DatabaseError) as error:
            log.info("%s %s has no scorecard: %s", one.exchange, one.symbol, error)
            yield None
        else:
            for card in cards:
                append_line(card, data, now)
            yield rows(cards, now)
