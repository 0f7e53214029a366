"""The tables of the statistics page as CSV: the same numbers, whole, with the words of the API."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from rest_framework import serializers

from heatmap.answers.correlation import correlations
from heatmap.answers.history import summary
from heatmap.answers.spread import spreads
from heatmap.answers.stored import symbols
from heatmap.answers.venue_table import VenueRow, venue_rows
from heatmap.page_parts import UNREADABLE
from heatmap.parameters import BadParameters, Selection, validated
from heatmap.sorting import ordered
from heatmap.stats_parameters import ComparedParameters, SymbolsParameters, VenuesParameters
from heatmap.symbols import UnknownSymbol, require_known

MOST_SPREADS = 500
CSV = "text/csv; charset=utf-8"
_VENUE = (
    "exchange", "long", "short", "total", "share_percent", "count", "unknown_value_count",
    "largest", "is_lower_bound", "covered_percent",
)  # fmt: skip
_SYMBOL = (
    "symbol", "value_usd_24h", "count_24h", "unknown_value_count_24h", "is_lower_bound",
    "last_time",
)  # fmt: skip
_PAIR = ("first", "second", "n", "correlation", "interval_low", "interval_high")

Rows = Iterable[Sequence[Any]]


def _table(
    name: str, parameters: type[serializers.Serializer[Any]]
) -> Callable[[Callable[[dict[str, Any]], Rows]], Callable[[HttpRequest], HttpResponse]]:
    """Make a view of a function that returns rows, the first of them the names of the columns."""

    def decorate(rows: Callable[[dict[str, Any]], Rows]) -> Callable[[HttpRequest], HttpResponse]:
        @require_safe
        def view(request: HttpRequest) -> HttpResponse:
            try:
                values = validated(parameters, request.GET)
                require_known(values.get("symbol"))
                return _file(name, list(rows(values)))
            except BadParameters as error:
                return _said(error.detail, 400)
            except UnknownSymbol as error:
                return _said(str(error), 404)
            except UNREADABLE as error:
                return _said(str(error), 503)

        return view

    return decorate


@_table("exchanges", VenuesParameters)
def exchanges_csv(values: dict[str, Any]) -> Rows:
    """One window of the table of venues."""
    told = summary(Selection.of(values, datetime.now(UTC)), "none")
    rows: list[VenueRow] = ordered(venue_rows(told["windows"][values["timeframe"]]), values["sort"])
    yield ("timeframe", *_VENUE)
    yield from ((values["timeframe"], *_picked(row, _VENUE)) for row in rows)


@_table("symbols", SymbolsParameters)
def symbols_csv(values: dict[str, Any]) -> Rows:
    """Every symbol of the last 30 days, with its last 24 hours."""
    rows = symbols(values["exchanges"], datetime.now(UTC))["symbols"]
    yield (*_SYMBOL, "exchanges")
    for row in ordered(rows, values["symbol_sort"]):
        yield (*_picked(row, _SYMBOL), " ".join(row["exchanges"]))


@_table("correlation", ComparedParameters)
def correlation_csv(values: dict[str, Any]) -> Rows:
    """Every pair of venues, a row each."""
    yield (*_PAIR, "best_lag_minutes")
    for pair in correlations(Selection.of(values, datetime.now(UTC)))["pairs"]:
        lag = pair["best_lag"]
        yield (*_picked(pair, _PAIR), lag["minutes"] if lag else None)


@_table("spread", ComparedParameters)
def spread_csv(values: dict[str, Any]) -> Rows:
    """Every venue's price in every second with prices apart, a row each."""
    selection = Selection.of(values, datetime.now(UTC))
    yield ("timestamp", "symbol", "spread_percent", "exchange", "price", "price_kind", "count")
    for spread in spreads(selection, values["threshold"], MOST_SPREADS)["spreads"]:
        second = (_text(spread["timestamp"]), spread["symbol"], spread["spread_percent"])
        for price in spread["prices"]:
            yield (*second, price["exchange"], price["price"], price["price_kind"], price["count"])


def _picked(row: Any, columns: Sequence[str]) -> list[Any]:
    return [_text(row[column]) for column in columns]


def _text(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value).lower() if isinstance(value, bool) else value


def _file(name: str, rows: Rows) -> HttpResponse:
    response = HttpResponse(content_type=CSV)
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    csv.writer(response).writerows(_noticed(rows))
    return response


def _noticed(rows: Rows) -> Rows:
    """Yield the rows, with what the site says of all its data in a last column, if it does."""
    said = settings.LIQSITE_NOTICE
    for index, row in enumerate(rows):
        yield (*row, said if index else "notice") if said else row


def _said(words: str, status: int) -> HttpResponse:
    return HttpResponse(words, content_type="text/plain; charset=utf-8", status=status)
