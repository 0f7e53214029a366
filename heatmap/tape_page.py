"""The page `/tape/`: single liquidations, newest first, with filters and links to their source."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from exchanges.adapters import adapters
from exchanges.errors import StoreUnavailable
from heatmap import queries
from heatmap.fields import TYPES, SymbolField
from heatmap.health import snapshot
from heatmap.live.limits import Limits
from heatmap.page_parts import (
    Asked,
    FilterParameters,
    asked,
    described_venues,
    embedded_query,
    no_venue_reachable,
    quiet,
    venues,
)
from heatmap.parameters import TIMEFRAMES, Selection
from heatmap.symbols import UnknownSymbol, require_known
from heatmap.templatetags.figures import plain

# As many as the page's module keeps: with fewer there could be a hole below the newest.
MOST_ROWS = 200
OPTIONAL = ("symbol", "side", "min_value")
EXPORTED = {"csv": "CSV", "parquet": "Parquet"}


class TapeParameters(FilterParameters):
    """The parameters of the page's address: those of `GET /liquidations`."""

    symbol = SymbolField(required=False)


@dataclass(frozen=True)
class Stored:
    """The newest liquidations, and the symbols; `refusal` says why they could not be read."""

    latest: tuple[dict[str, Any], ...] = ()
    symbols: tuple[str, ...] = ()
    refusal: str = ""


@require_safe
def tape(request: HttpRequest) -> HttpResponse:
    """Show the newest liquidations that pass the filters."""
    found = asked(request.GET, TapeParameters, OPTIONAL)
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
        "most_rows": MOST_ROWS,
        "exports": _exports(found.query),
        "embedded": _embedded(found, stored, health),
    }
    return render(request, "tape/page.html", context, status=400 if found.refusal else 200)


def _stored(query: Selection) -> Stored:
    try:
        symbols = tuple(queries.symbols())
        require_known(query.symbol)
        rows = tuple(queries.latest(replace(query, types=TYPES), MOST_ROWS))
        return Stored(rows, symbols)
    except UnknownSymbol as error:
        return Stored(symbols=symbols, refusal=str(error))
    except StoreUnavailable as error:
        return Stored(refusal=str(error))


def _exports(query: Selection) -> list[tuple[str, str, str]]:
    """Return format, label and query of each export with the same filters."""
    every = len(query.exchanges) == len(adapters())
    told = {
        "symbol": query.symbol,
        "timeframe": query.timeframe,
        "exchanges": None if every else ",".join(query.exchanges),
        "side": query.side,
        "min_value": None if query.min_value is None else plain(query.min_value),
    }
    filters = {name: value for name, value in told.items() if value is not None}
    return [
        (form, label, urlencode(filters | {"format": form})) for form, label in EXPORTED.items()
    ]


def _embedded(found: Asked, stored: Stored, health: dict[str, Any]) -> dict[str, Any]:
    """Return what the page's module starts from; the socket follows so many symbols at most."""
    return {
        "query": embedded_query(found),
        "latest": stored.latest,
        "health": health,
        "venues": described_venues(),
        "symbols": stored.symbols[: Limits().symbols],
        "timeframes": {name: span.total_seconds() for name, span in TIMEFRAMES.items()},
        "most_rows": MOST_ROWS,
    }
