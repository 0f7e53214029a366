"""The pages, complete without JavaScript: address in, one read of the store, HTML out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe

from exchanges.errors import StoreUnavailable
from heatmap import queries
from heatmap.answers.heatmap import heatmap_grid, zones
from heatmap.fields import TYPES
from heatmap.health import snapshot
from heatmap.page_parts import (
    Asked,
    asked,
    described_venues,
    embedded_query,
    no_venue_reachable,
    quiet,
    venues,
)
from heatmap.parameters import TIMEFRAMES, Selection
from heatmap.shapes.heatmap import GridColumns, Zone

LATEST_ROWS = 100
LARGEST_ZONES = 10
THEMES = ("dark", "light")


@dataclass(frozen=True)
class Stored:
    """What the store knows about a query; `refusal` says why it could not be read."""

    grid: GridColumns | None = None
    zones: tuple[Zone, ...] = ()
    latest: tuple[dict[str, Any], ...] = ()
    symbols: tuple[str, ...] = ()
    refusal: str = ""


def shell(request: HttpRequest) -> dict[str, str]:
    """Give every template the notice, the version, the remembered theme (a context processor)."""
    theme = request.COOKIES.get("theme", "")
    return {
        "notice": settings.LIQSITE_NOTICE,
        # Not imported: `liqsite` stands above this package.
        "version": import_string("liqsite.__version__"),
        "theme": theme if theme in THEMES else "",
    }


@require_safe
def heatmap(request: HttpRequest) -> HttpResponse:
    """Observed liquidations of one symbol: chart, totals, tape, and how the venues are doing."""
    found = asked(request.GET)
    stored = Stored() if found.nothing_selected else _stored(found.query)
    health = snapshot(datetime.now(UTC))
    context = {
        "asked": found,
        "query": found.query,
        "stored": stored,
        "health": health,
        "timeframes": TIMEFRAMES,
        "venues": venues(found, health),
        "no_venue_reachable": no_venue_reachable(health),
        "quiet": quiet(found.query, health),
        "embedded": _embedded(found, stored, health),
    }
    return render(request, "heatmap/page.html", context, status=400 if found.refusal else 200)


def _stored(query: Selection) -> Stored:
    try:
        every_type = replace(query, types=TYPES)
        return Stored(
            grid=heatmap_grid(query),
            zones=tuple(_largest(zones(query)["zones"])),
            latest=tuple(queries.latest(every_type, LATEST_ROWS)),
            symbols=tuple(queries.symbols()),
        )
    except StoreUnavailable as error:
        return Stored(refusal=str(error))


def _largest(found: list[Zone]) -> list[Zone]:
    valued = [zone for zone in found if zone["total_density"]]
    valued.sort(key=lambda zone: -zone["total_density"])
    return valued[:LARGEST_ZONES]


def _embedded(found: Asked, stored: Stored, health: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page's modules start from, so that they need not ask for it again."""
    return {
        "query": embedded_query(found),
        "grid": stored.grid,
        "latest": stored.latest,
        "health": health,
        "venues": described_venues(),
    }
