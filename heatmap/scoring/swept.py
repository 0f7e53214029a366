"""The bins that the mark price really traded through, window by window and side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exchanges.errors import NotScorable
from heatmap.scoring.arrays import Flags, Ints
from heatmap.scoring.market import STEP, Market
from heatmap.scoring.terms import DAY, OLDEST_HOURS, Terms
from heatmap.zones.grid import LONG, SHORT, bins_of
from heatmap.zones.series import Times

NO_GAPS: Times = np.empty((0, 2), dtype="datetime64[s]")


@dataclass(frozen=True)
class Windows:
    """N windows in the order of time; window i is the time from at[i], a horizon long."""

    at: Times
    """datetime64[s], UTC: the snapshot's time; (N,)."""
    first_candle: Ints
    """The first candle that opened at or after the snapshot; (N,)."""
    start_bin: Ints
    """Where the price was at the snapshot; (N,)."""
    day: Ints
    """Days from 1970-01-01 to the snapshot's UTC day; (N,)."""


@dataclass(frozen=True)
class Cells:
    """C swept bins: for longs from the price at T down to the lowest mark, for shorts mirrored."""

    window: Ints
    side: Ints
    bin: Ints
    candle: Ints
    """The candle in which the mark got there first."""
    is_led: Flags
    """That candle came after the lead."""
    is_recorded: Flags
    """And no gap of the feed touches that candle."""


def windows_of(market: Market, since: np.datetime64, terms: Terms) -> Windows:
    """Return the windows from the trailing days before `since` to the end of the candles.

    Raises `NotScorable` when no whole window lies between `since` and the end.
    """
    step = int(terms.horizon.astype(np.int64))
    earliest = max(
        market.first_close + np.timedelta64(OLDEST_HOURS, "h"),
        since.astype("datetime64[D]") - np.timedelta64(terms.trailing_days, "D"),
    )
    start = -(-_seconds(earliest) // step) * step
    at = np.arange(start, _seconds(market.last_close) - step + 1, step).astype("datetime64[s]")
    if not (at >= since).any():
        raise NotScorable(
            f"No window of {terms.horizon_hours} h fits between {since} and the last candle, "
            f"which closed {market.last_close}. Ask for an earlier time or a shorter horizon."
        )
    return _placed(market, at)


def swept(market: Market, windows: Windows, gaps: Times, terms: Terms) -> Cells:
    """Return the swept bins of all windows, those of one window together, in the order of time."""
    lows = bins_of(market.series.mark_low)
    highs = bins_of(market.series.mark_high)
    parts: list[tuple[Ints, Ints, Ints, Ints]] = []
    for i, first in enumerate(windows.first_candle):
        candles = slice(first, first + terms.candles)
        start = int(windows.start_bin[i])
        for side, (bins, reached) in (
            (LONG, _downwards(start, lows[candles])),
            (SHORT, _upwards(start, highs[candles])),
        ):
            parts.append((np.full_like(bins, i), np.full_like(bins, side), bins, first + reached))
    window, side_of, bin_of, candle = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    is_led = candle - windows.first_candle[window] >= terms.lead_candles
    is_recorded = is_led & recorded(market, gaps)[candle]
    return Cells(window, side_of, bin_of, candle, is_led, is_recorded)


def recorded(market: Market, gaps: Times) -> Flags:
    """Return which candles no gap touches; gaps are (start, end) pairs, (G, 2)."""
    is_recorded = np.ones(len(market.series.opened_at), dtype=np.bool_)
    origin = market.series.opened_at[0]
    for start, end in gaps:
        first = max((start - origin) // STEP, 0)
        last = max(-((origin - end) // STEP), 0)
        is_recorded[first:last] = False
    return is_recorded


def _placed(market: Market, at: Times) -> Windows:
    series, first = market.series, market.candles_until(at)
    before = first - 1
    price = np.clip(series.close[before], series.mark_low[before], series.mark_high[before])
    return Windows(at, first, bins_of(price), at.astype(np.int64) // DAY)


def _downwards(start: int, lows: Ints) -> tuple[Ints, Ints]:
    """Return the bins from the start down to the lowest, and the candle that reached each first."""
    lowest_yet = np.minimum.accumulate(lows)
    bins = np.arange(lowest_yet[-1], start + 1)
    return bins, np.searchsorted(-lowest_yet, -bins)


def _upwards(start: int, highs: Ints) -> tuple[Ints, Ints]:
    highest_yet = np.maximum.accumulate(highs)
    bins = np.arange(start, highest_yet[-1] + 1)
    return bins, np.searchsorted(highest_yet, bins)


def _seconds(time: np.datetime64) -> int:
    return int(time.astype("datetime64[s]").astype(np.int64))
