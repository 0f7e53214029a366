"""Fingerprints of what was scored, so that two scorecards can be known to be of the same input."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from heatmap.scoring.market import Market
from heatmap.scoring.predictors import Predictor
from heatmap.zones.series import Columns, Times


def digests(
    market: Market, gaps: Times, models: Mapping[str, Columns | Predictor]
) -> dict[str, str]:
    """Return the SHA-256 of candles, events and gaps, and of each model that came as columns."""
    return {
        "candles": digest(market.series),
        "events": digest(market.events),
        "gaps": hashlib.sha256(np.asarray(gaps, dtype="datetime64[ms]").tobytes()).hexdigest(),
        **{f"model {n}": digest(m) for n, m in models.items() if isinstance(m, Columns)},
    }


def digest(arrays: Any) -> str:
    """Return the SHA-256 of a dataclass's fields in their order, arrays by their bytes."""
    whole = hashlib.sha256()
    for field in fields(arrays):
        value = getattr(arrays, field.name)
        whole.update(value.encode() if isinstance(value, str) else _bytes(value))
    return whole.hexdigest()


def _bytes(array: np.ndarray) -> bytes:
    """Return an array's bytes, times in milliseconds whatever their unit."""
    return (array.astype("datetime64[ms]") if array.dtype.kind == "M" else array).tobytes()
