"""What a venue has sent lately, each row with a number of its own: for trade ids, for what is
sent again on subscribing, and for history over REST."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from exchanges.simulator.contracts import Liquidation

KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Numbered:
    """A row that was sent; `number` is its own, and later rows have higher ones."""

    number: int
    row: Liquidation


class Sent:
    """Remembers the newest rows; equal rows are still two."""

    def __init__(self, size: int = KEPT) -> None:
        self._size = size
        self._count = 0
        # Keyed by identity: a row that is kept keeps its identity to itself.
        self._rows: dict[int, Numbered] = {}

    def number(self, row: Liquidation) -> int:
        """Return the row's number, the same however often it is asked for."""
        if id(row) not in self._rows:
            self._count += 1
            # A restarted venue does not use its numbers again.
            self._rows[id(row)] = Numbered(row.time_ms * 65_536 + self._count % 65_536, row)
            if len(self._rows) > self._size:
                del self._rows[next(iter(self._rows))]
        return self._rows[id(row)].number

    def rows(self, instruments: Iterable[str]) -> list[Numbered]:
        """Return the rows of these instruments, the first sent first."""
        wanted = set(instruments)
        return [one for one in self._rows.values() if one.row.instrument in wanted]
