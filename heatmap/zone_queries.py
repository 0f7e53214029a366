"""Questions to the store about what the model is fed with and what it froze.

Each may raise exchanges.errors.StoreUnavailable.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import pyarrow as pa
from django.conf import settings

from exchanges import store
from heatmap.queries import sql


class ZoneRow(NamedTuple):
    """One zone of a snapshot, as it was frozen."""

    snapshot: str
    frozen_at: datetime
    written_at: datetime
    side: str
    low: float
    high: float
    value_usd: float
    parts: dict[str, float]
    probability: float | None
    outcomes: int
    base_probability: float | None
    coverage: float
    confidence: str


class KernelRow(NamedTuple):
    """A kernel of one symbol on one exchange, and when it began to be used."""

    kernel: str
    method: str
    fitted_since: datetime | None
    fitted_until: datetime | None
    used_from: datetime
    long_weights: list[float]
    short_weights: list[float]


class TierRow(NamedTuple):
    """One leverage tier as a venue told it; `unit` (usd or base) is that of floor and cap."""

    floor: float
    cap: float | None
    unit: str
    maintenance_rate: float
    max_leverage: float
    deduction: float | None
    told_at: datetime


class MarketPart(NamedTuple):
    """How many rows of a symbol's market one exchange has, and when a model of it last froze."""

    exchange: str
    candles: int
    mark_candles: int
    open_interest: int
    frozen_at: datetime | None


class ScoreRow(NamedTuple):
    """A scorecard as it was made; `card` is its JSON."""

    scored_at: datetime
    exchange: str
    symbol: str
    horizon_hours: int
    since: datetime
    until: datetime
    verdict: str
    card: str


def traded(
    symbol: str, exchanges: Sequence[str], start: datetime, end: datetime
) -> dict[str, float]:
    """Return what each exchange traded of a symbol in [start, end), in quote units."""
    asked = {"symbol": symbol, "exchanges": list(exchanges), "start": start, "end": end}
    return {name: volume for name, volume in _rows("traded", **asked) if volume > 0}


def zones_at(symbol: str, at: datetime) -> list[ZoneRow]:
    """Return the zones of the last snapshot at or before a time, by side and price."""
    rows = _rows("zones_at", symbol=symbol, at=at)
    return [ZoneRow(*row) for row in rows]


def kernels(exchange: str, symbol: str) -> list[KernelRow]:
    """Return the kernels of one symbol on one exchange, the first used first."""
    return [KernelRow(*row) for row in _rows("kernels", exchange=exchange, symbol=symbol)]


def leverage_tiers(exchange: str, symbol: str) -> list[TierRow]:
    """Return the tiers of the newest telling, from the lowest on."""
    return [TierRow(*row) for row in _rows("leverage_tiers", exchange=exchange, symbol=symbol)]


def newest_scores(
    symbol: str | None, exchanges: Sequence[str] | None, horizon_hours: int | None
) -> list[ScoreRow]:
    """Return the newest scorecard of each exchange, symbol and horizon; None means any."""
    names = None if exchanges is None else list(exchanges)
    asked = {"symbol": symbol, "exchanges": names, "horizon_hours": horizon_hours}
    return [ScoreRow(*row) for row in _rows("newest_scores", **asked)]


def market_parts(symbol: str, start: datetime) -> list[MarketPart]:
    """Return what is stored of a symbol's market since a time, by exchange."""
    return [MarketPart(*row) for row in _rows("market_parts", symbol=symbol, start=start)]


def market(name: str, exchange: str, symbol: str, start: datetime, end: datetime) -> pa.Table:
    """Return what `name` (candles, mark_candles or open_interest) holds of [start, end)."""
    asked = {"exchange": exchange, "symbol": symbol, "start": start, "end": end}
    return store.table(settings.LIQSITE_LAKE, sql(f"market_{name}"), asked)


def _rows(name: str, **parameters: Any) -> list[tuple[Any, ...]]:
    return store.query(settings.LIQSITE_LAKE, sql(name), parameters)
