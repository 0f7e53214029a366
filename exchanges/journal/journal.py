"""All exchanges' journals: one way in for the sockets, one way out for the store."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from exchanges.errors import JournalPaused
from exchanges.events import Liquidation, Rejected, StoredEvent
from exchanges.journal.log import ExchangeLog
from exchanges.journal.reserve import RESERVE_BYTES, Reserve
from exchanges.journal.segment import Position

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """How much the journal may take.

    `most_mib` bounds what waits for the store, and with it what is kept after that;
    `free_mib` stays free on the disk, so that the store can finish what it began.
    """

    keep_hours: float = 24.0
    most_mib: int = 2_048
    free_mib: int = 200


class Batch(NamedTuple):
    """What comes next, and how far the journals are stored once it is."""

    liquidations: list[Liquidation]
    rejected: list[Rejected]
    positions: dict[str, Position]


class Journal:
    """Appended to by the event loop, read by the store's thread, tidied by a third."""

    def __init__(
        self,
        folder: Path,
        stored: Mapping[str, Position] | None = None,
        limits: Limits = Limits(),
    ) -> None:
        """Go on where `stored` ends. Raises OSError."""
        self._folder = folder
        self._limits = limits
        self._logs: dict[str, ExchangeLog] = {}
        self._no_room = ""
        self._failure = ""
        self._stored_before = stored or {}
        self._reserve = Reserve(folder / "reserve")
        there = [file.name for file in folder.iterdir() if file.is_dir()] if folder.exists() else []
        for exchange in there:
            self._log(exchange)

    def append(self, events: Sequence[StoredEvent]) -> None:
        """Write what came together of one exchange, whole or not at all.

        Raises JournalPaused when there is no room; the events may be given again.
        """
        if self._no_room:
            raise JournalPaused(self._no_room)
        try:
            self._log(events[0].exchange).append(events)
        except OSError as error:
            self._failure = f"The journal cannot be written: {error.strerror or error}."
            raise JournalPaused(self._failure) from error
        self._failure = ""

    def read(self, most_rows: int) -> Batch:
        """Return what comes next of about so many rows, each exchange getting its fair part."""
        batch = Batch([], [], {})
        pending = self._pending()
        for name in pending:
            self._read(name, most_rows // len(pending), batch)
        for name in self._pending():
            self._read(name, most_rows - len(batch.liquidations) - len(batch.rejected), batch)
        return batch

    def stored(self, positions: Mapping[str, Position]) -> None:
        """Note that everything before these positions is in the store."""
        for exchange, position in positions.items():
            self._logs[exchange].stored = position

    @property
    def has_more(self) -> bool:
        """Return whether something waits for the store."""
        return bool(self._pending())

    def sync(self) -> None:
        """Have everything appended survive a loss of power. Raises OSError."""
        for one in list(self._logs.values()):
            one.sync()

    def check(self) -> str:
        """Look whether there is room, and return what is wrong in words, if anything is.

        What kept the last events from being written counts until some are. Raises OSError.
        """
        # What is held back is not free, nor what is about to be.
        held_back = 0 if self._reserve.is_held else RESERVE_BYTES
        free = (shutil.disk_usage(self._folder.parent).free - held_back) // MIB
        waiting = self.waiting_bytes()
        if free < self._limits.free_mib:
            self._reserve.give()
            self._no_room = (
                f"The disk is full: {free} MiB are free and {self._limits.free_mib} are kept "
                f"free. Make room on the disk of {self._folder.parent}."
            )
        elif waiting > self._limits.most_mib * MIB:
            self._no_room = (
                f"The store does not take what was received: {waiting // MIB} MiB wait in the "
                "journal, which is as much as LIQSITE_JOURNAL_MIB allows."
            )
        else:
            self._reserve.hold()
            self._no_room = ""
        return self._no_room or self._failure

    def waiting_bytes(self) -> int:
        """Return about how much is not stored yet."""
        return sum(one.waiting_bytes() for one in list(self._logs.values()))

    def tidy(self) -> None:
        """Compress and drop what is stored and kept for long enough. Raises OSError."""
        for one in list(self._logs.values()):
            one.tidy(self._limits.keep_hours * 3600)
        excess = self._bytes() - self._limits.most_mib * MIB
        while excess > 0 and (freed := sum(one.drop_oldest() for one in list(self._logs.values()))):
            excess -= freed

    def close(self) -> None:
        """Write no more."""
        for one in self._logs.values():
            one.close()

    def _pending(self) -> list[str]:
        return [name for name, one in list(self._logs.items()) if one.has_more]

    def _read(self, name: str, most_rows: int, batch: Batch) -> None:
        for entry in self._logs[name].read(most_rows):
            batch.liquidations.extend(entry.liquidations)
            batch.rejected.extend(entry.rejected)
        batch.positions[name] = self._logs[name].read_to

    def _log(self, exchange: str) -> ExchangeLog:
        if exchange not in self._logs:
            stored = self._stored_before.get(exchange)
            self._logs[exchange] = ExchangeLog(self._folder / exchange, stored)
        return self._logs[exchange]

    def _bytes(self) -> int:
        return sum(file.stat().st_size for file in self._folder.glob("*/[0-9]*"))
