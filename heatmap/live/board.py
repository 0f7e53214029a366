"""How the venues are doing: told in full from time to time, and at once where it changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

from heatmap.live import frames
from heatmap.live.pushed import PushedHealth

# What a badge says; the counters beside it change all the time and wait for the next full frame.
# A worker that has not pushed for so long is not one of those that run.
GONE_SECONDS = 5.0
_SAID = ("state", "since", "reason", "is_connected", "last_error")


class Board:
    """The latest health of every venue and of the worker."""

    def __init__(self, full_seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self._full_seconds = full_seconds
        self._clock = clock
        self._rows: dict[str, dict[str, Any]] = {}
        self._worker: dict[str, Any] | None = None
        self._workers: dict[str, tuple[float, dict[str, Any]]] = {}
        self._at = ""
        self._full_at = self._heard_at = float("-inf")

    @property
    def silent_seconds(self) -> float:
        """How long the worker has not pushed health."""
        return self._clock() - self._heard_at

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known yet."""
        return self._worker is None

    def hear(self, frame: PushedHealth) -> str | None:
        """Take what the worker pushed; return the body of what clients are to be told."""
        self._heard_at = self._clock()
        self._workers[frame.sender] = self._heard_at, frame.worker
        return self._note(frame.at, frame.rows, self._together())

    def learn(self, at: str, rows: Sequence[dict[str, Any]], worker: dict[str, Any]) -> str | None:
        """Take what is so; return the body of what clients are to be told, if anything."""
        self._workers.clear()
        return self._note(at, rows, worker)

    def _note(self, at: str, rows: Sequence[dict[str, Any]], worker: dict[str, Any]) -> str | None:
        changed = [row for row in rows if _said(row) != _said(self._rows.get(row["exchange"]))]
        is_other_worker = worker != self._worker
        self._rows |= {row["exchange"]: row for row in rows}
        self._worker, self._at = worker, at
        if is_other_worker or self._clock() - self._full_at >= self._full_seconds:
            self._full_at = self._clock()
            return self.full()
        return self._body(changed, is_full=False) if changed else None

    def _together(self) -> dict[str, Any]:
        """Return the workers that speak as one: since the first began, with all their troubles."""
        since = self._heard_at - GONE_SECONDS
        self._workers = {k: told for k, told in self._workers.items() if told[0] > since}
        workers = [worker for _, worker in self._workers.values()]
        messages = dict.fromkeys(worker["message"] for worker in workers if worker["message"])
        since_first = min(worker["since"] for worker in workers)
        return workers[0] | {"since": since_first, "message": " ".join(messages)}

    def full(self) -> str:
        """Return the body of a frame that tells everything."""
        return self._body(list(self._rows.values()), is_full=True)

    def _body(self, rows: list[dict[str, Any]], *, is_full: bool) -> str:
        return frames.body("health", at=self._at, full=is_full, rows=rows, worker=self._worker)


def _said(row: dict[str, Any] | None) -> tuple[Any, ...] | None:
    return None if row is None else tuple(row.get(name) for name in _SAID)
