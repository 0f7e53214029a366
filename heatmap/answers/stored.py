"""What is stored at all: symbols, and from when to when."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta

from heatmap.answers.parts import is_lower_bound
from heatmap.coverage import coverage
from heatmap.parameters import Selection
from heatmap.queries import date_range as stored_ranges
from heatmap.queries import symbol_values
from heatmap.rows import SymbolPart
from heatmap.shapes.totals import DateRange, SymbolRow, Symbols

DAY = timedelta(days=1)
LISTED = timedelta(days=30)


def date_range(symbol: str | None, exchanges: tuple[str, ...], now: datetime) -> DateRange:
    """Return from when to when something is stored, and what of that time was covered."""
    found = stored_ranges(symbol, exchanges)
    first = min((part.first_time for part in found), default=None)
    last = max((part.last_time for part in found), default=None)
    unknown = {part.exchange: part.unknown_values for part in found}
    return {
        "symbol": symbol,
        "start_date": first,
        "end_date": last,
        "count": sum(part.events for part in found),
        "per_exchange": {
            part.exchange: {
                "start_date": part.first_time,
                "end_date": part.last_time,
                "count": part.events,
            }
            for part in found
        },
        "coverage": coverage(exchanges, first or now, last or now, now, unknown),
    }


def symbols(exchanges: tuple[str, ...], now: datetime) -> Symbols:
    """Return the symbols of the last 30 days with what was liquidated in the last 24 hours."""
    day = Selection(None, "24h", exchanges, now - DAY, now, asked_at=now)
    month = symbol_values(replace(day, start=now - LISTED))
    lately: dict[str, list[SymbolPart]] = defaultdict(list)
    for part in symbol_values(day):
        lately[part.symbol].append(part)
    by_symbol: dict[str, list[SymbolPart]] = defaultdict(list)
    for part in month:
        by_symbol[part.symbol].append(part)
    rows = [_row(name, by_symbol[name], lately[name]) for name in by_symbol]
    rows.sort(key=lambda row: (-row["value_usd_24h"], row["symbol"]))
    return {
        "start": day.start,
        "end": day.end,
        "symbols": rows,
        "count": len(rows),
        "is_lower_bound": is_lower_bound(exchanges),
        "coverage": coverage(exchanges, day.start, day.end, now, _unknown(lately)),
    }


def _row(symbol: str, month: list[SymbolPart], day: list[SymbolPart]) -> SymbolRow:
    names = [part.exchange for part in month]
    return {
        "symbol": symbol,
        "exchanges": names,
        "value_usd_24h": sum(part.value_usd or 0.0 for part in day),
        "count_24h": sum(part.events for part in day),
        "unknown_value_count_24h": sum(part.unknown_values for part in day),
        "last_time": max(part.last_time for part in month),
        "is_lower_bound": is_lower_bound(names),
    }


def _unknown(lately: dict[str, list[SymbolPart]]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for part in (part for parts in lately.values() for part in parts):
        found[part.exchange] += part.unknown_values
    return found
