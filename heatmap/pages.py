"""The pages, complete without JavaScript: address in, one read of the store, HTML out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe

from exchanges.adapters import adapters
from exchanges.errors import StoreUnavailable
from heatmap import queries
from heatmap.answers.heatmap import heatmap_grid, zones
from heatmap.fields import TYPES
from heatmap.health import snapshot
from heatmap.parameters import TIMEFRAMES, BadParameters, HeatmapParameters, Selection
from heatmap.shapes.heatmap import GridColumns, Zone
from heatmap.templatetags.figures import spaced

LATEST_ROWS = 100
LARGEST_ZONES = 10
THEMES = ("dark", "light")
UNREACHABLE_STATES = ("failed", "blocked")


@dataclass(frozen=True)
class Asked:
    """What the address asks for, and why a part of it was refused."""

    query: Selection
    nothing_selected: bool
    refusal: str


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
    asked = _asked(request.GET)
    stored = Stored() if asked.nothing_selected else _stored(asked.query)
    health = snapshot(datetime.now(UTC))
    context = {
        "asked": asked,
        "query": asked.query,
        "stored": stored,
        "health": health,
        "timeframes": TIMEFRAMES,
        "venues": _venues(asked, health),
        "no_venue_reachable": _no_venue_reachable(health),
        "quiet": _quiet(asked.query, health),
        "embedded": _embedded(asked, stored, health),
    }
    return render(request, "heatmap/page.html", context, status=400 if asked.refusal else 200)


def _asked(given: QueryDict) -> Asked:
    """Read the address; what it gets wrong is said, and a default is shown in its place."""
    values = given.dict()
    if "exchanges" in given:
        values["exchanges"] = ",".join(filter(None, given.getlist("exchanges")))
    nothing_selected = values.get("exchanges") == ""
    try:
        return Asked(HeatmapParameters.parse(values), nothing_selected, "")
    except BadParameters as error:
        good = set(HeatmapParameters().fields) - set(error.errors)
        accepted = {name: values[name] for name in good & set(values)}
        return Asked(HeatmapParameters.parse(accepted), nothing_selected, error.detail)


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


def _venues(asked: Asked, health: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return for each venue what its chip, its legend and its rows show."""
    selected = () if asked.nothing_selected else asked.query.exchanges
    return {
        name: {
            "display_name": adapter.display_name,
            "color": adapter.color,
            "completeness": adapter.completeness,
            "completeness_rule": adapter.completeness_rule,
            "is_selected": name in selected,
            "health": health["exchanges"][name],
        }
        for name, adapter in adapters().items()
    }


def _no_venue_reachable(health: dict[str, Any]) -> bool:
    states = {row["state"] for row in health["exchanges"].values()} - {"off"}
    return bool(states) and states.issubset(UNREACHABLE_STATES)


def _quiet(query: Selection, health: dict[str, Any]) -> str:
    """Return why there may be nothing to see."""
    nothing = f"No liquidation of {query.symbol} in the last {spaced(query.timeframe or '')}."
    rows = [health["exchanges"][name] for name in query.exchanges]
    if any(row["is_connected"] for row in rows):
        return f"Live. {nothing}"
    if any(row["state"] == "connecting" for row in rows):
        return f"Connecting. {nothing}"
    return f"Not collecting now. {nothing}"


def _embedded(asked: Asked, stored: Stored, health: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page's modules start from, so that they need not ask for it again."""
    return {
        "query": {
            "symbol": asked.query.symbol,
            "timeframe": asked.query.timeframe,
            "exchanges": [] if asked.nothing_selected else asked.query.exchanges,
        },
        "grid": stored.grid,
        "latest": stored.latest,
        "health": health,
        "venues": {
            name: {
                "display_name": adapter.display_name,
                "color": adapter.color,
                "completeness": adapter.completeness,
            }
            for name, adapter in adapters().items()
        },
    }
