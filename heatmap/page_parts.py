"""What several pages are made of: what the address asks for, and how the venues are doing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol, TypeVar

from django.http import QueryDict
from rest_framework import serializers

from exchanges.adapters import adapters
from exchanges.errors import QueryTooLarge, QueryTooLong, StoreUnavailable
from heatmap.fields import FiniteField, choice
from heatmap.parameters import BadParameters, HeatmapParameters, Selection, validated
from heatmap.templatetags.figures import spaced, usd

Query = TypeVar("Query")

UNREACHABLE_STATES = ("failed", "blocked")
UNREADABLE = (StoreUnavailable, QueryTooLong, QueryTooLarge)
"""What may keep a page from showing what is stored; each says so in a sentence."""


@dataclass(frozen=True)
class Asked:
    """What the address asks for, and why a part of it was refused.

    `values` are all checked parameters of the page, also those that filter nothing.
    """

    query: Selection
    nothing_selected: bool
    refusal: str
    values: Mapping[str, Any]


class Choosing(Protocol):
    """A query that is about some exchanges."""

    @property
    def exchanges(self) -> tuple[str, ...]:
        """Return their names."""


class AskedOfVenues(Protocol):
    """What the address of a page with chips asks for."""

    @property
    def query(self) -> Choosing:
        """Return the query."""

    @property
    def nothing_selected(self) -> bool:
        """Return whether no exchange is."""


class FilterParameters(HeatmapParameters):
    """The parameters of a page that filters by side and value, too."""

    side = choice(("long", "short"), required=False)
    min_value = FiniteField(required=False, min_value=0)


def asked(
    given: QueryDict,
    parameters: type[HeatmapParameters] = HeatmapParameters,
    optional: tuple[str, ...] = (),
) -> Asked:
    """Read the address; what it gets wrong is said, and a default is shown in its place.

    Blank `optional` values are those of a plain form's empty fields: left out.
    """
    values = address_values(given, optional)
    checked, refusal = forgiving(parameters, partial(validated, parameters), values)
    query = Selection.of(checked, datetime.now(UTC))
    return Asked(query, values.get("exchanges") == "", refusal, checked)


def address_values(
    given: QueryDict, optional: tuple[str, ...] = (), lists: tuple[str, ...] = ("exchanges",)
) -> dict[str, Any]:
    """Return the address's values: `lists` joined by commas, blank `optional` ones left out."""
    values = {name: value for name, value in given.dict().items() if value or name not in optional}
    joined = {name: ",".join(filter(None, given.getlist(name))) for name in lists if name in given}
    return values | joined


def forgiving(
    parameters: type[serializers.Serializer[Any]],
    parse: Callable[[Mapping[str, Any]], Query],
    values: Mapping[str, Any],
) -> tuple[Query, str]:
    """Return what the values ask for, without those that are refused, and the refusal."""
    try:
        return parse(values), ""
    except BadParameters as error:
        good = set(parameters().fields) - set(error.errors)
        accepted = {name: values[name] for name in good & set(values)}
        return forgiving(parameters, parse, accepted)[0], error.detail


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


def no_venue_reachable(health: Mapping[str, Any]) -> bool:
    """Tell whether every venue that is switched on cannot be reached."""
    states = {row["state"] for row in health["exchanges"].values()} - {"off"}
    return bool(states) and states.issubset(UNREACHABLE_STATES)


def quiet(query: Selection, health: Mapping[str, Any]) -> str:
    """Return why there may be nothing to see."""
    nothing = f"No {_wanted(query)} in the last {spaced(query.timeframe or '')}."
    rows = [health["exchanges"][name] for name in query.exchanges]
    if any(row["is_connected"] for row in rows):
        return f"Live. {nothing}"
    if any(row["state"] == "connecting" for row in rows):
        return f"Connecting. {nothing}"
    return f"Not collecting now. {nothing}"


def _wanted(query: Selection) -> str:
    """Write what passes the filters: `long liquidation of BTCUSDT of at least $10.0K`."""
    side = f"{query.side} " if query.side else ""
    symbol = f" of {query.symbol}" if query.symbol else ""
    value = "" if query.min_value is None else f" of at least {usd(query.min_value)}"
    return f"{side}liquidation{symbol}{value}"


def embedded_query(asked: Asked) -> dict[str, Any]:
    """Return the query as the page's modules know it: what is not asked for is left out."""
    query = asked.query
    told = {
        "symbol": query.symbol,
        "timeframe": query.timeframe,
        "exchanges": [] if asked.nothing_selected else query.exchanges,
        "side": query.side,
        "min_value": query.min_value,
    }
    return {name: value for name, value in told.items() if value is not None}
