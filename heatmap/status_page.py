"""The page `/status/`: a row a venue, with everything that is known of its feed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from exchanges.adapters import adapters
from exchanges.adapters.base import Adapter
from heatmap.answers.coverage_bar import pieces
from heatmap.answers.exchanges import exchange_health, gaps
from heatmap.answers.status import DAY, Lag, Pace, Rejections, paces, recent_lags, rejections
from heatmap.coverage import NOT_WATCHED_YET, Interval, uncovered
from heatmap.page_parts import UNREADABLE, no_venue_reachable, shown_health, stopped_words
from heatmap.parameters import BadParameters, NoParameters, validated

LEDGER_ROWS = 20


@dataclass(frozen=True)
class Figures:
    """What the store tells of the feeds; `refusal` says why it could not be read."""

    lags: dict[str, Lag] = field(default_factory=dict)
    paces: dict[str, Pace] = field(default_factory=dict)
    refusal: str = ""


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """Show every venue's feed: state, pace, lag, reconnects, coverage, gaps, rejected frames."""
    refusal = _refusal(request.GET)
    now = datetime.now(UTC)
    health = exchange_health(now)
    figures, shown = _figures(now), shown_health(health)
    context = {
        "asked": {"refusal": refusal},
        "health": shown,
        "stopped": stopped_words(health),
        "no_venue_reachable": no_venue_reachable(health),
        "figures": figures,
        "rows": _rows(shown["exchanges"], figures, now),
        "ledger_rows": LEDGER_ROWS,
        "embedded": {"health": health},
    }
    return render(request, "status/page.html", context, status=400 if refusal else 200)


def _refusal(given: QueryDict) -> str:
    """Return why the address does not fit: nothing can be asked for."""
    try:
        validated(NoParameters, given)
    except BadParameters as error:
        return error.detail
    return ""


def _figures(now: datetime) -> Figures:
    try:
        return Figures(recent_lags(now), paces(now))
    except UNREADABLE as error:
        return Figures(refusal=str(error))


def _rows(health: Any, figures: Figures, now: datetime) -> list[dict[str, Any]]:
    missed = uncovered(adapters(), now - DAY, now, now)
    rejected = rejections(now)
    return [
        {
            **_told(adapter, rejected[name]),
            "health": health[name],
            "lag": figures.lags.get(name),
            "pace": figures.paces.get(name),
            "watched_since": _watched_since(missed[name]),
            "pieces": pieces(missed[name], now - DAY, now),
            "ledger": gaps(name, now - DAY, now, now, LEDGER_ROWS),
        }
        for name, adapter in adapters().items()
    ]


def _watched_since(missed: Iterable[Interval]) -> datetime | None:
    """Return when the watch of a venue began, if it did within what was asked for."""
    return next((gap.end for gap in missed if gap.reason == NOT_WATCHED_YET), None)


def _told(adapter: Adapter, rejected: Rejections) -> dict[str, Any]:
    kept = reverse("admin:exchanges_rejectedframe_changelist")
    return {
        "name": adapter.name,
        "display_name": adapter.display_name,
        "color": adapter.color,
        "completeness": adapter.completeness,
        "completeness_rule": adapter.completeness_rule,
        "docs_url": adapter.docs_url,
        "rejected": rejected,
        "rejected_url": f"{kept}?exchange={adapter.name}",
    }
