"""The page `/stats/`: who liquidated how much in the last hours, and how alike venues move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from exchanges.adapters import adapters
from heatmap.answers.correlation import correlations
from heatmap.answers.history import summary
from heatmap.answers.matrix import Square, square
from heatmap.answers.spread import spreads
from heatmap.answers.stored import symbols
from heatmap.answers.venue_table import VenueRow, venue_rows, whole_row
from heatmap.health import snapshot
from heatmap.page_parameters import Asked, asked
from heatmap.page_parts import (
    UNREADABLE,
    no_venue_reachable,
    shown_health,
    stopped_words,
    venues,
)
from heatmap.shapes.liquidations import Spreads
from heatmap.shapes.totals import Summary, SymbolRow
from heatmap.sorting import headings, ordered
from heatmap.stats_parameters import COMPARED, SYMBOL_COLUMNS, VENUE_COLUMNS, StatsParameters
from heatmap.symbols import UnknownSymbol, require_known

SHOWN_SYMBOLS = 30
SHOWN_SPREADS = 50


@dataclass(frozen=True)
class WindowTable:
    """One window as a table; `csv_url` gives the same rows."""

    timeframe: str
    rows: list[VenueRow]
    whole: VenueRow
    csv_url: str


@dataclass(frozen=True)
class Stored:
    """What the store tells; `refusal` says why it could not be read."""

    windows: tuple[WindowTable, ...] = ()
    symbols: tuple[SymbolRow, ...] = ()
    square: Square | None = None
    spreads: Spreads | None = None
    refusal: str = ""


@require_safe
def stats(request: HttpRequest) -> HttpResponse:
    """Show totals by venue and window, by symbol, correlations, spreads."""
    found = _of_known_symbol(asked(request.GET, StatsParameters))
    health = snapshot(found.query.asked_at)
    shown = shown_health(health)
    stored = Stored() if found.nothing_selected else _stored(found)
    context = {
        "asked": found,
        "query": found.query,
        "values": found.values,
        "stored": stored,
        "health": shown,
        "stopped": stopped_words(health),
        "venues": venues(found, shown),
        "no_venue_reachable": no_venue_reachable(health),
        "timeframes": COMPARED,
        "shown_symbols": stored.symbols[:SHOWN_SYMBOLS],
        "venue_headings": headings(VENUE_COLUMNS, found.values["sort"]),
        "symbol_headings": headings(SYMBOL_COLUMNS, found.values["symbol_sort"]),
        "csv": _csv_urls(found.values),
        "embedded": {"health": health},
    }
    return render(request, "stats/page.html", context, status=400 if found.refusal else 200)


def _of_known_symbol(found: Asked) -> Asked:
    """Return what is asked for, without a symbol of which nothing can be stored."""
    try:
        require_known(found.query.symbol)
    except UnknownSymbol as error:
        values = {name: value for name, value in found.values.items() if name != "symbol"}
        query = replace(found.query, symbol=None)
        return replace(found, query=query, values=values, refusal=str(error))
    except UNREADABLE:
        return found
    return found


def _stored(found: Asked) -> Stored:
    selection, values = found.query, found.values
    try:
        told = correlations(selection)
        return Stored(
            windows=_windows(summary(selection, "none"), values),
            symbols=tuple(
                ordered(
                    symbols(selection.exchanges, selection.asked_at)["symbols"],
                    values["symbol_sort"],
                )
            ),
            square=square(told["pairs"], told["exchanges"]),
            spreads=spreads(selection, values["threshold"], SHOWN_SPREADS),
        )
    except UNREADABLE as error:
        return Stored(refusal=str(error))


def _windows(told: Summary, values: Mapping[str, Any]) -> tuple[WindowTable, ...]:
    return tuple(
        WindowTable(
            timeframe=timeframe,
            rows=ordered(venue_rows(window), values["sort"]),
            whole=whole_row(window),
            csv_url=_url("stats-exchanges", _given(values, "sort") | {"timeframe": timeframe}),
        )
        for timeframe, window in told["windows"].items()
    )


def _csv_urls(values: Mapping[str, Any]) -> dict[str, str]:
    compared = _given(values, "timeframe", "threshold")
    some = _given(values, "symbol_sort")
    some.pop("symbol", None)
    return {
        "symbols": _url("stats-symbols", some),
        "correlation": _url("stats-correlation", compared),
        "spread": _url("stats-spread", compared),
    }


def _given(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return these values and the filters, as an address has them; all venues go unsaid."""
    wanted = {name: values[name] for name in ("symbol", *names) if name in values}
    if len(values["exchanges"]) < len(adapters()):
        wanted["exchanges"] = ",".join(values["exchanges"])
    return wanted


def _url(name: str, values: dict[str, Any]) -> str:
    query = urlencode(values, safe=",")
    return f"{reverse(name)}?{query}" if query else reverse(name)
