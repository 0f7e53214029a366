"""Where the last price and the mark price go in one step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

MARK_KEEPS = 0.3
"""Part of the old mark price in each step's new one; the rest is the last price."""


class Path(NamedTuple):
    """Prices in USD; the mark price's highest and lowest include where it began."""

    open: float
    high: float
    low: float
    close: float
    mark_high: float
    mark_low: float
    mark: float
    """At the end."""


def path_told(begin: float, high: float, low: float, close: float, mark: float) -> Path:
    """Return the path of a step with these last prices, `mark` being the one before it."""
    kept, new = MARK_KEEPS * mark, 1 - MARK_KEEPS
    mark_high, mark_low = max(kept + new * high, mark), min(kept + new * low, mark)
    return Path(begin, high, low, close, mark_high, mark_low, kept + new * close)


def path_drawn(
    begin: float, mark: float, move: float, volatility: float, reach: Sequence[float]
) -> Path:
    """Return a path of a logarithmic `move`, which goes as far beyond its ends as a bridge does.

    `reach` is two draws from 0 to 1, for above and below.
    """
    spread = 2 * volatility * volatility
    up, down = [math.sqrt(move * move - spread * math.log(max(u, 1e-12))) for u in reach]
    close, size = begin * math.exp(move), abs(move)
    high = max(begin, close) * math.exp((up - size) / 2)
    low = min(begin, close) * math.exp((size - down) / 2)
    return path_told(begin, high, low, close, mark)


def merged(paths: Sequence[Path]) -> Path:
    """Return paths that follow each other as one."""
    return Path(
        paths[0].open,
        max(path.high for path in paths),
        min(path.low for path in paths),
        paths[-1].close,
        max(path.mark_high for path in paths),
        min(path.mark_low for path in paths),
        paths[-1].mark,
    )
