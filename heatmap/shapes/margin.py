"""Margins and leverage tiers."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from exchanges.events import Side


class Tier(TypedDict):
    """What holds for positions of at least `floor` and less than `cap` (null: no end)."""

    tier: int
    floor: float
    cap: float | None
    margin_rate: float
    maintenance_amount: float
    max_leverage: float


class TierTable(TypedDict):
    """The tiers of one exchange; `told_at` is null for a shipped table, whose source says when.

    Floors, caps and maintenance amounts are in `unit`: usd or base.
    """

    exchange: str
    unit: str
    source: str
    told_at: datetime | None
    max_leverage: float
    tiers: list[Tier]
    current_tier: int | None


class Tiers(TypedDict):
    """The tiers of a symbol, by exchange; those of which none are known are left out."""

    symbol: str
    current_notional: float | None
    exchanges: list[TierTable]
    count: int


class Display(TypedDict):
    """The same as text."""

    notional: str
    margin: str
    margin_rate: str
    liquidation_price: str | None


class PlainMargin(TypedDict):
    """What an isolated position demands, and where it is liquidated.

    `margin` is the maintenance margin: notional times `margin_rate` less `maintenance_amount`.
    What is not determined by what was given is null; a position that no price liquidates has the
    liquidation price null, too.
    """

    symbol: str
    exchange: str
    side: Side | None
    leverage: float | None
    entry_price: float | None
    position_size: float | None
    notional: float
    initial_margin: float | None
    margin: float
    tier: int
    margin_rate: float
    maintenance_amount: float
    liquidation_price: float | None
    bankruptcy_price: float | None
    tier_source: str
    tier_told_at: datetime | None


class Margin(PlainMargin, total=False):
    """The same, with its tier and as text where these are asked for."""

    tier_details: Tier
    display: Display
