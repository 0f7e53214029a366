"""Observed positions by price: a layer of its own, never part of what the model predicts."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.conf import settings

from heatmap.answers.grids import MOST_LEVELS, check_price_step
from heatmap.answers.predicted import HIGHEST_SHOWN, LOWEST_SHOWN, MOST_LEVELS_UNASKED
from heatmap.bins import edge, price_step
from heatmap.observed_queries import PassRow, StepRow, observed_pass, observed_positions
from heatmap.parameters import misfit
from heatmap.shapes.common import SidePair
from heatmap.shapes.observed import ByMode, ObservedLevel, ObservedPositions

EXCHANGE = "hyperliquid"
OFF = (
    "The census of Hyperliquid's accounts is off: set LIQSITE_HYPERLIQUID_POSITIONS=1 and start "
    "again."
)
NONE_YET = (
    "No pass over Hyperliquid's accounts is stored for this symbol at this time. The first takes "
    "ten minutes; only the symbols that the worker tracks are looked for."
)


class Axis(NamedTuple):
    """Steps of price from the one that holds `low` to the one that holds `high`."""

    low: float
    high: float
    step: float

    def holds(self, row: StepRow) -> bool:
        """Return whether a row lies on it."""
        first, last = math.floor(self.low / self.step), math.floor(self.high / self.step)
        return row.step is not None and first <= row.step <= last


def observed(
    symbol: str,
    at: datetime,
    price_bin_size: float | None = None,
    price_min: float | None = None,
    price_max: float | None = None,
) -> ObservedPositions:
    """Return the levels of the last pass at or before a time.

    Raises BadParameters for prices that are no range, and for a step of which there would be too
    many.
    """
    if price_min is not None and price_max is not None and price_min >= price_max:
        raise misfit("price_min", "The lowest price must lie below the highest.")
    last = observed_pass(symbol, at)
    axis = _axis(last, price_bin_size, price_min, price_max)
    step = axis.step if axis else 1.0
    rows = observed_positions(symbol, last.taken_at, step) if last else []
    return _answer(symbol, at, last, axis, rows)


def _axis(
    last: PassRow | None, step: float | None, low: float | None, high: float | None
) -> Axis | None:
    """Return the price steps; None where there is no price to put them around."""
    if last is None or last.price is None:
        return None
    low = LOWEST_SHOWN * last.price if low is None else low
    high = max(low, HIGHEST_SHOWN * last.price if high is None else high)
    if step is None:
        return Axis(low, high, price_step(low, high, MOST_LEVELS_UNASKED))
    check_price_step(low, high, step, MOST_LEVELS)
    return Axis(low, high, step)


def _answer(
    symbol: str, at: datetime, last: PassRow | None, axis: Axis | None, rows: Sequence[StepRow]
) -> ObservedPositions:
    inside = [row for row in rows if axis and axis.holds(row)]
    outside = [row for row in rows if row.step is not None and not (axis and axis.holds(row))]
    is_on: bool = settings.LIQSITE_HYPERLIQUID_POSITIONS
    return {
        "layer": "positions",
        "is_estimate": False,
        "exchange": last.exchange if last else EXCHANGE,
        "symbol": symbol,
        "at": at,
        "is_on": is_on,
        "message": OFF if not is_on else NONE_YET if last is None else None,
        "began_at": last and last.began_at,
        "taken_at": last and last.taken_at,
        "age_seconds": (at - last.taken_at).total_seconds() if last else None,
        "accounts": last and {"known": last.known, "asked": last.asked, "failed": last.failed},
        "open_interest": last and last.open_interest,
        "coverage": last and last.coverage,
        "price": last and last.price,
        "price_bin_size": axis and axis.step,
        "price_range": {"min": axis and axis.low, "max": axis and axis.high},
        "levels": _levels(inside, axis.step) if axis else [],
        "count": sum(row.positions for row in rows),
        "totals": _by_mode(inside, _value),
        "outside": _by_mode(outside, _value),
        "quantity": _by_mode(rows, _quantity),
        "without_price": _by_mode([row for row in rows if row.step is None], _quantity),
    }


def _levels(rows: Iterable[StepRow], step: float) -> list[ObservedLevel]:
    by_step: defaultdict[int, list[StepRow]] = defaultdict(list)
    for row in rows:
        by_step[int(row.step or 0)].append(row)
    return [
        {
            "price": (edge(index, step) + edge(index + 1, step)) / 2,
            "price_low": edge(index, step),
            "price_high": edge(index + 1, step),
            "positions": sum(row.positions for row in own),
            **_by_mode(own, _value),
        }
        for index, own in by_step.items()
    ]


def _value(row: StepRow) -> float:
    return row.value_usd or 0.0


def _quantity(row: StepRow) -> float:
    return row.quantity


def _by_mode(rows: Sequence[StepRow], number: Callable[[StepRow], float]) -> ByMode:
    return {
        "isolated": _pair([row for row in rows if row.margin_mode == "isolated"], number),
        "cross": _pair([row for row in rows if row.margin_mode == "cross"], number),
    }


def _pair(rows: Sequence[StepRow], number: Callable[[StepRow], float]) -> SidePair:
    return {
        "long": math.fsum(number(row) for row in rows if row.side == "long"),
        "short": math.fsum(number(row) for row in rows if row.side == "short"),
    }
