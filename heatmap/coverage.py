"""Which part of a time range the venues' feeds were proven to deliver."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q

from exchanges.models import Gap, Watch
from heatmap.health import worker_state


class Interval(NamedTuple):
    """A span that was not covered, with why."""

    start: datetime
    end: datetime
    reason: str


def coverage(
    exchanges: Iterable[str], start: datetime, end: datetime, now: datetime
) -> dict[str, dict[str, Any]]:
    """Return for each exchange {covered_percent, gaps: [{start, end, reason}]} of [start, end).

    Times of the future count as not covered. Overlapping gaps count once.
    """
    names = list(exchanges)
    since = dict(Watch.objects.filter(exchange__in=names).values_list("exchange", "started_at"))
    stopped = _stopped_at(now)
    return {
        name: _covered(_gaps(name, since.get(name), stopped, start, end, now), start, end)
        for name in names
    }


def _gaps(
    exchange: str,
    watched_since: datetime | None,
    stopped_at: datetime | None,
    start: datetime,
    end: datetime,
    now: datetime,
) -> Iterator[Interval]:
    """Yield everything that was not covered, from the ledger and from what it cannot know."""
    if watched_since is None:
        yield Interval(start, end, "never watched")
        return
    if watched_since > start:
        yield Interval(start, watched_since, "not watched yet")
    overlap = Q(ended_at=None) | Q(ended_at__gt=start)
    for gap in Gap.objects.filter(overlap, exchange=exchange, started_at__lt=end):
        yield Interval(gap.started_at, gap.ended_at or end, gap.reason)
    if stopped_at is not None:
        yield Interval(stopped_at, end, "worker not running")
    yield Interval(now, end, "not yet")


def _covered(gaps: Iterable[Interval], start: datetime, end: datetime) -> dict[str, Any]:
    inside = sorted(
        Interval(max(gap.start, start), min(gap.end, end), gap.reason)
        for gap in gaps
        if gap.start < end and gap.end > start
    )
    missing, reached = 0.0, start
    for gap in inside:
        missing += max(0.0, (gap.end - max(gap.start, reached)).total_seconds())
        reached = max(reached, gap.end)
    whole = (end - start).total_seconds()
    return {
        "covered_percent": round(100 * (1 - missing / whole), 2) if whole > 0 else 0.0,
        "gaps": [gap._asdict() for gap in inside if gap.end > gap.start],
    }


def _stopped_at(now: datetime) -> datetime | None:
    """Return since when no worker runs, if none does."""
    worker = worker_state(now)
    since: datetime | None = worker["since"]
    return None if worker["is_running"] else since
