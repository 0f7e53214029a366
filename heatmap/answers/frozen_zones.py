"""The zones of a snapshot, as they were frozen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from exchanges.events import Side
from heatmap.answers.predicted import MODEL
from heatmap.shapes.common import SidePair
from heatmap.shapes.predicted import FrozenZones, PredictedZone
from heatmap.zone_queries import ZoneRow, zones_at
from heatmap.zones.confidence import Word


def frozen_zones(symbol: str, at: datetime, side: str | None, min_value: float) -> FrozenZones:
    """Return the zones of the last snapshot at or before a time that pass the filters."""
    stored = zones_at(symbol, at)
    zones = [
        _zone(row) for row in stored if side in (None, row.side) and row.value_usd >= min_value
    ]
    last = stored[0] if stored else None
    return {
        "layer": "predicted",
        "is_estimate": True,
        "model": MODEL,
        "symbol": symbol,
        "at": at,
        "snapshot": last and last.snapshot,
        "frozen_at": last and last.frozen_at,
        "written_at": last and last.written_at,
        "age_seconds": (at - last.frozen_at).total_seconds() if last else None,
        "model_coverage": min((row.coverage for row in stored), default=None),
        "zones": zones,
        "count": len(zones),
        "totals": _pair(zones),
        "per_exchange": _per_exchange(zones),
    }


def _zone(row: ZoneRow) -> PredictedZone:
    return {
        "side": cast(Side, row.side),
        "price_low": row.low,
        "price_high": row.high,
        "value_usd": row.value_usd,
        "exchange_breakdown": dict(row.parts),
        "probability": row.probability,
        "outcomes": row.outcomes,
        "base_probability": row.base_probability,
        "model_coverage": row.coverage,
        "confidence": cast(Word, row.confidence),
    }


def _pair(zones: Sequence[PredictedZone]) -> SidePair:
    return {
        "long": sum(zone["value_usd"] for zone in zones if zone["side"] == "long"),
        "short": sum(zone["value_usd"] for zone in zones if zone["side"] == "short"),
    }


def _per_exchange(zones: Sequence[PredictedZone]) -> dict[str, SidePair]:
    sums: dict[str, SidePair] = {}
    for zone in zones:
        for name, value in zone["exchange_breakdown"].items():
            pair = sums.setdefault(name, {"long": 0.0, "short": 0.0})
            pair[zone["side"]] += value
    return sums
