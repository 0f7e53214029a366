"""Which part of a time range the venues' feeds were proven to deliver."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from exchanges.adapters import adapters
from exchanges.models import Gap, Watch
from heatmap.health import worker_state
from heatmap.shapes.common import Coverage

# The newest of them; `gap_count` counts all.
MOST_GAPS = 200

NEVER_WATCHED = "never watched"
NOT_WATCHED_YET = "not watched yet"


class Interval(NamedTuple):
    """A span that was not covered, with why; `repaired_by` says what filled it later."""

    start: datetime
    end: datetime
    reason: str
    repaired_by: str | None = None


def coverage(
    exchanges: Iterable[str],
    start: datetime,
    end: datetime,
    now: datetime,
    unknown_values: Mapping[str, int] | None = None,
    known: Mapping[str, list[Interval]] | None = None,
) -> dict[str, Coverage]:
    """Return for each exchange which part of [start, end) its feed was proven to deliver.

    Times of the future count as not covered, repaired gaps as covered. Overlapping gaps count
    once. `unknown_values` are the rows in the range whose value is not known; `known` is what
    `uncovered` returned for a longer range with the same end.
    """
    unknown = unknown_values or {}
    found = uncovered(exchanges, start, end, now) if known is None else known
    return {
        name: _told(name, _inside(gaps, start, end), start, end, unknown.get(name, 0))
        for name, gaps in found.items()
    }


def uncovered(
    exchanges: Iterable[str], start: datetime, end: datetime, now: datetime
) -> dict[str, list[Interval]]:
    """Return every interval of [start, end) with a gap, repaired ones too, oldest first."""
    names = list(exchanges)
    watched = dict(Watch.objects.filter(exchange__in=names).values_list("exchange", "started_at"))
    ledger = _ledger(names, start, end)
    stopped = _stopped_at(now)
    return {
        name: _inside(_gaps(watched.get(name), ledger[name], stopped, start, end, now), start, end)
        for name in names
    }


def missing_seconds(gaps: Iterable[Interval]) -> float:
    """Return how long the gaps, sorted, are together; repaired ones are none."""
    missing, reached = 0.0, None
    for gap in (gap for gap in gaps if not gap.repaired_by):
        begin = gap.start if reached is None else max(gap.start, reached)
        missing += max(0.0, (gap.end - begin).total_seconds())
        reached = gap.end if reached is None else max(reached, gap.end)
    return missing


def _ledger(names: list[str], start: datetime, end: datetime) -> dict[str, list[Interval]]:
    overlap = Q(ended_at=None) | Q(ended_at__gt=start)
    found: dict[str, list[Interval]] = defaultdict(list)
    for gap in Gap.objects.filter(overlap, exchange__in=names, started_at__lt=end):
        repaired_by = (gap.repaired_by or "unknown") if gap.repaired_at else None
        interval = Interval(gap.started_at, gap.ended_at or end, gap.reason, repaired_by)
        found[gap.exchange].append(interval)
    return found


def _gaps(
    watched_since: datetime | None,
    ledger: Iterable[Interval],
    stopped_at: datetime | None,
    start: datetime,
    end: datetime,
    now: datetime,
) -> Iterator[Interval]:
    """Yield everything that was not covered, from the ledger and from what it cannot know."""
    if watched_since is None:
        yield Interval(start, end, NEVER_WATCHED)
        return
    if watched_since > start:
        yield Interval(start, watched_since, NOT_WATCHED_YET)
    yield from ledger
    if stopped_at is not None:
        yield Interval(stopped_at, end, "worker not running")
    yield Interval(now, end, "not yet")


def _inside(gaps: Iterable[Interval], start: datetime, end: datetime) -> list[Interval]:
    cut = (gap._replace(start=max(gap.start, start), end=min(gap.end, end)) for gap in gaps)
    return sorted((gap for gap in cut if gap.start < gap.end), key=lambda gap: gap[:2])


def _told(
    exchange: str, gaps: list[Interval], start: datetime, end: datetime, unknown_values: int
) -> Coverage:
    whole = (end - start).total_seconds()
    return {
        "covered_percent": round(100 * (1 - missing_seconds(gaps) / whole), 2)
        if whole > 0
        else 0.0,
        "completeness": adapters()[exchange].completeness,
        "unknown_value_count": unknown_values,
        "gap_count": len(gaps),
        "gaps": [
            {"start": g.start, "end": g.end, "reason": g.reason, "repaired_by": g.repaired_by}
            for g in gaps[-MOST_GAPS:]
        ],
    }


def _stopped_at(now: datetime) -> datetime | None:
    """Return since when no worker runs, if none does."""
    worker = worker_state(now)
    since: datetime | None = worker["since"]
    return None if worker["is_running"] else since
