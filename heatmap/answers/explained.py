"""Of what a predicted cell is made: each exchange's part, replayed from what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast

import numpy as np

from exchanges.events import Side
from heatmap.answers.predicted import MODEL
from heatmap.answers.sources import Sources, Wanted, sources, time_of
from heatmap.forecast.columns import MANTISSA_BITS
from heatmap.replay import kernel_of, numpy_time, stored_series
from heatmap.shapes.explained import CellKernel, Explained, ExplainedPart, Leg
from heatmap.zone_queries import KernelRow, kernels
from heatmap.zones.explain import Explanation, explain
from heatmap.zones.grid import BINS, LONG, SHORT, bins_of, prices_of

# Columns are stored with so many bits of their mantissa, kernels in 32 bits.
_CLOSE = 2.0**-MANTISSA_BITS
_ALMOST_NOTHING = 1e-9


@dataclass(frozen=True)
class Cell:
    """A cell of one exchange's frozen column, in its own prices."""

    exchange: str
    side: int
    bin: int
    frozen_at: np.datetime64
    quantity: float

    @property
    def middle(self) -> float:
        """Return the price in its middle."""
        return float(prices_of(self.bin + 0.5))


def explained(
    symbol: str,
    exchanges: tuple[str, ...],
    time: datetime,
    price: float,
    side: str | None,
    limit: int,
) -> Explained:
    """Return what the cell at a price of the reference is made of, so many legs an exchange."""
    at = np.array([int(time.timestamp())]).astype("datetime64[s]")
    found = sources(Wanted(symbol, exchanges), at)
    leader = found.leading[0] if found.leading else None
    reference = _price(found, leader) if leader else None
    number = LONG if side == "long" or (side is None and price < (reference or 0)) else SHORT
    cells = [
        _cell(found, name, price * _price(found, name) / (reference or 1.0), number)
        for name in found.leading
    ]
    parts = [_part(symbol, cell, limit) for cell in cells]
    told = None if reference is None and side is None else ("long", "short")[number]
    return {
        "layer": "predicted",
        "is_estimate": True,
        "model": MODEL,
        "symbol": symbol,
        "time": time,
        "price": price,
        "side": cast(Side | None, told),
        "reference": leader,
        "reference_price": reference,
        "value_usd": sum(part["value_usd"] for part in parts),
        "parts": parts,
    }


def _price(found: Sources, exchange: str) -> float:
    return float(found.frozen.price[found.used(exchange)[-1]])


def _cell(found: Sources, exchange: str, price: float, side: int) -> Cell:
    at = int(found.used(exchange)[-1])
    place = int(bins_of(price))
    offset = place - int(found.frozen.first_bin[at])
    held = found.frozen.quantity[at, side, offset] if 0 <= offset < BINS else 0.0
    return Cell(exchange, side, place, found.frozen.frozen_at[at], float(held))


def _part(symbol: str, cell: Cell, limit: int) -> ExplainedPart:
    rows = [r for r in kernels(cell.exchange, symbol) if r.used_from < time_of(cell.frozen_at)]
    if not rows:
        return _told(cell, rows, "None of its kernels are stored.", None, limit)
    end = time_of(cell.frozen_at)
    series, reason = stored_series(cell.exchange, symbol, rows[0].used_from, end)
    if series is None:
        return _told(cell, rows, reason, None, limit)
    schedule = [(numpy_time(row.used_from), kernel_of(row)) for row in rows]
    account = explain(series, schedule, cell.frozen_at, cell.middle, cell.side)
    return _told(cell, rows, None, account, limit)


def _told(
    cell: Cell, rows: list[KernelRow], reason: str | None, account: Explanation | None, limit: int
) -> ExplainedPart:
    legs = _legs(account, limit, cell.middle) if account else []
    standing = float(account.standing.sum()) if account else None
    return {
        "exchange": cell.exchange,
        "reason": reason,
        "frozen_at": time_of(cell.frozen_at),
        "price": cell.middle,
        "price_low": float(prices_of(cell.bin)),
        "price_high": float(prices_of(cell.bin + 1)),
        "quantity": cell.quantity,
        "value_usd": cell.quantity * cell.middle,
        "standing": standing,
        "is_reproduced": None if standing is None else _agree(standing, cell.quantity),
        "emptied_at": _emptied_at(account),
        "emptied": account.emptied if account else None,
        "leg_count": len(account.legs) if account else 0,
        "legs": legs,
        "rest_standing": max((standing or 0.0) - sum(leg["standing"] for leg in legs), 0.0),
        "kernels": [_kernel(row) for row in rows],
    }


def _agree(one: float, other: float) -> bool:
    return abs(one - other) <= _CLOSE * max(one, other) + _ALMOST_NOTHING


def _legs(account: Explanation, limit: int, price: float) -> list[Leg]:
    """Return the legs of which most stands, the most first."""
    largest = np.argsort(-account.standing, kind="stable")[:limit]
    columns = (
        account.legs,
        account.kernel_share,
        account.closed,
        account.standing,
        account.standing * price,
    )
    names = ("legs", "kernel_share", "closed", "standing", "standing_usd")
    return [
        cast(
            Leg,
            {
                "opened_at": time_of(account.opened_at[at]),
                **{name: float(own[at]) for name, own in zip(names, columns, strict=True)},
            },
        )
        for at in largest.tolist()
    ]


def _emptied_at(account: Explanation | None) -> datetime | None:
    if account is None or np.isnat(account.emptied_at):
        return None
    return time_of(account.emptied_at)


def _kernel(row: KernelRow) -> CellKernel:
    return {
        "kernel": row.kernel,
        "method": row.method,
        "used_from": row.used_from,
        "fitted_since": row.fitted_since,
        "fitted_until": row.fitted_until,
    }
