"""What some hours teach: how dense the bins were that price swept, and what was liquidated there,
all exchanges together on the prices of one of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from exchanges.lake import Place
from heatmap.forecast.columns import Column, read_columns
from heatmap.forecast.contracts import Contract
from heatmap.forecast.events import events_of, read_liquidations
from heatmap.forecast.fits import series_of
from heatmap.forecast.recorded import Holes, holes_of, recorded
from heatmap.forecast.rows import read_rows
from heatmap.forecast.together import combined
from heatmap.zones.combining import Combined
from heatmap.zones.series import Columns, Events, Floats, Times
from heatmap.zones.swept import Swept, liquidated, swept_bins

HOUR = timedelta(hours=1)
HOUR_SECONDS = 3600
MOST_UNRECORDED = 0.1
"""Of a column's value, on exchanges whose feed had a hole in the hour: more, and the hour teaches
nothing about what is liquidated."""
USUAL_MAINTENANCE = 0.005
"""Of the lowest tier."""

AtHours = dict[np.datetime64, list[Column]]


@dataclass(frozen=True)
class Lesson:
    """Swept bins, what was liquidated in each (USD), and whether that was recorded; (N,)."""

    swept: Swept
    amounts: Floats
    is_recorded: NDArray[np.bool_]

    def part(self, kept: NDArray[np.bool_]) -> Lesson:
        """Return some of the bins."""
        s = self.swept
        swept = Swept(s.horizon_seconds, s.at[kept], s.side[kept], s.bin[kept], s.quantity[kept])
        return Lesson(swept, self.amounts[kept], self.is_recorded[kept])


def lesson(
    lake: Place,
    symbol: str,
    contracts: Mapping[str, Contract],
    reference: str,
    hours: Sequence[datetime],
    now: datetime,
) -> Lesson | None:
    """Return what the hours that begin at some times, on end, teach; None for nothing.

    `contracts` are those of the symbol by exchange. Raises StoreUnavailable and DatabaseError.
    """
    since, until = hours[0], hours[-1] + HOUR
    at_hours = _columns(lake, symbol, reference, hours)
    rows = read_rows(lake, since, until, symbol=symbol)
    found = {c.exchange: series_of(rows[c.pair], c) for c in contracts.values() if c.pair in rows}
    markets = {exchange: series for exchange, series in found.items() if series is not None}
    if not at_hours or reference not in markets:
        return None
    together = [combined(some, reference) for some in at_hours.values()]
    swept = swept_bins(_as_columns(list(at_hours), together), markets[reference], HOUR_SECONDS)
    amounts = np.zeros(len(swept.at))
    fallen = read_liquidations(lake, symbol, since, until)
    for exchange, series in markets.items():
        events = events_of(fallen, contracts[exchange], series, USUAL_MAINTENANCE)
        amounts += liquidated(swept, _in_usd(events, contracts[exchange], at_hours, reference))
    holes = holes_of(contracts, since, until, now)
    known = {
        at: _unrecorded(one, at, holes) <= MOST_UNRECORDED
        for at, one in zip(at_hours, together, strict=True)
    }
    is_recorded = np.array([known[at] for at in swept.at], dtype=bool)
    return Lesson(swept, amounts, is_recorded)


def _columns(lake: Place, symbol: str, reference: str, hours: Sequence[datetime]) -> AtHours:
    """Return the columns at each hour at which the reference has one, in the order of time."""
    before = hours[0] - timedelta(seconds=1)
    found: defaultdict[np.datetime64, list[Column]] = defaultdict(list)
    for one in read_columns(lake, symbol, before, hours[-1], HOUR_SECONDS):
        found[one.frozen_at].append(one)
    return {
        at: some
        for at, some in sorted(found.items())
        if any(one.exchange == reference for one in some)
    }


def _as_columns(at: Sequence[np.datetime64], together: Sequence[Combined]) -> Columns:
    first_bin = np.array([one.first_bin for one in together])
    quantity = np.stack([one.total for one in together]).astype(np.float32)
    return Columns(np.array(at), first_bin, quantity)


def _in_usd(events: Events, contract: Contract, at_hours: AtHours, reference: str) -> Events:
    """Return liquidations in USD on the reference's prices, by the basis of their hour."""
    usd = events.quantity if contract.is_inverse else events.quantity * events.price
    basis = [_basis(some, contract.exchange, reference) for some in at_hours.values()]
    times: Times = np.array(list(at_hours))
    of = np.clip(np.searchsorted(times, events.at, side="left") - 1, 0, None)
    return Events(events.at, events.side, events.price * np.array(basis)[of], usd)


def _basis(columns: Sequence[Column], exchange: str, reference: str) -> float:
    prices = {one.exchange: one.price for one in columns}
    return prices[reference] / prices.get(exchange, prices[reference])


def _unrecorded(together: Combined, at: np.datetime64, holes: Holes) -> float:
    """Return the share of the value that is of exchanges with a hole in the hour."""
    values = together.cells.sum(axis=(1, 2))
    hour = np.array([at])
    missed = [
        not recorded(holes.get(exchange, []), hour, HOUR_SECONDS)[0]
        for exchange in together.exchanges
    ]
    whole = float(values.sum())
    return float(values[np.array(missed)].sum()) / whole if whole > 0 else 1.0
