"""Predicted levels of one moment, and the map of them by distance."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from heatmap.answers.predicted import (
    Prediction,
    breakdowns,
    head,
    pair,
    predict,
    reference_price,
)
from heatmap.answers.sources import Wanted
from heatmap.parameters import Selection
from heatmap.queries import market_price
from heatmap.shapes.common import SidePair
from heatmap.shapes.predicted import (
    Band,
    LiquidationMap,
    MapLevel,
    MaxPain,
    PredictedLevel,
    PredictedLevels,
)
from heatmap.zones.grid import LONG, SHORT
from heatmap.zones.series import Floats


class Reach(NamedTuple):
    """Distances from the price at which isolated positions of a leverage are liquidated."""

    band: str
    start: float
    end: float | None


# About 1 / leverage, in percent; an edge lies in the geometric middle of two leverages.
BANDS = (
    Reach("100x", 0.0, 1.4),
    Reach("50x", 1.4, 2.8),
    Reach("25x", 2.8, 6.3),
    Reach("10x", 6.3, 14.1),
    Reach("5x", 14.1, 25.8),
    Reach("3x", 25.8, None),
)
BAND_NAMES = tuple(reach.band for reach in BANDS)


def predicted_levels(wanted: Wanted, at: datetime) -> PredictedLevels:
    """Return the price steps that hold something at a moment, lowest first.

    Raises BadParameters for a price step of which there would be too many.
    """
    found = _predicted(wanted, at)
    levels = _levels(found)
    return {
        **head(found, at, at),
        "frozen_at": found.frozen_at(0),
        "levels": levels,
        "totals": _sums(levels),
        "outside": pair(found.outside[0]),
    }


def liquidation_map(
    wanted: Wanted, at: datetime, now: datetime, bands: Collection[str] = BAND_NAMES
) -> LiquidationMap:
    """Return the same by distance, with the sums from the price up to each step.

    Levels of other bands are in none of it. Raises BadParameters for a price step of which there
    would be too many.
    """
    found = _predicted(wanted, at)
    market = Selection(wanted.symbol, None, wanted.exchanges, at, at, asked_at=now)
    plain = [level for level in _levels(found) if _reach(level).band in bands]
    return {
        **head(found, at, at),
        "frozen_at": found.frozen_at(0),
        "current_price": market_price(market),
        "levels": _mapped(plain),
        "bands": [_band(reach, plain) for reach in BANDS if reach.band in bands],
        "per_exchange": _per_exchange(plain, found.sources.exchanges),
        "totals": _sums(plain),
        "outside": pair(found.outside[0]),
        "max_pain": _max_pain(plain, lambda level: level["long"] + level["short"]),
        "max_pain_long": _max_pain(plain, lambda level: level["long"]),
        "max_pain_short": _max_pain(plain, lambda level: level["short"]),
    }


def _predicted(wanted: Wanted, at: datetime) -> Prediction:
    return predict(wanted, np.array([int(at.timestamp())]).astype("datetime64[s]"))


def _levels(found: Prediction) -> list[PredictedLevel]:
    price = reference_price(found)
    if price is None:
        return []
    total = np.round(found.levels[0].sum(axis=0), found.sources.wanted.digits)
    held = np.flatnonzero(total.any(axis=0))
    parts = breakdowns(found, 0, held.tolist())
    edges = found.axis.prices
    return [
        _level(edges[index], edges[index + 1], price, pair(total[:, index]), part)
        for index, part in zip(held.tolist(), parts, strict=True)
    ]


def _level(
    low: float, high: float, price: float, sides: SidePair, parts: dict[str, SidePair]
) -> PredictedLevel:
    middle = (low + high) / 2
    return {
        "price": middle,
        "price_low": low,
        "price_high": high,
        **sides,
        "distance_pct": 100 * (middle - price) / price,
        "exchange_breakdown": parts,
    }


def _mapped(levels: Sequence[PredictedLevel]) -> list[MapLevel]:
    """Add bands, and the sums from the top down for longs, from the bottom up for shorts.

    Longs are liquidated by a fall: what has gone at a price are all longs at and above it.
    """
    longs = np.cumsum([level["long"] for level in reversed(levels)])[::-1]
    shorts = np.cumsum([level["short"] for level in levels])
    return [
        {
            **level,
            "band": _reach(level).band,
            "cumulative_long": round(long, 9),
            "cumulative_short": round(short, 9),
        }
        for level, long, short in zip(levels, longs.tolist(), shorts.tolist(), strict=True)
    ]


def _reach(level: PredictedLevel) -> Reach:
    distance = abs(level["distance_pct"])
    return next(reach for reach in BANDS if reach.end is None or distance < reach.end)


def _band(reach: Reach, levels: Sequence[PredictedLevel]) -> Band:
    own = [level for level in levels if _reach(level) is reach]
    names = sorted({name for level in own for name in level["exchange_breakdown"]})
    return {
        "band": reach.band,
        "from_pct": reach.start,
        "to_pct": reach.end,
        **_sums(own),
        "per_exchange": _per_exchange(own, names),
    }


def _per_exchange(
    levels: Sequence[PredictedLevel], exchanges: Sequence[str]
) -> dict[str, SidePair]:
    sums = {name: np.zeros(2) for name in exchanges}
    for level in levels:
        for name, sides in level["exchange_breakdown"].items():
            sums[name] += (sides["long"], sides["short"])
    return {name: _rounded(sides) for name, sides in sums.items()}


def _sums(levels: Sequence[PredictedLevel]) -> SidePair:
    return _rounded(
        np.array([sum(level["long"] for level in levels), sum(level["short"] for level in levels)])
    )


def _rounded(sides: Floats) -> SidePair:
    return {"long": round(float(sides[LONG]), 9), "short": round(float(sides[SHORT]), 9)}


def _max_pain(
    levels: Sequence[PredictedLevel], value: Callable[[PredictedLevel], float]
) -> MaxPain | None:
    """Return the step that holds most; None where none holds anything."""
    most = max(levels, key=value, default=None)
    if most is None or not value(most):
        return None
    return {"price": most["price"], "value": value(most)}
