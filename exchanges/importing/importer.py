"""Storing what a file tells and the store does not have, beside a running worker too."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from exchanges import store
from exchanges.errors import MalformedFrame, StoreUnavailable
from exchanges.events import Liquidation
from exchanges.importing.meaning import Meaning
from exchanges.importing.sources import SourceRow
from exchanges.lake import Place
from exchanges.store import Writer

BATCH_ROWS = 10_000
TRIES = 8
LONGEST_PAUSE = 2.0

_KNOWN = """
SELECT event_id FROM liquidations
WHERE exchange_time BETWEEN $start AND $end AND event_id IN (SELECT unnest($ids))
"""

Append = Callable[[list[Liquidation]], int]
"""Stores rows, or only looks; returns how many the store did not have."""


@dataclass
class Report:
    """What became of a file's rows: read = stored + known + rejected."""

    read: int = 0
    stored: int = 0
    known: int = 0
    """Stored before, or told twice by the file."""
    rejected: int = 0
    unknown_values: int = 0
    """Of all that were understood, those without a value in USD."""


class Import:
    """One file on its way into the store.

    `on_reject(line, reason)` is called for each row that is not understood, `on_progress(rows)`
    after each batch.
    """

    def __init__(
        self,
        meaning: Meaning,
        append: Append,
        on_reject: Callable[[int, str], None],
        on_progress: Callable[[int], None],
    ) -> None:
        self.report = Report()
        self._meaning = meaning
        self._append = append
        self._on_reject = on_reject
        self._on_progress = on_progress

    def run(self) -> Report:
        """Store batch by batch. Raises StoreUnavailable, UnreadableSource; what was done stays."""
        rows = self._meaning.source.rows
        while batch := list(islice(rows, BATCH_ROWS)):
            self._store(batch)
            self._on_progress(len(batch))
        return self.report

    def _store(self, batch: list[SourceRow]) -> None:
        liquidations = list(self._understood(batch))
        stored = self._append(liquidations) if liquidations else 0
        self.report.read += len(batch)
        self.report.stored += stored
        self.report.known += len(liquidations) - stored
        self.report.unknown_values += sum(row.value_usd is None for row in liquidations)

    def _understood(self, batch: list[SourceRow]) -> Iterator[Liquidation]:
        for row in batch:
            try:
                if row.values is None:
                    raise MalformedFrame(row.trouble)
                yield self._meaning.liquidation(row.values)
            except MalformedFrame as error:
                self.report.rejected += 1
                self._on_reject(row.line, str(error))


def appending(writer: Writer, sleep: Callable[[float], None] = time.sleep) -> Append:
    """Return what stores rows, trying again when the worker commits at the same moment."""

    def append(rows: list[Liquidation]) -> int:
        for attempt in range(1, TRIES + 1):
            try:
                return len(writer.append(rows))
            except StoreUnavailable:
                if attempt == TRIES:
                    raise
                # Two that met once would meet again after equal pauses.
                sleep(random.uniform(0.0, min(LONGEST_PAUSE, 0.05 * 2.0**attempt)))  # noqa: S311
        raise AssertionError("unreachable")

    return append


def looking(lake: Place) -> Append:
    """Return what stores nothing and counts what would be."""

    def look(rows: list[Liquidation]) -> int:
        ids = {row.event_id for row in rows}
        times = [row.exchange_time for row in rows]
        span = {"start": min(times), "end": max(times), "ids": list(ids)}
        known: list[tuple[str]] = []
        # Where nothing was ever stored, all is new.
        with suppress(StoreUnavailable):
            known = store.query(lake, _KNOWN, span)
        return len(ids) - len(known)

    return look
