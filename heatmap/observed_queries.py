"""Questions to the store about observed positions.

Each may raise exchanges.errors.StoreUnavailable.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings

from exchanges import store
from heatmap.queries import sql


class PassRow(NamedTuple):
    """What one pass over a venue's accounts came to for a symbol; `open_interest` is in base
    units, `coverage` the longs seen as part of it."""

    exchange: str
    began_at: datetime
    taken_at: datetime
    known: int
    asked: int
    failed: int
    price: float | None
    open_interest: float | None
    coverage: float | None


class StepRow(NamedTuple):
    """Positions of one side and margin mode in a step of the liquidation price; with None for
    `step` and `value_usd`: those without such a price."""

    side: str
    margin_mode: str
    step: float | None
    positions: int
    quantity: float
    value_usd: float | None


def observed_pass(symbol: str, at: datetime) -> PassRow | None:
    """Return the last pass at or before a time."""
    rows = _rows("observed_pass", symbol=symbol, at=at)
    return PassRow(*rows[0]) if rows else None


def observed_positions(symbol: str, taken_at: datetime, step: float) -> list[StepRow]:
    """Return what a pass found, by steps of the liquidation price, lowest first."""
    asked = {"symbol": symbol, "taken_at": taken_at, "step": step}
    return [StepRow(*row) for row in _rows("observed_positions", **asked)]


def _rows(name: str, **parameters: Any) -> list[tuple[Any, ...]]:
    return store.query(settings.LIQSITE_LAKE, sql(name), parameters)
