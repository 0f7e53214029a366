"""Questions to the store: one typed function per SQL file, rows in, answers out.

Each may raise exchanges.errors.StoreUnavailable.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from exchanges import store
from heatmap.parameters import Selection
from heatmap.rows import (
    Cell,
    Column,
    Cursor,
    Extent,
    KlineRow,
    LastPrice,
    Minutes,
    SpreadRow,
    Stored,
    SymbolPart,
    WindowPart,
)

# The columns of sql/latest.sql; sql/event.sql has the raw ones too.
LIQUIDATION_COLUMNS = (
    "event_id", "exchange", "instrument_id", "symbol", "side", "price", "price_kind", "quantity",
    "value_usd", "liquidation_type", "completeness", "confidence", "exchange_time",
    "received_time", "adapter_version",
)  # fmt: skip
EVENT_COLUMNS = (*LIQUIDATION_COLUMNS, "raw_side", "raw_size", "raw_unit", "raw")

# A candle that closed longer ago tells nothing of the price now.
OLDEST_PRICE, CANDLE = timedelta(minutes=15), timedelta(minutes=5)

_SQL = Path(__file__).parent / "sql"
_DAY = timedelta(days=1)


def extent(selection: Selection) -> Extent:
    """Return the price and time range of what is selected."""
    [row] = _selected("extent", selection)
    return Extent(*row)


def cells(selection: Selection, time_step: int, price_step: float) -> list[Cell]:
    """Return the cells; bins are counted from the epoch and from price zero."""
    found = _selected("cells", selection, time_step=time_step, price_step=price_step)
    return [Cell(*row) for row in found]


def columns(selection: Selection, time_step: int, price_step: float) -> list[Column]:
    """Return the cells in columns, by exchange and side; bins are counted as those of `cells`."""
    found = _selected("columns", selection, time_step=time_step, price_step=price_step)
    return [Column(*row) for row in found]


def buckets(selection: Selection, time_step: int) -> list[Cell]:
    """Return the cells of time alone."""
    found = _selected("buckets", selection, time_step=time_step)
    return [Cell(exchange, side, time, None, *rest) for exchange, side, time, *rest in found]


def minutes(selection: Selection) -> list[Minutes]:
    """Return the value of every minute, exchange by exchange."""
    return [Minutes(*row) for row in _selected("minutes", selection)]


def latest(selection: Selection, limit: int, after: Cursor | None = None) -> list[dict[str, Any]]:
    """Return the newest liquidations, as rows of the API; those after a cursor, if given.

    They are looked for in the newest day first: a year is read only when that is not enough.
    """
    newest = min(selection.end, after.exchange_time) if after else selection.end
    rows = _latest(replace(selection, start=max(selection.start, newest - _DAY)), limit, after)
    if len(rows) < limit and newest - _DAY > selection.start:
        rows = _latest(selection, limit, after)
    return [dict(zip(LIQUIDATION_COLUMNS, row, strict=True)) for row in rows]


def _latest(selection: Selection, limit: int, after: Cursor | None) -> list[tuple[Any, ...]]:
    time, event_id = after or (None, None)
    return _selected("latest", selection, limit=limit, cursor_time=time, cursor_id=event_id)


def event(event_id: str) -> dict[str, Any] | None:
    """Return one liquidation with its raw columns, None when there is none of that id."""
    exchange = event_id.partition(":")[0]
    rows = _rows("event", event_id=event_id, exchange=exchange)
    return dict(zip(EVENT_COLUMNS, rows[0], strict=True)) if rows else None


def unknown_values(selection: Selection) -> dict[str, int]:
    """Return how many rows of each exchange have no value in USD."""
    return dict(_selected("unknown_values", selection))


def windows(selection: Selection, hours: list[int]) -> list[WindowPart]:
    """Return the parts of windows of so many hours (sorted), all ending with the selection."""
    return [WindowPart(*row) for row in _selected("windows", selection, hours=hours)]


def largest(selection: Selection) -> float | None:
    """Return the largest value in USD, None where none is known."""
    [(value,)] = _selected("largest", selection)
    return None if value is None else float(value)


def last_price(selection: Selection) -> LastPrice | None:
    """Return the newest stored price, None when there is none; the newest day is read first."""
    newest = replace(selection, start=max(selection.start, selection.end - _DAY))
    rows = _selected("last_price", newest) or _selected("last_price", selection)
    return LastPrice(*rows[0]) if rows else None


def klines(symbol: str, start: datetime, end: datetime, step: int) -> list[KlineRow]:
    """Return candles of so many seconds opened in [start, end), of one venue."""
    rows = _rows("klines", symbol=symbol, start=start, end=end, step=step)
    return [KlineRow(*row) for row in rows]


def market_price(selection: Selection) -> float | None:
    """Return where the symbol's newest candle closed; None when that is long ago."""
    since = selection.asked_at - OLDEST_PRICE - CANDLE
    rows = _rows("market_price", symbol=selection.symbol, since=since)
    return float(rows[0][0]) if rows else None


def date_range(symbol: str | None, exchanges: tuple[str, ...]) -> list[Stored]:
    """Return from when to when each exchange has something stored."""
    rows = _rows("date_range", symbol=symbol, exchanges=list(exchanges))
    return [Stored(*row) for row in rows]


def symbol_values(selection: Selection) -> list[SymbolPart]:
    """Return what was liquidated of each symbol on each exchange."""
    return [SymbolPart(*row) for row in _selected("symbol_values", selection)]


def spreads(selection: Selection, threshold: float, limit: int) -> list[SpreadRow]:
    """Return the seconds with prices so many percent apart, widest first."""
    rows = _selected("spreads", selection, threshold=threshold, limit=limit)
    return [SpreadRow(*row) for row in rows]


def known_symbols() -> frozenset[str]:
    """Return every symbol of which something is stored."""
    return frozenset(symbol for (symbol,) in _rows("known_symbols"))


def symbols(now: datetime | None = None) -> list[str]:
    """Return the symbols of the last 30 days, the most liquidated first."""
    start = (now or datetime.now(UTC)) - timedelta(days=30)
    return [symbol for (symbol,) in _rows("symbols", start=start)]


def _selected(name: str, selection: Selection, **parameters: Any) -> list[tuple[Any, ...]]:
    return _rows(name, **selecting(selection), **parameters)


def _rows(name: str, **parameters: Any) -> list[tuple[Any, ...]]:
    return store.query(settings.LIQSITE_LAKE, sql(name), parameters)


def selecting(selection: Selection) -> dict[str, Any]:
    """Return the parameters of sql/selected.sql."""
    return {
        "symbol": selection.symbol,
        "exchanges": list(selection.exchanges),
        "start": selection.start,
        "end": selection.end,
        "side": selection.side,
        "types": list(selection.types),
        "min_value": selection.min_value,
        "max_value": selection.max_value,
    }


@cache
def sql(name: str, *, is_as_of_snapshot: bool = False) -> str:
    """Return the text of a file, `FROM selected` and `FROM binned` in it standing for those files.

    As of a snapshot of the store, it takes the parameter `$snapshot`, too.
    """
    selected = (_SQL / "selected.sql").read_text()
    if is_as_of_snapshot:
        selected = selected.replace(
            "FROM liquidations", "FROM liquidations AT (VERSION => $snapshot)"
        )
    text = (_SQL / f"{name}.sql").read_text()
    text = text.replace("FROM binned", f"FROM ({(_SQL / 'binned.sql').read_text()}) AS binned")
    return text.replace("FROM selected", f"FROM ({selected}) AS selected")
