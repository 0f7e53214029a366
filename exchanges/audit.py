"""Holding the store against the journal: is everything that was received there, and worth the
same?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from exchanges import store
from exchanges.events import Liquidation
from exchanges.journal import Position, identity, read_entries
from exchanges.lake import Place

AT_ONCE = 20_000

_STORED = """
SELECT event_id, price, value_usd, adapter_version FROM liquidations
WHERE exchange = $exchange AND exchange_time >= $first AND exchange_time <= $last
  AND event_id IN (SELECT unnest($ids))
"""

Worth = tuple[float, float | None, int | None]
"""Price, value in USD, and the version of the adapter."""


@dataclass(slots=True)
class Difference:
    """What of an hour of one venue's journal the store does not have, or has otherwise.

    A row that another version of the adapter has read again since does not count as differing,
    nor one that its venue told a second time with another price (Gate's history tells the fill).
    """

    missing_rows: int = 0
    missing_usd: float = 0.0
    differing_rows: int = 0

    def note(self, row: Liquidation, stored: Worth | None) -> None:
        """Compare one row of the journal with the store's."""
        if stored is None:
            self.missing_rows += 1
            self.missing_usd += row.value_usd or 0.0
            return
        price, value_usd, version = stored
        is_same_telling = (price, version) == (row.price, row.adapter_version)
        self.differing_rows += is_same_telling and value_usd != row.value_usd

    def __bool__(self) -> bool:
        return bool(self.missing_rows or self.differing_rows)


@dataclass(frozen=True, slots=True)
class Audit:
    """How many events of the journals were looked for, and what is wrong by venue and hour."""

    events: int
    differences: dict[tuple[str, datetime], Difference]


def audit(lake: Place, journal: Path) -> Audit:
    """Look for every event of the journals that should be stored. A worker may run meanwhile.

    Raises StoreUnavailable.
    """
    events, found = 0, defaultdict[tuple[str, datetime], Difference](Difference)
    for exchange, newest in store.query(lake, store.POSITIONS, {"journal": identity(journal)}):
        for rows in _received(journal / exchange, Position(*newest)):
            events += len(rows)
            stored = _stored(lake, exchange, rows)
            for row in rows:
                found[exchange, _hour(row)].note(row, stored.get(row.event_id))
    return Audit(events, {where: one for where, one in sorted(found.items()) if one})


def _received(folder: Path, until: Position) -> Iterator[list[Liquidation]]:
    """Yield what a journal holds up to what is stored, some thousand rows at a time."""
    rows: list[Liquidation] = []
    for entry in read_entries(folder, until):
        rows += entry.liquidations
        if len(rows) >= AT_ONCE:
            yield rows
            rows = []
    yield rows


def _stored(lake: Place, exchange: str, rows: list[Liquidation]) -> dict[str, Worth]:
    if not rows:
        return {}
    times = [row.exchange_time for row in rows]
    asked = {
        "exchange": exchange,
        "ids": [row.event_id for row in rows],
        "first": min(times) - store.TOLD_APART,
        "last": max(times) + store.TOLD_APART,
    }
    return {row[0]: (row[1], row[2], row[3]) for row in store.query(lake, _STORED, asked)}


def _hour(row: Liquidation) -> datetime:
    received = row.received_time or row.exchange_time
    return received.replace(minute=0, second=0, microsecond=0)
