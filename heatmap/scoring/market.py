"""What happened: the candles and the liquidations that zones are scored against."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from exchanges.errors import NotScorable
from heatmap.zones.grid import bins_of, prices_of
from heatmap.zones.series import STEP_SECONDS, Events, Floats, Series, Times

STEP = np.timedelta64(STEP_SECONDS, "s")
MARGIN_BINS = 90
"""Kept beside the visited prices, so that a band of 5 % and a ring of 8 % have room."""
MOST_BINS = 3000


@dataclass(frozen=True)
class PriceRange:
    """The bins that densities are asked for: `count` of them from `first_bin` up."""

    first_bin: int
    count: int

    @property
    def middles(self) -> Floats:
        """Return the price in the middle of each bin, (count,)."""
        return prices_of(self.first_bin + np.arange(self.count) + 0.5)


@dataclass(frozen=True)
class Market:
    """Candles and liquidations of one symbol on one exchange, checked.

    Raises `NotScorable` when fields differ in length, times are not in order or not in steps,
    or a price is not positive, or a candle's low is above its high.
    """

    series: Series
    events: Events

    def __post_init__(self) -> None:
        _check_series(self.series)
        _check_events(self.events)

    @property
    def first_close(self) -> np.datetime64:
        return np.datetime64(self.series.opened_at[0] + STEP)

    @property
    def last_close(self) -> np.datetime64:
        return np.datetime64(self.series.opened_at[-1] + STEP)

    def candles_until(self, times: Times) -> np.ndarray:
        """Return how many candles were closed at each time."""
        return np.asarray((times - self.series.opened_at[0]) // STEP, dtype=np.int64)

    def price_range(self) -> PriceRange:
        """Return the bins that the mark visited and some beside them."""
        lowest = int(bins_of(self.series.mark_low.min())) - MARGIN_BINS
        count = int(bins_of(self.series.mark_high.max())) + MARGIN_BINS + 1 - lowest
        if count > MOST_BINS:
            raise NotScorable("The mark moved further than any market does: check its unit.")
        return PriceRange(lowest, count)


def until(market: Market, time: np.datetime64) -> Market:
    """Return what was known of the market at a time."""
    closed = int(market.candles_until(np.array([time]))[0])
    told = int(np.searchsorted(market.events.at, time, side="right"))
    series = {
        f.name: getattr(market.series, f.name)[:closed]
        for f in fields(Series)
        if f.name not in ("exchange", "symbol")
    }
    events = {f.name: getattr(market.events, f.name)[:told] for f in fields(Events)}
    return Market(replace(market.series, **series), Events(**events))


def _check_series(series: Series) -> None:
    candles = len(series.opened_at)
    columns = [getattr(series, f.name) for f in fields(Series)[2:]]
    _want(candles > 0, "there is no candle")
    _want(all(len(column) == candles for column in columns), "fields of candles differ in length")
    _want(bool((np.diff(series.opened_at) == STEP).all()), "candles are missing between others")
    prices = (series.open, series.high, series.low, series.close)
    marks = (series.mark_high, series.mark_low)
    _want(all(map(_is_positive, prices + marks)), "a candle's price is not a positive number")
    _want(bool((series.mark_low <= series.mark_high).all()), "a mark low is above its high")
    _want(bool((series.low <= series.high).all()), "a low is above its high")


def _check_events(events: Events) -> None:
    lengths = {len(getattr(events, f.name)) for f in fields(Events)}
    _want(len(lengths) == 1, "fields of liquidations differ in length")
    steps = np.diff(events.at).astype(np.int64)
    _want(bool((steps >= 0).all()), "liquidations are not in the order of time")
    _want(_is_positive(events.price), "a liquidation's price is not a positive number")
    known = np.isfinite(events.quantity) & (events.quantity >= 0)
    _want(bool(known.all()), "a liquidation's quantity is unknown or negative")
    _want(bool(np.isin(events.side, (0, 1)).all()), "a liquidation's side is neither 0 nor 1")


def _is_positive(prices: Floats) -> bool:
    return bool((np.isfinite(prices) & (prices > 0)).all())


def _want(is_right: bool, complaint: str) -> None:
    if not is_right:
        raise NotScorable(f"This market cannot be scored: {complaint}.")
