"""Of what a predicted cell is made."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypedDict

from exchanges.events import Side


class Leg(TypedDict):
    """All that one candle opened into the cell; base units but for `standing_usd`.

    `legs` is what it opened on this side at all distances, `kernel_share` the part of that in
    this cell, `closed` what closed of it since.
    """

    opened_at: datetime
    legs: float
    kernel_share: float
    closed: float
    standing: float
    standing_usd: float


class CellKernel(TypedDict):
    """A kernel that served while these legs opened, and what it was fitted to."""

    kernel: str
    method: str
    used_from: datetime
    fitted_since: datetime | None
    fitted_until: datetime | None


class ExplainedPart(TypedDict):
    """One exchange's part of the cell, in its own prices: replayed from what is stored.

    `quantity` is what its frozen column holds there, `standing` what the replay comes to;
    `is_reproduced` says whether both agree. `reason` says why there is no account, null else.
    """

    exchange: str
    reason: str | None
    frozen_at: datetime
    price: float
    price_low: float
    price_high: float
    quantity: float
    value_usd: float
    standing: float | None
    is_reproduced: bool | None
    emptied_at: datetime | None
    emptied: float | None
    leg_count: int
    legs: list[Leg]
    rest_standing: float
    kernels: list[CellKernel]


class Explained(TypedDict):
    """A cell at a price of the reference exchange, by exchange; empty where nothing froze."""

    layer: Literal["predicted"]
    is_estimate: Literal[True]
    model: str
    symbol: str
    time: datetime
    price: float
    side: Side | None
    reference: str | None
    reference_price: float | None
    value_usd: float
    parts: list[ExplainedPart]
