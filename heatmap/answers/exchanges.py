"""What the venues are, how they are doing, and where their feeds had gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from django.db.models import Count, Q

from exchanges.adapters import adapters
from exchanges.adapters.base import Adapter
from exchanges.adapters.market.base import MarketData, Source
from exchanges.models import Gap, Watch
from heatmap.coverage import (
    NEVER_WATCHED,
    NOT_WATCHED_YET,
    Interval,
    coverage,
    missing_seconds,
    uncovered,
)
from heatmap.health import snapshot
from heatmap.shapes.exchanges import (
    Exchange,
    ExchangeDetail,
    ExchangeList,
    Facts,
    GapRow,
    Gaps,
    Health,
    MarketFacts,
)

HEALTH_CACHE_SECONDS = 10
DAY = timedelta(days=1)

_FACTS = tuple(Facts.__annotations__)


class UnknownName(Exception):
    """No venue has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"No exchange '{name[:40]}'. Known: {', '.join(adapters())}.")


def exchange_list(now: datetime) -> ExchangeList:
    """Return every venue; `active` is one that is connected now."""
    health = snapshot(now)["exchanges"]
    rows = [_told(adapter, health[name]) for name, adapter in adapters().items()]
    active = sum(row["status"] == "active" for row in rows)
    return {"exchanges": rows, "count": len(rows), "active_count": active}


def exchange_health(now: datetime, stored: dict[str, dict[str, Any]] | None = None) -> Health:
    """Return every venue's health with what its feed missed in the last 24 hours.

    `stored` are the worker's rows where the caller has kept them.
    """
    told = snapshot(now, stored)
    missed = _missed(now)
    return {
        "timestamp": now,
        "exchanges": {
            name: row | missed[name] | {"silence_seconds": _age(row["last_event_at"], now)}
            for name, row in told["exchanges"].items()
        },
        "worker": told["worker"],
        "cache_ttl_seconds": HEALTH_CACHE_SECONDS,
    }


def exchange_detail(name: str, now: datetime) -> ExchangeDetail:
    """Return one venue with all that is known of it. Raises UnknownName."""
    adapter = _adapter(name)
    health = exchange_health(now)["exchanges"][name]
    watched = Watch.objects.filter(exchange=name).values_list("started_at", flat=True).first()
    return {
        **_told(adapter, health),
        "adapter_version": adapter.version,
        "documented_fields": adapter.documented_fields.split(),
        "watched_since": watched,
        "health": health,
    }


def gaps(name: str, start: datetime, end: datetime, now: datetime, limit: int) -> Gaps:
    """Return the newest gaps that touch [start, end). Raises UnknownName."""
    _adapter(name)
    touching = Gap.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=start), exchange=name, started_at__lt=end
    )
    return {
        "exchange": name,
        "start": start,
        "end": end,
        "gaps": [_gap(gap, now) for gap in touching[:limit]],
        "count": touching.count(),
        "limit": limit,
        "coverage": coverage([name], start, end, now),
    }


def _missed(now: datetime) -> dict[str, dict[str, Any]]:
    """Return for each venue its gaps of the last 24 hours; `reconnects` are those begun then."""
    begun = Gap.objects.filter(started_at__gte=now - DAY).values_list("exchange")
    reconnects = dict(begun.order_by("exchange").annotate(Count("id")))
    return {
        name: {
            "completeness": adapters()[name].completeness,
            "gap_seconds_24h": _gap_seconds(found),
            "reconnects": reconnects.get(name, 0),
        }
        for name, found in uncovered(adapters(), now - DAY, now, now).items()
    }


def _gap_seconds(found: Sequence[Interval]) -> float | None:
    """Return how long a venue was in a gap, None for one that was never watched."""
    reasons = {gap.reason for gap in found}
    if NEVER_WATCHED in reasons:
        return None
    return missing_seconds(gap for gap in found if gap.reason != NOT_WATCHED_YET)


def _adapter(name: str) -> Adapter:
    if name not in adapters():
        raise UnknownName(name)
    return adapters()[name]


def _age(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else max(0.0, (now - moment).total_seconds())


def _gap(gap: Gap, now: datetime) -> GapRow:
    ended = gap.ended_at or max(now, gap.started_at)
    return {
        "started_at": gap.started_at,
        "ended_at": gap.ended_at,
        "seconds": (ended - gap.started_at).total_seconds(),
        "reason": gap.reason,
        "repaired_by": gap.repaired_by or None,
        "repaired_at": gap.repaired_at,
        "repaired_rows": gap.repaired_rows,
    }


def _market(data: MarketData) -> MarketFacts:
    return {
        "candles": _rule(data.candle_source),
        "mark_candles": _rule(data.mark_source),
        "open_interest": _rule(data.open_interest_source),
        "open_interest_now": _rule(data.reading_source),
        "leverage_tiers": _rule(data.tier_source),
    }


def _rule(source: Source | None) -> str | None:
    return source.rule if source else None


def _told(adapter: Adapter, health: Mapping[str, Any]) -> Exchange:
    return {
        "name": adapter.name,
        "display_name": adapter.display_name,
        "status": "active" if health["is_connected"] else "unavailable",
        "features": {
            "real_time": True,
            "historical": bool(adapter.history_source),
            "websocket": True,
        },
        "color": adapter.color,
        "completeness": adapter.completeness,
        "completeness_rule": adapter.completeness_rule,
        "docs_url": adapter.docs_url,
        "market": _market(adapter.market),
        "facts": cast(Facts, {name: getattr(adapter, name) for name in _FACTS}),
    }
