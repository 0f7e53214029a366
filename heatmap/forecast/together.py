"""The columns of a symbol on all exchanges at one moment, on the prices of the largest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from exchanges import store
from exchanges.lake import Place
from heatmap.forecast.columns import Column
from heatmap.forecast.times import floor
from heatmap.zones.combining import Combined, Part, combine

DAY = timedelta(days=1)

_LARGEST = """
SELECT symbol, exchange FROM open_interest
WHERE "at" >= $since AND "at" < $until
GROUP BY symbol, exchange
ORDER BY symbol, avg(quantity) DESC, exchange
"""


def by_open_interest(lake: Place, at: datetime) -> dict[str, list[str]]:
    """Return by symbol its exchanges, that of the largest mean open interest first.

    It is the mean of the UTC day before; on a symbol's first day, of the day so far.
    Raises StoreUnavailable.
    """
    midnight = floor(at, DAY)
    today, before = _ranked(lake, midnight, at), _ranked(lake, midnight - DAY, midnight)
    return today | before


def combined(columns: Sequence[Column], reference: str) -> Combined:
    """Return columns of one moment in USD, on the prices of one of the exchanges."""
    # What was traded counts in other weightings only.
    parts = [Part(one.exchange, one.price, 0.0, one.first_bin, one.quantity) for one in columns]
    return combine(parts, reference)


def _ranked(lake: Place, since: datetime, until: datetime) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for symbol, exchange in store.query(lake, _LARGEST, {"since": since, "until": until}):
        found.setdefault(symbol, []).append(exchange)
    return found
