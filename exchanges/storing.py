"""From the journal into the store, batch by batch, each event once."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.db import close_old_connections

from exchanges.errors import RowsRefused
from exchanges.events import Liquidation, Rejected
from exchanges.journal import Batch, Journal
from exchanges.quarantine import keep_rejected
from exchanges.store import Writer

log = logging.getLogger(__name__)

# A commit costs as much as a thousand rows, whatever it brings.
BATCH_ROWS = 20_000


class Storing:
    """Runs in one thread of its own, so that no socket waits for a commit."""

    def __init__(self, journal: Journal, writer: Writer) -> None:
        self._journal = journal
        self._writer = writer
        self._batch: Batch | None = None
        self._has_failed = False

    def step(self) -> list[Liquidation]:
        """Store what comes next in the journal; return the liquidations that were new.

        Raises StoreUnavailable or django's DatabaseError; the next step tries the same again.
        """
        if self._has_failed:
            close_old_connections()
            self._writer.reopen()
        self._has_failed = True
        if self._batch is None:
            self._batch = self._journal.read(BATCH_ROWS)
        new = self._store(self._batch)
        self._journal.stored(self._batch.positions)
        self._batch, self._has_failed = None, False
        return new

    def _store(self, batch: Batch) -> list[Liquidation]:
        """Keep what did not fit, then commit the rows together with the journal's position.

        Kept frames are known by their digest: after a crash between the two nothing doubles.
        """
        keep_rejected(batch.rejected)
        try:
            return self._writer.append(batch.liquidations, batch.positions)
        except RowsRefused:
            new = self._sift(batch.liquidations)
            self._writer.append([], batch.positions)
            return new

    def _sift(self, rows: Sequence[Liquidation]) -> list[Liquidation]:
        """Store those rows that can be stored, and keep the others as rejected."""
        try:
            return self._writer.append(rows)
        except RowsRefused as error:
            if len(rows) > 1:
                middle = len(rows) // 2
                return self._sift(rows[:middle]) + self._sift(rows[middle:])
            keep_rejected([_refused(rows[0], str(error))])
            return []


def _refused(row: Liquidation, reason: str) -> Rejected:
    log.error("%s: %s", row.event_id, reason)
    return Rejected(row.exchange, row.received_time or row.exchange_time, reason, row.raw)
