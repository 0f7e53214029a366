"""The zones of one symbol at one moment, all exchanges together, as rows for the lake.

A snapshot's name is the SHA-256 over the columns frozen at that moment (`columns.digest`), so
whoever has the columns can make it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa

from exchanges import store
from exchanges.events import Completeness
from exchanges.lake import Place
from heatmap.forecast.columns import Column, digest
from heatmap.forecast.contracts import Contract
from heatmap.forecast.times import moment
from heatmap.forecast.together import combined
from heatmap.forecast.trail import Trail
from heatmap.zones.confidence import Calibration, Confidence
from heatmap.zones.grid import SIDES
from heatmap.zones.zoning import Zone, zones_of

_NEWEST = "SELECT symbol, max(frozen_at) FROM zones GROUP BY symbol"
_WORSE: tuple[Completeness, ...] = ("complete", "sampled", "partial")


def newest_snapshots(lake: Place) -> dict[str, datetime]:
    """Return when the last snapshot of each symbol was. Raises StoreUnavailable."""
    return dict(store.query(lake, _NEWEST, {}))


def snapshot(
    columns: Sequence[Column],
    contracts: Mapping[str, Contract],
    reference: str,
    trail: Trail,
    now: datetime,
) -> pa.Table:
    """Return the rows of the zones in columns of one moment, on the prices of the reference.

    `contracts` are those of the columns by exchange; the trail has learned until the moment.
    """
    together = combined(columns, reference)
    [leader] = [one for one in columns if one.exchange == reference]
    at = moment(leader.frozen_at)
    calibration, least = trail.calibration(), trail.threshold(at)
    found = zones_of(together.cells, together.first_bin, together.exchanges, least, leader.price)
    coverage = {one.exchange: one.coverage for one in columns}
    whole = {"snapshot": digest(columns), "symbol": leader.symbol, "frozen_at": at}
    rows = [
        _row(zone, _confidence(zone, calibration, coverage, contracts))
        | whole
        | {"written_at": now}
        for zone in found
    ]
    return pa.Table.from_pylist(rows, _SCHEMA)


def _confidence(
    zone: Zone,
    calibration: Calibration,
    coverage: Mapping[str, float],
    contracts: Mapping[str, Contract],
) -> Confidence:
    """Return the confidence in a zone: its coverage by value, its feed as the worst in it."""
    has_part = [exchange for exchange, value in zone.parts.items() if value > 0]
    seen = sum(zone.parts[exchange] * coverage[exchange] for exchange in has_part)
    worst = max((contracts[one].completeness for one in has_part), key=_WORSE.index)
    return calibration.of(zone.densest, seen / zone.quantity, worst)


def _row(zone: Zone, confidence: Confidence) -> dict[str, object]:
    is_known = confidence.n > 0
    return {
        "side": SIDES[zone.side],
        "low": zone.low_price,
        "high": zone.high_price,
        "value_usd": zone.quantity,
        "parts": [(exchange, value) for exchange, value in zone.parts.items() if value > 0],
        "probability": confidence.p if is_known else None,
        "outcomes": confidence.n,
        "base_probability": confidence.base if is_known else None,
        "coverage": float(np.clip(confidence.coverage, 0.0, 1.0)),
        "confidence": confidence.word,
    }


_TIME = pa.timestamp("us", tz="UTC")
_SCHEMA = pa.schema(
    [
        ("snapshot", pa.string()),
        ("symbol", pa.string()),
        ("frozen_at", _TIME),
        ("side", pa.string()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("value_usd", pa.float64()),
        ("parts", pa.map_(pa.string(), pa.float64())),
        ("probability", pa.float64()),
        ("outcomes", pa.int32()),
        ("base_probability", pa.float64()),
        ("coverage", pa.float64()),
        ("confidence", pa.string()),
        ("written_at", _TIME),
    ]
)
