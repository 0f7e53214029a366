"""What a page's address may hold: the API's own names, each of them a control on the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar, Protocol, Self, TypeVar

from django.http import QueryDict
from rest_framework import serializers

from heatmap.api.parameters import interval_field, price_bin_size_field
from heatmap.fields import ExchangesField, FiniteField, SymbolField, choice
from heatmap.parameters import (
    DEFAULT_SYMBOL,
    BadParameters,
    RangeParameters,
    Selection,
    validated,
)

Query = TypeVar("Query")

STEPS = ("interval", "price_bin_size")


class AddressParameters(serializers.Serializer[Any]):
    """What the address of a page takes.

    A plain form sends its empty fields too: blank ones of `optional` are left out.
    """

    optional: ClassVar[tuple[str, ...]] = ()


class PageParameters(AddressParameters, RangeParameters):
    """One symbol in one range, and which of its liquidations."""

    optional: ClassVar[tuple[str, ...]] = ("timeframe", "start", "end", "side", "min_value")

    symbol = SymbolField(default=DEFAULT_SYMBOL)
    exchanges = ExchangesField()
    side = choice(("long", "short"), required=False)
    min_value = FiniteField(required=False, min_value=0)


class SteppedParameters(PageParameters):
    """The same, and the steps of a chart."""

    optional = (*PageParameters.optional, *STEPS)

    interval = interval_field()
    price_bin_size = price_bin_size_field()


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


@dataclass(frozen=True)
class Asked:
    """What the address asks for, and why a part of it was refused.

    `values` are all checked parameters of the page, also those that filter nothing.
    """

    query: Selection
    nothing_selected: bool
    refusal: str
    values: Mapping[str, Any]

    @property
    def steps(self) -> dict[str, Any]:
        """Return those of STEPS that are asked for."""
        return {name: self.values[name] for name in STEPS if name in self.values}

    def without_steps(self) -> Self:
        """Return what is asked for, in whatever steps fit."""
        left = {name: value for name, value in self.values.items() if name not in STEPS}
        return replace(self, values=left)


def asked(given: QueryDict, parameters: type[AddressParameters] = PageParameters) -> Asked:
    """Read the address; what it gets wrong is said, and a default is shown in its place."""
    values = address_values(given, parameters.optional)
    (query, checked), refusal = forgiving(parameters, partial(_parse, parameters), values)
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
        accepted = {name: value for name, value in values.items() if name in good}
        # What does not fit together may be said of a name that was not given.
        left = accepted if len(accepted) < len(values) else {}
        return forgiving(parameters, parse, left)[0], error.detail


def _parse(
    parameters: type[AddressParameters], values: Mapping[str, Any]
) -> tuple[Selection, Mapping[str, Any]]:
    checked = validated(parameters, values)
    return Selection.of(checked, datetime.now(UTC)), checked


def embedded_query(asked: Asked) -> dict[str, Any]:
    """Return the query as the page's modules know it: what is not asked for is left out."""
    query = asked.query
    told = {
        "symbol": query.symbol,
        "timeframe": query.timeframe,
        "start": query.start if query.timeframe is None else None,
        "end": query.end if query.end != query.asked_at else None,
        "exchanges": [] if asked.nothing_selected else query.exchanges,
        "side": query.side,
        "min_value": query.min_value,
        **asked.steps,
    }
    return {name: value for name, value in told.items() if value is not None}
