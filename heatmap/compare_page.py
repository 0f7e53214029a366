"""The page `/compare/`: one heatmap a venue, all with the same axes and the same colours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from heatmap import queries
from heatmap.answers.columns import heatmap_grid
from heatmap.health import snapshot
from heatmap.page_parameters import Asked, asked, embedded_query
from heatmap.page_parts import (
    UNREADABLE,
    described_venues,
    largest_words,
    no_venue_reachable,
    quiet,
    shown_health,
    stopped_words,
    venues,
)
from heatmap.parameters import TIMEFRAMES, Selection
from heatmap.shapes.heatmap import GridColumns
from heatmap.symbols import UnknownSymbol, ranked_symbols, require_known

LATEST_IDS = 200


@dataclass(frozen=True)
class Stored:
    """What the venues liquidated; `refusal` says why it could not be read.

    `latest` are ids of the newest liquidations in it: the socket may tell them once more.
    """

    grid: GridColumns | None = None
    latest: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    refusal: str = ""
    largest: str = ""


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Show one symbol on every venue, side by side."""
    found = asked(request.GET)
    stored = Stored() if found.nothing_selected else _stored(found.query)
    health = snapshot(datetime.now(UTC))
    shown = shown_health(health)
    context = {
        "asked": found,
        "query": found.query,
        "stored": stored,
        "health": shown,
        "stopped": stopped_words(health),
        "timeframes": TIMEFRAMES,
        "venues": venues(found, shown),
        "no_venue_reachable": no_venue_reachable(health),
        "quiet": quiet(found.query, health) + stored.largest,
        "embedded": _embedded(found, stored, health),
    }
    return render(request, "compare/page.html", context, status=400 if found.refusal else 200)


def _stored(query: Selection) -> Stored:
    try:
        symbols = ranked_symbols()
        require_known(query.symbol)
        latest = tuple(row["event_id"] for row in queries.latest(query, LATEST_IDS))
        grid = heatmap_grid(query)
        largest = "" if grid["totals"]["count"] else largest_words(query)
        return Stored(grid, latest, symbols, largest=largest)
    except UnknownSymbol as error:
        return Stored(symbols=symbols, refusal=str(error))
    except UNREADABLE as error:
        return Stored(refusal=str(error))


def _embedded(found: Asked, stored: Stored, health: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page's module starts from, so that it need not ask for it again."""
    return {
        "query": embedded_query(found),
        "grid": stored.grid,
        "latest": stored.latest,
        "health": health,
        "venues": described_venues(),
    }
