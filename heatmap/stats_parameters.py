"""What the addresses of the statistics page and of its CSV files take."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from heatmap.answers.history import SUMMARY_HOURS
from heatmap.fields import ExchangesField, FiniteField, SymbolField, choice
from heatmap.page_parameters import AddressParameters
from heatmap.parameters import DEFAULT_TIMEFRAME, LONGEST_COMPARED, TIMEFRAMES
from heatmap.sorting import choices

WINDOWS = tuple(f"{hours}h" for hours in SUMMARY_HOURS)
COMPARED = tuple(name for name, length in TIMEFRAMES.items() if length <= LONGEST_COMPARED)

VENUE_COLUMNS = {
    "exchange": "Exchange",
    "long": "▼ long",
    "short": "▲ short",
    "total": "Total",
    "share_percent": "Share",
    "count": "Count",
    "largest": "Largest",
}
SYMBOL_COLUMNS = {
    "symbol": "Symbol",
    "value_usd_24h": "Total",
    "count_24h": "Count",
    "unknown_value_count_24h": "Unknown value",
    "last_time": "Last",
}


class CountedParameters(AddressParameters):
    """Which liquidations are counted."""

    optional = ("symbol", "threshold")

    symbol = SymbolField(required=False)
    exchanges = ExchangesField()


class ComparedParameters(CountedParameters):
    """The same, and over which range venues are compared."""

    timeframe = choice(
        COMPARED, f"A timeframe is one of {', '.join(COMPARED)}.", default=DEFAULT_TIMEFRAME
    )
    threshold = FiniteField(min_value=0, max_value=1000, default=2.0)


class StatsParameters(ComparedParameters):
    """The page: the same and the order of its tables."""

    sort = choice(choices(VENUE_COLUMNS), default="-total")
    symbol_sort = choice(choices(SYMBOL_COLUMNS), default="-value_usd_24h")


class VenuesParameters(CountedParameters):
    """One window of the table of venues, and its order."""

    timeframe = choice(WINDOWS, default=DEFAULT_TIMEFRAME)
    sort = choice(choices(VENUE_COLUMNS), default="-total")


class SymbolsParameters(serializers.Serializer[Any]):
    """The table of symbols, and its order."""

    exchanges = ExchangesField()
    symbol_sort = choice(choices(SYMBOL_COLUMNS), default="-value_usd_24h")
