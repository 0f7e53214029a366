"""Liquidations made ready for scoring: every price the one at which the mark triggered it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from heatmap.scoring.arrays import Flags
from heatmap.scoring.market import STEP
from heatmap.zones.grid import LONG
from heatmap.zones.series import Events, Floats, Series

Rates = Floats | float


def trigger_prices(bankruptcy: Floats, side: np.ndarray, maintenance: Rates) -> Floats:
    """Return the mark prices that triggered positions with these bankruptcy prices: B/(1 - s*m).

    s is +1 for longs and -1 for shorts, m the maintenance margin rate (0.005 is half a percent).
    """
    sign = np.where(side == LONG, 1.0, -1.0)
    return np.asarray(bankruptcy / (1 - sign * maintenance))


def triggered(
    events: Events, series: Series, is_bankruptcy: Flags, maintenance: Rates = 0.005
) -> Events:
    """Return the events with bankruptcy prices mapped and held within their candle's mark range.

    `is_bankruptcy` tells which prices are bankruptcy prices, (N,); fills stay what they are. Where
    there is no candle nothing holds a price.
    """
    mapped = held(series, events, trigger_prices(events.price, events.side, maintenance))
    return replace(events, price=np.where(is_bankruptcy, mapped, events.price))


def held(series: Series, events: Events, price: Floats) -> Floats:
    """Return prices clipped to the mark's range in the candle of each event."""
    candle = np.asarray((events.at - series.opened_at[0]) // STEP, dtype=np.int64)
    is_covered = (candle >= 0) & (candle < len(series.opened_at))
    near = np.clip(candle, 0, len(series.opened_at) - 1)
    within = np.clip(price, series.mark_low[near], series.mark_high[near])
    return np.where(is_covered, within, price)
