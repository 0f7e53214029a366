"""Which symbols are due for a snapshot of their zones, and the making of it, once each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import pyarrow as pa

from exchanges.lake import Place
from heatmap.forecast.columns import read_columns
from heatmap.forecast.contracts import Contract
from heatmap.forecast.model import FREEZE_SECONDS
from heatmap.forecast.readiness import PATIENCE
from heatmap.forecast.roster import Roster
from heatmap.forecast.snapshot import newest_snapshots, snapshot
from heatmap.forecast.times import floor, stamp
from heatmap.forecast.together import by_open_interest
from heatmap.forecast.trail import Trail

FREEZE = timedelta(seconds=FREEZE_SECONDS)
WAITED = PATIENCE + timedelta(minutes=1)
"""So long a snapshot waits for exchanges whose candles are late."""


class Snapshots:
    """Makes the snapshots of all symbols. Use it from one thread at a time."""

    def __init__(self, lake: Place) -> None:
        """Raises StoreUnavailable."""
        self._lake = lake
        self._made = newest_snapshots(lake)
        self._trails: dict[str, Trail] = {}
        self._ranked: tuple[datetime, dict[str, list[str]]] | None = None

    def due(self, contracts: Iterable[Contract], roster: Roster, now: datetime) -> set[str]:
        """Return the symbols to make one of: some exchange has a column of now, and none that is
        worth waiting for lacks one."""
        at = floor(now, FREEZE)
        ready: dict[str, list[bool]] = {}
        for one in contracts:
            closed_at = roster.closed_at(one.pair)
            if closed_at is not None and self._made.get(one.symbol, at - FREEZE) < at:
                ready.setdefault(one.symbol, []).append(bool(closed_at >= stamp(at)))
        waited = now - at >= WAITED
        return {symbol for symbol, some in ready.items() if all(some) or (waited and any(some))}

    def make(
        self, symbol: str, contracts: Mapping[str, Contract], now: datetime
    ) -> pa.Table | None:
        """Return the zones of a symbol as rows; None where no column was frozen.

        `contracts` are those of the symbol by exchange. Raises StoreUnavailable, DatabaseError.
        """
        at = floor(now, FREEZE)
        self._made[symbol] = at
        stored = read_columns(self._lake, symbol, at - timedelta(seconds=1), at)
        columns = [one for one in stored if one.exchange in contracts]
        if not columns:
            return None
        named = {one.exchange for one in columns}
        ranked = self._largest(at).get(symbol, [])
        reference = next((one for one in ranked if one in named), columns[0].exchange)
        own = {exchange: contracts[exchange] for exchange in sorted(named)}
        trail = self._trails.setdefault(symbol, Trail(self._lake, symbol))
        trail.learn(own, reference, at, now)
        return snapshot(columns, own, reference, trail, now)

    def _largest(self, at: datetime) -> dict[str, list[str]]:
        if self._ranked is None or self._ranked[0] != at:
            self._ranked = at, by_open_interest(self._lake, at)
        return self._ranked[1]
