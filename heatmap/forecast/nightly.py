"""Scorecards of the day that ended, of every contract that froze columns and had liquidations."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
from django.db import DatabaseError

from exchanges import store
from exchanges.errors import NotScorable
from heatmap.forecast.contracts import Pair
from heatmap.forecast.times import floor

log = logging.getLogger(__name__)

SCORED = timedelta(days=14)
"""So many days until the last midnight are scored together, each night anew."""
DAY = timedelta(days=1)

_BUSY = """
SELECT DISTINCT exchange, symbol
FROM liquidations SEMI JOIN zone_columns USING (exchange, symbol)
WHERE exchange_time >= $since AND exchange_time < $until
ORDER BY ALL
"""


def to_score(lake: Path, now: datetime) -> list[Pair]:
    """Return the contracts with columns and with liquidations in the day that ended.

    Raises StoreUnavailable.
    """
    midnight = floor(now, DAY)
    return [*store.query(lake, _BUSY, {"since": midnight - DAY, "until": midnight})]


def score_all(
    lake: Path, data: Path, pairs: Iterable[Pair], now: datetime
) -> Iterator[pa.Table | None]:
    """Yield for each contract the row of its scorecard for the table `scores`, None for none.

    Each is also a line below `data`. Raises StoreUnavailable and OSError.
    """
    # With these come the packages of scoring, which a worker without liquidations never needs.
    from heatmap.scorecards.kept import append_line, rows
    from heatmap.scorecards.lake import Asked, from_lake
    from heatmap.scorecards.scored import scored
    from heatmap.scoring.terms import Terms

    midnight = floor(now, DAY)
    for exchange, symbol in pairs:
        asked = Asked(exchange, symbol, midnight - SCORED, midnight)
        try:
            card, _ = scored(from_lake(lake, asked, now), Terms(horizon_hours=1))
        except (NotScorable, DatabaseError) as error:
            log.info("%s %s has no scorecard: %s", exchange, symbol, error)
            yield None
        else:
            append_line(card, data, now)
            yield rows([card], now)
