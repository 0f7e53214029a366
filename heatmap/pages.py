"""The pages, complete without JavaScript: address in, one read of the store, HTML out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe

from heatmap import queries
from heatmap.answers.heatmap import bands
from heatmap.answers.history import SUMMARY_HOURS, summary
from heatmap.bins import INTERVALS
from heatmap.chart_layers import Charted, ChartParameters, Shown, charted, told_rules
from heatmap.early import begun_early
from heatmap.fields import TYPES
from heatmap.health import snapshot
from heatmap.page_parameters import Asked, SteppedParameters, asked, embedded_query
from heatmap.page_parts import (
    UNREADABLE,
    described_venues,
    exports,
    largest_words,
    no_venue_reachable,
    quiet,
    shown_health,
    stopped_words,
    venues,
)
from heatmap.parameters import TIMEFRAMES, BadParameters
from heatmap.shapes.heatmap import GridColumns, Zone
from heatmap.shapes.totals import Summary, Window
from heatmap.symbols import UnknownSymbol, ranked_symbols, require_known

TEMPLATE = "heatmap/page.html"
LATEST_ROWS = 100
LARGEST_ZONES = 10
STRIP = [f"{hours}h" for hours in SUMMARY_HOURS]
THEMES = ("dark", "light")


@dataclass(frozen=True)
class Stored:
    """What the store knows about a query; `refusal` says why it could not be read."""

    charted: Charted | None = None
    summary: Summary | None = None
    zones: tuple[Zone, ...] = ()
    latest: tuple[dict[str, Any], ...] = ()
    symbols: tuple[str, ...] = ()
    refusal: str = ""
    largest: str = ""

    @property
    def grid(self) -> GridColumns | None:
        """Return what was observed."""
        return self.charted.grid if self.charted else None


class ChartedParameters(ChartParameters, SteppedParameters):
    """The parameters of the page's address."""


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
def heatmap(request: HttpRequest) -> HttpResponseBase:
    """Liquidations of one symbol: chart, totals, tape, and how the venues are doing."""
    shown = Shown.of(request.GET.dict())
    wanted = asked(request.GET, ChartedParameters)
    known = {"query": wanted.query}
    if wanted.steps or wanted.refusal:
        # Whether there would be too many steps is known last, and is told by the status.
        context = known | _context(wanted, shown)
        status = 400 if context["asked"].refusal else 200
        return render(request, TEMPLATE, context, status=status)
    return begun_early(request, TEMPLATE, known, partial(_context, wanted, shown))


def _context(wanted: Asked, shown: Shown) -> dict[str, Any]:
    found, stored = _answered(wanted, shown)
    health = snapshot(datetime.now(UTC))
    displayed = shown_health(health)
    return {
        "asked": found,
        "query": found.query,
        "shown": shown,
        "stored": stored,
        "health": displayed,
        "stopped": stopped_words(health),
        "timeframes": TIMEFRAMES,
        "intervals": INTERVALS,
        "strip": _strip(stored),
        "venues": venues(found, displayed),
        "no_venue_reachable": no_venue_reachable(health),
        "quiet": quiet(found.query, health) + stored.largest,
        "exports": exports(found),
        "embedded": _embedded(found, shown, stored, health),
    }


def _answered(found: Asked, shown: Shown) -> tuple[Asked, Stored]:
    """Return what is stored; steps of which there would be too many are said and left out."""
    if found.nothing_selected:
        return found, Stored()
    try:
        return found, _stored(found, shown)
    except (UnknownSymbol, *UNREADABLE) as error:
        return found, Stored(refusal=str(error))
    except BadParameters as error:
        return _answered(replace(found.without_steps(), refusal=error.detail), shown)


def _stored(found: Asked, shown: Shown) -> Stored:
    query, levels = found.query, found.steps.get("price_bin_size")
    require_known(query.symbol)
    drawn = charted(query, shown, found.steps.get("interval"), levels)
    return Stored(
        charted=drawn,
        summary=summary(replace(query, end=query.asked_at), "none"),
        zones=tuple(_largest(bands(drawn.grid))),
        latest=tuple(queries.latest(replace(query, types=TYPES), LATEST_ROWS)),
        symbols=ranked_symbols(),
        largest="" if drawn.grid["totals"]["count"] else largest_words(query),
    )


def _strip(stored: Stored) -> dict[str, Window | None]:
    """Return the windows of the totals strip, empty where nothing could be read."""
    found = stored.summary["windows"] if stored.summary else {}
    return {name: found.get(name) for name in STRIP}


def _largest(found: list[Zone]) -> list[Zone]:
    valued = [zone for zone in found if zone["total_density"]]
    valued.sort(key=lambda zone: -zone["total_density"])
    return valued[:LARGEST_ZONES]


def _embedded(
    found: Asked, shown: Shown, stored: Stored, health: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what the page's modules start from, so that they need not ask for it again."""
    layers = stored.charted
    return {
        "query": embedded_query(found),
        "grid": stored.grid,
        "summary": stored.summary,
        "predicted": layers.predicted if layers else None,
        "candles": layers.candles if layers else None,
        "shown": asdict(shown),
        "rules": told_rules(),
        "latest": stored.latest,
        "health": health,
        "venues": described_venues(),
    }
