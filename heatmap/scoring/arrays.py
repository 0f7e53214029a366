"""The kinds of arrays that scoring is made of, and the one way to add up."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from heatmap.zones.series import Floats

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Sums = dict[str, Floats]
"""Daily sums by name, (D,) each."""


def summed(place: Ints, values: ArrayLike, count: int) -> Floats:
    """Return the sum of the values of each place from 0 to count - 1, (count,)."""
    weights = np.asarray(values, dtype=np.float64)
    return np.bincount(place, weights, minlength=count).astype(np.float64)
