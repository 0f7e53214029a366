"""Where positions really would be liquidated, as a venue told of the accounts that were asked."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypedDict

from heatmap.shapes.common import SidePair
from heatmap.shapes.heatmap import PriceRange


class ByMode(TypedDict):
    """Isolated and cross apart: the price of a cross position depends on its whole account."""

    isolated: SidePair
    cross: SidePair


class ObservedLevel(ByMode):
    """One price step: USD at the liquidation prices of the positions in it."""

    price: float
    price_low: float
    price_high: float
    positions: int


class AccountCounts(TypedDict):
    """How many accounts are known, were asked in this pass, and gave no usable answer."""

    known: int
    asked: int
    failed: int


class ObservedPositions(TypedDict):
    """The last pass at or before a moment; null and empty where there is none, with the reason.

    `totals` and `outside` are USD of what lies on and off the price axis, `quantity` base units of
    all, `without_price` those of positions for which the venue tells no liquidation price.
    `coverage` is the part of the open interest (base units, one side) that the longs seen are.
    """

    layer: Literal["positions"]
    is_estimate: Literal[False]
    exchange: str
    symbol: str
    at: datetime
    is_on: bool
    message: str | None
    began_at: datetime | None
    taken_at: datetime | None
    age_seconds: float | None
    accounts: AccountCounts | None
    open_interest: float | None
    coverage: float | None
    price: float | None
    price_bin_size: float | None
    price_range: PriceRange
    levels: list[ObservedLevel]
    count: int
    totals: ByMode
    outside: ByMode
    quantity: ByMode
    without_price: ByMode
