"""The lattice of price on which everything about zones is counted, the same for every venue.

Bin `b` holds the prices from exp(b * WIDTH) up to exp((b + 1) * WIDTH), so a bin is a number that
means the same price on each venue and day. A window of BINS bins is named by its first bin.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

LONG, SHORT = 0, 1
SIDES = ("long", "short")
WIDTH = 0.001
"""Natural logarithm of a bin's upper price over its lower: ten basis points."""
BINS = 1200
"""Bins of a window, from -45 % to +82 % of the price in its middle."""


def bins_of(prices: ArrayLike) -> NDArray[np.int64]:
    """Return the bins in which positive prices lie."""
    return np.floor(np.log(np.asarray(prices, dtype=np.float64)) / WIDTH).astype(np.int64)


def prices_of(bins: ArrayLike) -> NDArray[np.float64]:
    """Return the lower edges of bins; the middle of bin b is at b + 0.5."""
    return np.exp(np.asarray(bins, dtype=np.float64) * WIDTH)


def first_bin_around(price: float) -> int:
    """Return the first bin of the window with this price in its middle."""
    return math.floor(math.log(price) / WIDTH) - BINS // 2
