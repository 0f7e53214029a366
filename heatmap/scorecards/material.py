"""What a scorecard of a real market is made of: rows as the lake has them, and what they are of.

The same material gives the same scorecard, whether it comes from the lake or from files.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec
import pyarrow as pa

TABLES = ("liquidations", "candles", "open_interest", "mark_candles", "zone_columns")


class About(msgspec.Struct, frozen=True):
    """What a material is of. Times are aware."""

    exchange: str
    symbol: str
    since: datetime
    """From when on zones are scored; the rows begin earlier, so that there is a past to learn."""
    until: datetime
    """The close of the last candle."""
    feed: str
    """How much the feed of liquidations shows: complete, sampled or partial."""
    maintenance_rate: float
    """Of the lowest leverage tier; it turns bankruptcy prices into those that triggered them."""
    gaps: list[tuple[datetime, datetime]]
    """When the feed was not proven to deliver."""


@dataclass(frozen=True)
class Material:
    """Rows by the names of TABLES, with at least the columns that `inputs` reads."""

    about: About
    tables: dict[str, pa.Table]
