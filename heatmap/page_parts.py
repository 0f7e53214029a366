"""What several pages are made of: venues and how they are doing, files of what is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from exchanges.adapters import adapters
from exchanges.errors import QueryTooLarge, QueryTooLong, StoreUnavailable
from heatmap import queries
from heatmap.page_parameters import Asked, AskedOfVenues, embedded_query
from heatmap.parameters import Selection
from heatmap.templatetags.figures import ago, as_query, clock, range_words, usd

UNREACHABLE_STATES = ("failed", "blocked")
UNREADABLE = (StoreUnavailable, QueryTooLong, QueryTooLarge)
"""What may keep a page from showing what is stored; each says so in a sentence."""
EXPORTED = {"csv": "CSV", "parquet": "Parquet"}


def venues(asked: AskedOfVenues, health: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return for each venue what its chip, its legend and its rows show."""
    selected = () if asked.nothing_selected else asked.query.exchanges
    return {
        name: venue
        | {
            "completeness_rule": adapters()[name].completeness_rule,
            "is_selected": name in selected,
            "health": health["exchanges"][name],
        }
        for name, venue in described_venues().items()
    }


def described_venues() -> dict[str, dict[str, str]]:
    """Return for each venue what the page's modules write with."""
    return {
        name: {
            "display_name": adapter.display_name,
            "color": adapter.color,
            "completeness": adapter.completeness,
        }
        for name, adapter in adapters().items()
    }


def shown_health(health: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return health as a page shows it: of a stopped worker's venues the state is unknown."""
    if not is_stopped(health):
        return health
    rows = {name: row | {"state": "unknown"} for name, row in health["exchanges"].items()}
    return {**health, "exchanges": rows}


def is_stopped(health: Mapping[str, Any]) -> bool:
    """Tell whether a worker ran before and does not now."""
    return not health["worker"]["is_running"] and health["worker"]["since"] is not None


def stopped_words(health: Mapping[str, Any]) -> str:
    """Return since when nothing is collected; nothing while it is."""
    worker = health["worker"]
    if worker["is_running"]:
        return ""
    if not is_stopped(health):
        return "No collector has run yet."
    times = [row["last_event_at"] for row in health["exchanges"].values() if row["last_event_at"]]
    last = f" (last event {clock(max(times))} UTC)" if times else ""
    return f"The collector stopped {ago(worker['since'], health['timestamp'])} ago{last}."


def no_venue_reachable(health: Mapping[str, Any]) -> bool:
    """Tell whether every venue that is switched on cannot be reached."""
    states = {row["state"] for row in health["exchanges"].values()} - {"off"}
    return bool(states) and states.issubset(UNREACHABLE_STATES)


def quiet(query: Selection, health: Mapping[str, Any]) -> str:
    """Return why there may be nothing to see."""
    when = range_words(query)
    is_until_now = query.timeframe and query.end == query.asked_at
    nothing = f"No {_wanted(query)} in the {'last' if is_until_now else 'range'} {when}."
    rows = [health["exchanges"][name] for name in query.exchanges]
    if any(row["is_connected"] for row in rows):
        return f"Live. {nothing}"
    if any(row["state"] == "connecting" for row in rows):
        return f"Connecting. {nothing}"
    return f"Not collecting now. {nothing}"


def largest_words(query: Selection) -> str:
    """Return what is the largest that a minimum holds back. Raises StoreUnavailable."""
    if query.min_value is None:
        return ""
    found = queries.largest(replace(query, min_value=None))
    return "" if found is None else f" Largest was {usd(found)}."


def _wanted(query: Selection) -> str:
    """Write what passes the filters: `long liquidation of BTCUSDT ≥ $10.0K`."""
    side = f"{query.side} " if query.side else ""
    symbol = f" of {query.symbol}" if query.symbol else ""
    value = "" if query.min_value is None else f" ≥ {usd(query.min_value)}"
    return f"{side}liquidation{symbol}{value}"


def exports(asked: Asked) -> list[tuple[str, str, str]]:
    """Return format, label and query of each file of single liquidations with the same filters."""
    told = {name: value for name, value in embedded_query(asked).items() if name not in asked.steps}
    if len(told["exchanges"]) == len(adapters()):
        del told["exchanges"]
    filters = {name: as_query(value) for name, value in told.items()}
    return [
        (form, label, urlencode(filters | {"format": form})) for form, label in EXPORTED.items()
    ]
