"""The page `/tape/`: single liquidations, newest first, with filters and links to their source."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from heatmap import queries
from heatmap.fields import TYPES, SymbolField
from heatmap.health import snapshot
from heatmap.live.limits import Limits
from heatmap.page_parameters import Asked, PageParameters, asked, embedded_query
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
from heatmap.parameters import TIMEFRAMES, Selection
from heatmap.symbols import UnknownSymbol, ranked_symbols, require_known

# As many as the page's module keeps: with fewer there could be a hole below the newest.
MOST_ROWS = 200


class TapeParameters(PageParameters):
    """The parameters of the page's address: those of `GET /liquidations`."""

    optional = ("symbol", *PageParameters.optional)

    symbol = SymbolField(required=False)


@dataclass(frozen=True)
class Stored:
    """The newest liquidations, and the symbols; `refusal` says why they could not be read."""

    latest: tuple[dict[str, Any], ...] = ()
    symbols: tuple[str, ...] = ()
    refusal: str = ""
    largest: str = ""


@require_safe
def tape(request: HttpRequest) -> HttpResponse:
    """Show the newest liquidations that pass the filters."""
    found = asked(request.GET, TapeParameters)
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
        "most_rows": MOST_ROWS,
        "exports": exports(found),
        "embedded": _embedded(found, stored, health),
    }
    return render(request, "tape/page.html", context, status=400 if found.refusal else 200)


def _stored(query: Selection) -> Stored:
    try:
        symbols = ranked_symbols()
        require_known(query.symbol)
        rows = tuple(queries.latest(replace(query, types=TYPES), MOST_ROWS))
        return Stored(rows, symbols, largest="" if rows else largest_words(query))
    except UnknownSymbol as error:
        return Stored(symbols=symbols, refusal=str(error))
    except UNREADABLE as error:
        return Stored(refusal=str(error))


def _embedded(found: Asked, stored: Stored, health: dict[str, Any]) -> dict[str, Any]:
    """Return what the page's module starts from; the socket follows so many symbols at most."""
    return {
        "query": embedded_query(found),
        "latest": stored.latest,
        "health": health,
        "venues": described_venues(),
        "symbols": stored.symbols[: Limits().symbols],
        "most_rows": MOST_ROWS,
    }
