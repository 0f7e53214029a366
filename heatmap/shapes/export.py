"""What an export says of itself."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypedDict

from exchanges.events import LiquidationType, Side
from heatmap.shapes.common import Coverage

FormatName = Literal["csv", "ndjson", "parquet", "arrow"]


class Filters(TypedDict):
    """Which liquidations it holds, in the words of the request."""

    symbol: str | None
    exchanges: list[str]
    start: datetime
    end: datetime
    side: Side | None
    type: list[LiquidationType]
    min_value: float | None
    max_value: float | None


class Told(TypedDict):
    """What is known before the file is made."""

    filename: str
    format: FormatName
    rows: int
    snapshot: int
    notice: str
    filters: Filters


class Manifest(Told):
    """The same with the size and the SHA-256 of all its bytes."""

    bytes: int
    sha256: str


class AddressedManifest(Manifest):
    """The same with the address that gives these very bytes, and what the feeds covered."""

    url: str
    coverage: dict[str, Coverage]
