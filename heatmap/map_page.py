"""The page `/map/`: what would be liquidated at which price, as it was frozen last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from heatmap.answers.predicted_levels import BANDS, liquidation_map
from heatmap.answers.sources import Wanted
from heatmap.api.parameters import price_bin_size_field
from heatmap.api.predicted import BandsField, PredictionParameters, wanted_of
from heatmap.fields import ExchangesField, SymbolField, TimeField, choice
from heatmap.health import snapshot
from heatmap.page_parameters import address_values, forgiving
from heatmap.page_parts import (
    UNREADABLE,
    described_venues,
    no_venue_reachable,
    shown_health,
    stopped_words,
    venues,
)
from heatmap.parameters import DEFAULT_SYMBOL, BadParameters, validated
from heatmap.shapes.predicted import LiquidationMap
from heatmap.symbols import UnknownSymbol, ranked_symbols, require_known
from heatmap.templatetags.figures import plain
from heatmap.zone_queries import MarketPart, market_parts

GATHERED = timedelta(days=30)
WEIGHTINGS = {
    "notional": "USD added up",
    "share": "by what was traded",
    "equal": "all exchanges alike",
}
STACKS = {"exchange": "By exchange", "leverage": "By leverage"}
BAND_COLORS = {
    "100x": "#ff6384",
    "50x": "#ff9f40",
    "25x": "#4a90e2",
    "10x": "#6ba3ff",
    "5x": "#5dd3d3",
    "3x": "#9a8fb5",
}
OPTIONAL = ("at", "side", "zone_weighting", "price_min", "price_max", "price_bin_size", "stack")


class MapPageParameters(PredictionParameters):
    """The parameters of the page's address: those of `GET /liquidations/map`, and `stack`."""

    # Without a control of its own: what is guessed is not mixed in here.
    impute = None  # type: ignore[assignment]
    symbol = SymbolField(default=DEFAULT_SYMBOL)
    exchanges = ExchangesField()
    at = TimeField(required=False)
    side = choice(("long", "short"), required=False)
    price_bin_size = price_bin_size_field()
    bands = BandsField()
    stack = choice(STACKS, required=False)


@dataclass(frozen=True)
class MapAsked:
    """What the address asks for, and why a part of it was refused; `at` is None for now."""

    query: Wanted
    at: datetime | None
    bands: tuple[str, ...]
    stack: str
    nothing_selected: bool
    refusal: str


@dataclass(frozen=True)
class Stored:
    """What is frozen; `lacking` is what is stored where nothing is, `refusal` why none was read."""

    map: LiquidationMap | None = None
    lacking: tuple[MarketPart, ...] = ()
    symbols: tuple[str, ...] = ()
    refusal: str = ""


@require_safe
def liquidation_map_page(request: HttpRequest) -> HttpResponse:
    """Show the newest frozen columns of one symbol by price."""
    now = datetime.now(UTC)
    found = map_asked(request.GET)
    stored = Stored()
    if not found.nothing_selected:
        found, stored = _stored(found, now)
    health = snapshot(now)
    shown = shown_health(health)
    context = {
        "asked": found,
        "query": found.query,
        "stored": stored,
        "health": shown,
        "stopped": stopped_words(health),
        "now": now,
        "stacks": STACKS,
        "weightings": WEIGHTINGS,
        "bands": _bands(found),
        "venues": venues(found, shown),
        "no_venue_reachable": no_venue_reachable(health),
        "kernels": kernels(stored.map),
        "embedded": _embedded(found, stored, health),
    }
    return render(request, "map/page.html", context, status=400 if found.refusal else 200)


def map_asked(given: QueryDict) -> MapAsked:
    """Read the address; what it gets wrong is said, and a default is shown in its place."""
    values = address_values(given, OPTIONAL, ("exchanges", "bands"))
    (query, checked), refusal = forgiving(MapPageParameters, _parse, values)
    return MapAsked(
        query,
        checked.get("at"),
        checked["bands"],
        checked.get("stack", "exchange"),
        values.get("exchanges") == "",
        refusal,
    )


def _parse(given: Mapping[str, Any]) -> tuple[Wanted, Mapping[str, Any]]:
    checked = validated(MapPageParameters, given)
    return wanted_of(checked), checked


def _stored(found: MapAsked, now: datetime) -> tuple[MapAsked, Stored]:
    """Return the map, and what was asked for without a price step that does not fit."""
    try:
        symbols = ranked_symbols()
        require_known(found.query.symbol)
        told = liquidation_map(found.query, found.at or now, now, found.bands)
        lacking = () if told["frozen_at"] else market_parts(found.query.symbol, now - GATHERED)
        return found, Stored(told, tuple(lacking), symbols)
    except BadParameters as error:
        usual = replace(found.query, price_bin_size=None)
        return _stored(replace(found, query=usual, refusal=error.detail), now)
    except UnknownSymbol as error:
        return found, Stored(symbols=symbols, refusal=str(error))
    except UNREADABLE as error:
        return found, Stored(refusal=str(error))


def _bands(found: MapAsked) -> dict[str, dict[str, Any]]:
    """Return for each band what its chip shows."""
    return {
        reach.band: {
            "from_pct": reach.start,
            "to_pct": reach.end,
            "color": BAND_COLORS[reach.band],
            "is_selected": reach.band in found.bands,
        }
        for reach in BANDS
    }


def kernels(told: LiquidationMap | None) -> dict[str, list[str]]:
    """Return the exchanges by the kernel of their newest column: `flat-2cb5153e5d90`."""
    by_kernel: dict[str, list[str]] = {}
    for name, part in told["coverage"].items() if told else ():
        if part["kernel"]:
            by_kernel.setdefault(part["kernel"], []).append(name)
    return by_kernel


def _embedded(found: MapAsked, stored: Stored, health: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page's module starts from, so that it need not ask for it again."""
    return {
        "query": _embedded_query(found),
        "stack": found.stack,
        "map": stored.map,
        "health": health,
        "venues": described_venues(),
        "bands": _bands(found),
    }


def _embedded_query(found: MapAsked) -> dict[str, Any]:
    """Return the query as the page's module knows it: what is the usual is left out."""
    query = found.query
    told = {
        "symbol": query.symbol,
        "exchanges": [] if found.nothing_selected else query.exchanges,
        "at": found.at,
        "side": query.side,
        "zone_weighting": None if query.weighting == "notional" else query.weighting,
        "price_min": _text(query.price_min),
        "price_max": _text(query.price_max),
        "price_bin_size": _text(query.price_bin_size),
        "bands": None if len(found.bands) == len(BANDS) else ",".join(found.bands),
    }
    return {name: value for name, value in told.items() if value is not None}


def _text(number: float | None) -> str | None:
    return None if number is None else plain(number)
