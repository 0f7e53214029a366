"""From what venues tell to a `Series` without holes or nonsense, by stated rules.

Refused, and then missing: candles off the lattice of time, told twice (the later one stays), with
a price that is not positive or past all measure (NaN is neither), high < low, an open or close
outside of them, or a volume that is negative or past all measure; open interest as `interest`
says, mark candles as `_marks`.
Missing candles up to an hour are bridged: flat at the last close, no volume. After a longer hole
the series starts anew. Missing open interest is held from the last one known, before the first
one from that one. Where mark prices are missing the last prices stand in.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heatmap.zones.interest import MOST, RawOpenInterest, interest_at
from heatmap.zones.series import STEP_SECONDS, Floats, Series, Times

LONGEST_BRIDGE = 12
"""Candles in a row."""
_MARK_BEYOND = 1.25
"""A mark price as many times above the high, or below the low, is an error."""
_STEP = np.timedelta64(STEP_SECONDS, "s")


@dataclass(frozen=True)
class RawCandles:
    """Candles as told, in any order; base units (inverse: USD); all fields (N,)."""

    opened_at: Times
    """datetime64[s], UTC."""
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    taker_buy: Floats
    """The buyers' share of the volume, NaN where not told."""


@dataclass(frozen=True)
class RawMarks:
    """The range of the mark price in candles; all fields (N,)."""

    opened_at: Times
    high: Floats
    low: Floats


@dataclass(frozen=True)
class Cleaned:
    """A series, and by reason how much was refused, bridged or filled in on the way to it."""

    series: Series | None
    """None when no candle, or no open interest, was left."""
    counts: Counter[str]
    starts_anew: bool
    """Whether a hole, or nothing before, lies before its first candle."""


def clean(
    exchange: str,
    symbol: str,
    candles: RawCandles,
    interest: RawOpenInterest,
    marks: RawMarks | None = None,
    contract_size: float = 1.0,
    after: Series | None = None,
) -> Cleaned:
    """Return the series of these rows, which begins where `after` ends when that is told.

    `contract_size`, in base units, is for finding open interest in the wrong unit. Without any
    mark candles (None) the venue is taken to have none: last prices stand in, not as a bridge.
    """
    counts: Counter[str] = Counter()
    rows, good = _good_candles(candles, counts)
    if after is not None:
        rows = _following(rows, good, after, counts)
    start = after.opened_at[-1] + _STEP if after is not None else None
    rows, begin = _after_the_last_hole(rows, good, start, counts)
    if not len(rows):
        return Cleaned(None, counts, after is None)
    after = after if begin == start else None
    slots = _slots(good.opened_at[rows], begin)
    fields, bridged = _bridged(good, rows, slots, after, counts)
    times = begin + np.arange(len(bridged)) * _STEP
    closes = times + _STEP
    held = interest_at(interest, closes, contract_size, after, counts)
    if held is None:
        return Cleaned(None, counts, begin != start)
    mark_high, mark_low, unmarked = _marks(marks, times, fields["high"], fields["low"], counts)
    series = Series(
        exchange,
        symbol,
        times,
        **fields,
        open_interest=held.quantity,
        mark_high=mark_high,
        mark_low=mark_low,
        is_bridged=bridged | held.is_bridged | unmarked,
    )
    return Cleaned(series, counts, begin != start)


def _good_candles(raw: RawCandles, counts: Counter[str]) -> tuple[NDArray[np.int64], RawCandles]:
    """Return which rows may be used, in the order of time, and all rows with mended takers."""
    prices = np.stack((raw.open, raw.high, raw.low, raw.close))
    with np.errstate(invalid="ignore"):
        faults = {
            "candle_off_time": raw.opened_at.astype("datetime64[s]").astype(np.int64) % STEP_SECONDS
            != 0,
            "price_not_positive": ~((prices > 1 / MOST) & (prices < MOST)).all(axis=0),
            "high_below_low": raw.high < raw.low,
            "price_outside_range": (prices.max(axis=0) > raw.high) | (prices.min(axis=0) < raw.low),
            "volume_negative": ~((raw.volume >= 0) & (raw.volume < MOST)),
        }
    refused = np.zeros(len(raw.opened_at), dtype=bool)
    for reason, found in faults.items():
        counts[reason] += int((found & ~refused).sum())
        refused |= found
    rows = _latest(raw.opened_at, np.flatnonzero(~refused), counts)
    return rows, _with_taker(raw, counts)


def _latest(times: Times, rows: NDArray[np.int64], counts: Counter[str]) -> NDArray[np.int64]:
    # Reversed, the first of equals is the one that was told last.
    _, firsts = np.unique(times[rows[::-1]], return_index=True)
    counts["candle_repeated"] += len(rows) - len(firsts)
    return rows[::-1][firsts]


def _with_taker(raw: RawCandles, counts: Counter[str]) -> RawCandles:
    with np.errstate(invalid="ignore"):
        is_share = (raw.taker_buy >= 0) & (raw.taker_buy <= 1)
    counts["taker_buy_not_a_share"] += int((~is_share & ~np.isnan(raw.taker_buy)).sum())
    taker = np.where(is_share, raw.taker_buy, np.nan)
    return RawCandles(raw.opened_at, raw.open, raw.high, raw.low, raw.close, raw.volume, taker)


def _following(
    rows: NDArray[np.int64], raw: RawCandles, after: Series, counts: Counter[str]
) -> NDArray[np.int64]:
    late = raw.opened_at[rows] > after.opened_at[-1]
    counts["candle_already_used"] += int((~late).sum())
    following: NDArray[np.int64] = rows[late]
    return following


def _after_the_last_hole(
    rows: NDArray[np.int64], raw: RawCandles, start: np.datetime64 | None, counts: Counter[str]
) -> tuple[NDArray[np.int64], np.datetime64]:
    """Return the rows after the last hole too long to bridge, and where they begin."""
    if not len(rows):
        return rows, np.datetime64("NaT")
    times = raw.opened_at[rows].astype("datetime64[s]")
    expected = times[0] if start is None else start
    missing = _slots(times, expected) - np.concatenate(([-1], _slots(times[:-1], expected))) - 1
    holes = np.flatnonzero(missing > LONGEST_BRIDGE)
    if not len(holes):
        return rows, expected
    counts["hole_too_long"] += len(holes)
    counts["candle_before_hole"] += int(holes[-1])
    return rows[holes[-1] :], times[holes[-1]]


def _slots(times: Times, begin: np.datetime64) -> NDArray[np.int64]:
    return (times.astype("datetime64[s]") - begin).astype(np.int64) // STEP_SECONDS


def _bridged(
    raw: RawCandles,
    rows: NDArray[np.int64],
    slots: NDArray[np.int64],
    after: Series | None,
    counts: Counter[str],
) -> tuple[dict[str, Floats], NDArray[np.bool_]]:
    """Return the fields of all candles up to the last, and which of them were bridged."""
    row = np.full(int(slots[-1]) + 1, -1)
    row[slots] = np.arange(len(rows))
    bridged = row < 0
    last = np.maximum.accumulate(row)
    closes = raw.close[rows][last]
    if after is not None:
        closes = np.where(last < 0, after.close[-1], closes)
    counts["candle_bridged"] += int(bridged.sum())
    fields = {
        name: np.where(bridged, closes, getattr(raw, name)[rows][row])
        for name in ("open", "high", "low", "close")
    }
    fields["volume"] = np.where(bridged, 0.0, raw.volume[rows][row])
    fields["taker_buy"] = np.where(bridged, np.nan, raw.taker_buy[rows][row])
    return fields, bridged


def _marks(
    marks: RawMarks | None, times: Times, high: Floats, low: Floats, counts: Counter[str]
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return the mark prices' range in each candle, and where last prices stand in for a hole.

    Refused: high < low, or far from the last prices.
    """
    told_high, told_low = np.full((2, len(times)), np.nan)
    if marks is not None:
        slots = _slots(marks.opened_at, times[0])
        within = (slots >= 0) & (slots < len(times))
        told_high[slots[within]], told_low[slots[within]] = marks.high[within], marks.low[within]
    with np.errstate(invalid="ignore"):
        is_good = (told_low > low / _MARK_BEYOND) & (told_high < high * _MARK_BEYOND)
        is_good &= told_low <= told_high
    counts["mark_refused"] += int((~is_good & ~np.isnan(told_high)).sum())
    unmarked = ~is_good if marks is not None else np.zeros(len(times), dtype=bool)
    counts["mark_filled_in"] += int(unmarked.sum())
    return np.where(is_good, told_high, high), np.where(is_good, told_low, low), unmarked
