"""How predictions did, as it was scored."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict


class ScoreEntry(TypedDict):
    """One scorecard; `card` is all of it, as docs/scoring.md explains."""

    scored_at: datetime
    exchange: str
    symbol: str
    horizon_hours: int
    since: datetime
    until: datetime
    verdict: str
    card: dict[str, Any]


class Scorecards(TypedDict):
    """The newest of each exchange, symbol and horizon; `detail` says why there is none."""

    scorecards: list[ScoreEntry]
    count: int
    detail: str | None
    needed_events: int
    needed_days: int
