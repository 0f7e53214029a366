"""What the model is fed with, and what it freezes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEP_SECONDS = 300

Floats = NDArray[np.float64]
Times = NDArray[np.datetime64]


@dataclass(frozen=True)
class Series:
    """The market of one symbol on one exchange: T candles of five minutes, none left out.

    Prices are positive; `volume` and `open_interest` (at the close, ONE side) are in base units
    (inverse contracts: in USD). Where a value was not told and a stated rule filled it in,
    `is_bridged` is true. `taker_buy` is the buyers' share of the volume, NaN where unknown.
    """

    exchange: str
    symbol: str
    opened_at: Times
    """datetime64[s], UTC, each STEP_SECONDS after the one before; so are all fields (T,)."""
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    open_interest: Floats
    mark_high: Floats
    mark_low: Floats
    taker_buy: Floats
    is_bridged: NDArray[np.bool_]


@dataclass(frozen=True)
class Events:
    """Executed liquidations of one symbol on one exchange, in the order of time; fields (N,)."""

    at: Times
    """datetime64[ms], UTC."""
    side: NDArray[np.int8]
    """Of the position: grid.LONG or grid.SHORT."""
    price: Floats
    """At which the mark triggered it, or the best known stand-in."""
    quantity: Floats
    """Base units (inverse contracts: USD)."""


@dataclass(frozen=True)
class Columns:
    """Frozen columns of the heatmap of one symbol on one exchange: what was known at each time.

    `quantity[n, side, k]` is in base units and lies in bin `first_bin[n] + k`.
    """

    at: Times
    """datetime64[s], UTC: the close of the last candle that was used; (N,)."""
    first_bin: NDArray[np.int64]
    quantity: NDArray[np.float32]
    """(N, 2, grid.BINS)."""
