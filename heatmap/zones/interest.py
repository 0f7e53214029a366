"""Open interest at the close of each candle, from points as told.

Refused: not positive or past all measure, and a jump by about the contract's size, which is the
same number in the other unit (contracts for base units).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from heatmap.zones.series import STEP_SECONDS, Floats, Series, Times

MOST = 1e18
"""No price, volume or open interest is as large; no price or interest as small as one over it."""
_ABOUT = 0.2
"""How far a jump may be from the contract's size, as a logarithm."""
_FIRST = 12
"""Points among which the middle one is taken to have the right unit."""


@dataclass(frozen=True)
class RawOpenInterest:
    """Open interest as told, ONE side, in base units (inverse: USD), in any order; (N,)."""

    at: Times
    quantity: Floats


@dataclass(frozen=True)
class Held:
    """Open interest at each close, and where it was held from another time; (T,)."""

    quantity: Floats
    is_bridged: NDArray[np.bool_]


def interest_at(
    raw: RawOpenInterest,
    closes: Times,
    contract_size: float,
    after: Series | None,
    counts: Counter[str],
) -> Held | None:
    """Return the open interest at each close; None when none is known."""
    last = None if after is None else float(after.open_interest[-1])
    times, quantities = _good(raw, contract_size, last, counts)
    if not len(times):
        return None if last is None else _all_held(last, len(closes), counts)
    at = np.searchsorted(times, closes, side="right") - 1
    held = quantities[np.maximum(at, 0)]
    if last is not None:
        held = np.where(at < 0, last, held)
    opens = closes - np.timedelta64(STEP_SECONDS, "s")
    bridged = (at < 0) | (times[np.maximum(at, 0)] <= opens)
    counts["open_interest_held"] += int(bridged.sum())
    return Held(held, bridged)


def _all_held(last: float, length: int, counts: Counter[str]) -> Held:
    counts["open_interest_held"] += length
    return Held(np.full(length, last), np.ones(length, dtype=bool))


def _good(
    raw: RawOpenInterest, contract_size: float, last: float | None, counts: Counter[str]
) -> tuple[Times, Floats]:
    with np.errstate(invalid="ignore"):
        positive = (raw.quantity > 1 / MOST) & (raw.quantity < MOST)
    counts["open_interest_not_positive"] += int((~positive).sum())
    times, quantities = raw.at[positive].astype("datetime64[s]"), raw.quantity[positive]
    order = np.argsort(times, kind="stable")
    times, quantities = times[order], quantities[order]
    fits = _of_one_unit(quantities, contract_size, last)
    counts["open_interest_wrong_unit"] += int((~fits).sum())
    return times[fits], quantities[fits]


def _of_one_unit(quantities: Floats, contract_size: float, last: float | None) -> NDArray[np.bool_]:
    """Return which points are no jump by the contract's size from the point before that fits."""
    fits = np.ones(len(quantities), dtype=bool)
    jump = abs(log(contract_size))
    # A contract of about one base unit gives the same number in both.
    if jump <= 2 * _ABOUT or not len(quantities):
        return fits
    logs = np.log(quantities)
    reference = log(last) if last else float(np.sort(logs[:_FIRST])[len(logs[:_FIRST]) // 2])
    for at, point in enumerate(logs.tolist()):
        if abs(abs(point - reference) - jump) < _ABOUT:
            fits[at] = False
        else:
            reference = point
    return fits
