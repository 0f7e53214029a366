"""Seconds in which venues stated different prices for the same symbol."""

from __future__ import annotations

from typing import cast

from heatmap.answers.parts import head
from heatmap.parameters import Selection
from heatmap.queries import spreads as stored_spreads
from heatmap.queries import unknown_values
from heatmap.rows import SpreadRow
from heatmap.shapes.liquidations import Spread, Spreads, VenuePrice


def spreads(selection: Selection, threshold: float, limit: int) -> Spreads:
    """Return the widest spreads of at least so many percent."""
    rows = [_told(row) for row in stored_spreads(selection, threshold, limit)]
    return {
        **head(selection, unknown_values(selection)),
        "threshold": threshold,
        "limit": limit,
        "spreads": rows,
        "count": len(rows),
    }


def _told(row: SpreadRow) -> Spread:
    return {
        "symbol": row.symbol,
        "timestamp": row.second,
        "spread_percent": row.spread_percent,
        "prices": cast(list[VenuePrice], row.prices),
        "is_same_price_kind": len({price["price_kind"] for price in row.prices}) == 1,
    }
