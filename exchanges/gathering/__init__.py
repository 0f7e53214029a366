"""Gathering market data: candles, mark prices, open interest and leverage tiers of some symbols,
of every venue that publishes them, back to a month ago and then for ever.

`Gathering` is the worker's job; a `Gatherer` looks after one venue, and none can stop another.
"""

from __future__ import annotations

from exchanges.gathering.basket import InStoreThread
from exchanges.gathering.job import Gathering

__all__ = ["Gathering", "InStoreThread"]
