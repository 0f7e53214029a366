"""Rows wait here for their venue's next push: batched, or thinned to the largest."""

from __future__ import annotations

from exchanges.simulator.contracts import Liquidation


class Window:
    """Rows by instrument; the first one opens a window of `seconds`, in the rows' own time.

    So it makes no difference how often somebody looks.
    """

    def __init__(self, seconds: float, *, keeps_largest_only: bool) -> None:
        self._length_ms = seconds * 1000
        self._keeps_largest_only = keeps_largest_only
        self._open: dict[str, list[Liquidation]] = {}
        self._opened_ms: dict[str, int] = {}
        self._ended: list[list[Liquidation]] = []

    def add(self, row: Liquidation) -> None:
        """Let a row wait for its instrument's window to end; rows come in order."""
        name = row.instrument
        if name in self._open and row.time_ms - self._opened_ms[name] >= self._length_ms:
            self._ended.append(self._open.pop(name))
        if name not in self._open:
            self._open[name], self._opened_ms[name] = [row], row.time_ms
        elif self._keeps_largest_only:
            self._open[name] = [max(self._open[name][0], row, key=lambda one: one.value_usd)]
        else:
            self._open[name].append(row)

    def due(self, now: float) -> list[list[Liquidation]]:
        """Return, and forget, the rows of every window that has ended by `now` (seconds)."""
        limit = now * 1000 - self._length_ms
        over = [name for name in self._open if self._opened_ms[name] <= limit]
        ended, self._ended = self._ended + [self._open.pop(name) for name in over], []
        return ended
