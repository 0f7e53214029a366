"""Distance kernels: which share of the opened legs is liquidated how far from its entry.

A kernel carries leverage, tiers, cross margin, stop-losses and top-ups at once, so nothing else
in the model knows of leverage.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from heatmap.zones.grid import BINS, LONG, SHORT, WIDTH
from heatmap.zones.levels import Spreads
from heatmap.zones.margin import isolated, solve
from heatmap.zones.series import Floats
from heatmap.zones.tiers import TierTable

Method = Literal["flat", "fitted", "measured"]

REACH = BINS // 2
"""Bins from an entry to its farthest level."""
NODES = 18
NEAREST, FARTHEST = 0.003, REACH * WIDTH
"""Logarithmic distances of the first and last node."""
_LEAST_LEVERAGE = 1.5
_LEVERAGES = 1000
_SMALL = 1_000.0
"""Notional of the positions whose leverage is meant: in every venue's first tier."""


@dataclass(frozen=True, eq=False)
class Kernel:
    """Shares of the legs of each side, `weights[side, k]`, liquidated k + 1 bins from their entry.

    (2, REACH), each side summing to one at most: the rest is never liquidated, or too far away.
    A fitted or measured kernel was made from what lies in [since, until), and serves from then.
    """

    weights: Floats
    method: Method
    since: np.datetime64 | None = None
    until: np.datetime64 | None = None

    def __post_init__(self) -> None:
        if self.weights.shape != (2, REACH):
            raise ValueError(f"A kernel has the shape (2, {REACH}), not {self.weights.shape}.")
        if not (np.isfinite(self.weights).all() and (self.weights >= 0).all()):
            raise ValueError("The weights of a kernel are finite and not negative.")
        if (self.weights.sum(axis=1) > 1 + 1e-9).any():
            raise ValueError("The weights of each side of a kernel sum to one at most.")
        self.weights.setflags(write=False)

    @cached_property
    def spreads(self) -> Spreads:
        """How a leg of this kernel spreads over levels."""
        return Spreads(self.weights)

    def serves(self, at: np.datetime64) -> bool:
        """Return whether it was made from what lies before a time only."""
        return self.until is None or bool(self.until <= at)


def node_distances() -> Floats:
    """Return the logarithmic distances of the nodes; (NODES,)."""
    return np.geomspace(NEAREST, FARTHEST, NODES)


def hats() -> Floats:
    """Return for each node the kernel that has one leg around it, straight in log distance.

    (NODES, REACH), each summing to one; nearer than the first node is the first node's.
    """
    shapes = _shapes()
    whole: Floats = shapes / shapes.sum(axis=1, keepdims=True)
    return whole


def on_nodes(weights: Floats) -> Floats:
    """Return the masses of a side's weights (REACH,) on the nodes; (NODES,)."""
    masses: Floats = _shapes() @ weights
    return masses


def _shapes() -> Floats:
    """Return the hat functions, which sum to one at each distance; (NODES, REACH)."""
    distances = np.log(WIDTH * np.arange(1, REACH + 1))
    nodes = np.log(node_distances())
    return np.stack([np.interp(distances, nodes, one) for one in np.eye(NODES)])


def flat_kernel(tiers: TierTable, fee_rate: float = 0.0, *, is_inverse: bool = False) -> Kernel:
    """Return the kernel of positions flat in the logarithm of leverage, 1.5x to the venue's most.

    The distances are those of isolated margin, by the formulas of `margin`.
    """
    most = max(tiers.max_leverage, _LEAST_LEVERAGE * 1.01)
    steps = (np.arange(_LEVERAGES) + 0.5) / _LEVERAGES
    leverages = _LEAST_LEVERAGE * (most / _LEAST_LEVERAGE) ** steps
    sides = [
        [_distance(side, leverage, tiers, fee_rate, is_inverse) for leverage in leverages.tolist()]
        for side in (LONG, SHORT)
    ]
    weights = np.stack([_histogram(np.array(side), np.ones(_LEVERAGES)) for side in sides])
    return Kernel(weights, "flat")


def _distance(
    side: int, leverage: float, tiers: TierTable, fee_rate: float, is_inverse: bool
) -> float:
    quantity = _SMALL if not is_inverse else 1e-3 * _SMALL
    position = isolated(side, quantity, 1.0, leverage, is_inverse=is_inverse)
    price = solve(position, tiers, fee_rate)
    return np.inf if price is None else abs(float(np.log(price)))


def measured_kernel(
    distances: Floats, sides: Floats, sizes: Floats, since: np.datetime64, until: np.datetime64
) -> Kernel:
    """Return the kernel of observed positions: |ln(liquidation price / entry)|, side, size; (N,).

    Infinite distances stand for positions that no price liquidates.
    """
    weights = [_histogram(distances[sides == side], sizes[sides == side]) for side in (LONG, SHORT)]
    return Kernel(np.stack(weights), "measured", since, until)


def _histogram(distances: Floats, sizes: Floats) -> Floats:
    within = distances < FARTHEST + WIDTH / 2
    bins = np.clip(np.rint(distances[within] / WIDTH).astype(np.int64), 1, REACH) - 1
    total = sizes.sum()
    shares: Floats = np.zeros(REACH)
    if total > 0:
        np.add.at(shares, bins, sizes[within] / total)
    return shares
