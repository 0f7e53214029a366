"""How the venues are doing, in the figures that the status page shows beside their health."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import NamedTuple

from django.db.models import Count, Q

from exchanges.adapters import adapters
from exchanges.models import RejectedFrame
from heatmap.coverage import Interval, missing_seconds, uncovered
from heatmap.feed_queries import hours, lags
from heatmap.fields import TYPES
from heatmap.parameters import Selection

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
WEEK_HOURS = 7 * 24
MOST_MISSING_SECONDS = 360.0
"""A tenth of an hour: one with more of it missing tells nothing of a venue's usual pace."""


class Lag(NamedTuple):
    """Seconds from the venue's time of a liquidation to ours, of half of them and of 99 %."""

    events: int
    p50: float
    p99: float


class Pace(NamedTuple):
    """Liquidations of the last hour; `usual` is the median of `known` covered hours before."""

    events: int
    usual: float | None
    known: int


class Rejections(NamedTuple):
    """Frames that did not fit: received in the last 24 hours, and kept in all."""

    day: int
    kept: int


def recent_lags(now: datetime) -> dict[str, Lag]:
    """Return the lag of each venue that had a live liquidation in the last hour.

    Raises StoreUnavailable.
    """
    gaps = uncovered(adapters(), now - HOUR, now, now)
    found = lags(_everything(now - HOUR, now), gaps)
    return {part.exchange: Lag(part.events, part.p50 / 1000, part.p99 / 1000) for part in found}


def paces(now: datetime) -> dict[str, Pace]:
    """Return each venue's pace against its usual one of the last seven days.

    Raises StoreUnavailable.
    """
    start = now - WEEK
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    for part in hours(_everything(start, now)):
        counts[part.exchange][part.hours_ago] += part.events
    gaps = uncovered(adapters(), start, now, now)
    return {name: _pace(counts[name], _known_hours(gaps[name], now)) for name in adapters()}


def rejections(now: datetime) -> dict[str, Rejections]:
    """Return how many frames of each venue were rejected."""
    lately = Count("id", filter=Q(received_time__gte=now - DAY))
    found = RejectedFrame.objects.order_by("exchange").values_list("exchange")
    counted = found.annotate(day=lately, kept=Count("id"))
    told = {exchange: Rejections(day, kept) for exchange, day, kept in counted}
    return {name: told.get(name, Rejections(0, 0)) for name in adapters()}


def _everything(start: datetime, end: datetime) -> Selection:
    return Selection(None, None, tuple(adapters()), start, end, asked_at=end, types=TYPES)


def _pace(counts: Mapping[int, int], known: Sequence[int]) -> Pace:
    before = [counts.get(hour, 0) for hour in known]
    return Pace(counts.get(0, 0), median(before) if before else None, len(before))


def _known_hours(gaps: Sequence[Interval], now: datetime) -> list[int]:
    """Return the whole hours before the last one in which the feed was covered, counted back."""
    missing: dict[int, list[Interval]] = defaultdict(list)
    for gap in gaps:
        for hour in range(int((now - gap.end) / HOUR), int((now - gap.start) / HOUR) + 1):
            missing[hour].append(_within_hour(gap, now - hour * HOUR))
    return [
        hour
        for hour in range(1, WEEK_HOURS)
        if missing_seconds(missing[hour]) <= MOST_MISSING_SECONDS
    ]


def _within_hour(gap: Interval, end: datetime) -> Interval:
    return gap._replace(start=max(gap.start, end - HOUR), end=min(gap.end, end))
