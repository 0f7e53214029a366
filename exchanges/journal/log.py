"""The journal of one exchange: segments that are written, read, stored, and dropped."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock

from exchanges.events import StoredEvent
from exchanges.journal.segment import (
    Entry,
    Position,
    SegmentReader,
    SegmentWriter,
    compress,
    encode,
    segments,
)

log = logging.getLogger(__name__)

SEGMENT_BYTES = 16 * 1024 * 1024
SEGMENT_SECONDS = 3600.0
READ_BYTES = 16 * 1024 * 1024


class ExchangeLog:
    """One thread appends, one reads; the reader never overtakes what is written."""

    def __init__(self, folder: Path, stored: Position | None) -> None:
        """Go on reading after `stored`. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        before = segments(folder)
        # Where the files are gone, numbers still go on after what the store has.
        self._newest = max([*before, stored.segment if stored else 0])
        self._writer: SegmentWriter | None = None
        self._begun_at = 0.0
        self._closing = Lock()
        oldest = Position(min(before, default=self._newest + 1), 0)
        self.stored = self.read_to = max(stored or oldest, oldest)
        self._reader: SegmentReader | None = None
        size = _size(before[self._newest]) if self._newest in before else 0
        self._end_before = Position(self._newest, size)

    def append(self, events: Sequence[StoredEvent]) -> None:
        """Write what came together. Raises OSError; nothing of it is then written."""
        self._open_writer().append(encode(events))

    def sync(self) -> None:
        """Have everything appended survive a loss of power. Raises OSError."""
        with self._closing:
            if self._writer is not None:
                self._writer.sync()

    def close(self) -> None:
        """Write no more."""
        with self._closing:
            if self._writer is not None:
                self._writer.close()
                self._writer = None

    @property
    def has_more(self) -> bool:
        """Return whether something waits to be read."""
        writer = self._writer
        end = Position(writer.number, writer.size) if writer is not None else self._end_before
        return self.read_to < end

    def read(self, most_rows: int) -> list[Entry]:
        """Return entries of about so many rows, and of so many bytes that they fit into memory,
        and move on; none when all is read."""
        entries: list[Entry] = []
        segment, offset = self.read_to
        while most_rows > 0 and (entry := self._next()) is not None:
            entries.append(entry)
            most_rows -= entry.rows
            if self.read_to.segment != segment or self.read_to.byte_offset - offset > READ_BYTES:
                break
        return entries

    def waiting_bytes(self) -> int:
        """Return about how much is not stored yet."""
        sizes = {n: _size(f) for n, f in segments(self._folder).items() if n >= self.stored.segment}
        return max(0, sum(sizes.values()) - self.stored.byte_offset)

    def tidy(self, keep_seconds: float) -> None:
        """Compress what is stored, and drop what is older. Raises OSError."""
        for number, file in segments(self._folder).items():
            if number < min(self.stored.segment, self.read_to.segment):
                packed = file if file.suffix == ".gz" else compress(file)
                if time.time() - packed.stat().st_mtime > keep_seconds:
                    packed.unlink()

    def drop_oldest(self) -> int:
        """Drop the oldest stored segment; return how many bytes that freed, 0: there is none."""
        number, file = next(iter(segments(self._folder).items()), (0, Path()))
        if not 0 < number < min(self.stored.segment, self.read_to.segment):
            return 0
        size = _size(file)
        file.unlink()
        return size

    def _open_writer(self) -> SegmentWriter:
        """Return the segment to write; what was before it is whole from then on."""
        if self._writer is not None and not self._is_full(self._writer):
            return self._writer
        following = SegmentWriter(self._folder, self._newest + 1)
        with self._closing:
            before, self._writer = self._writer, following
        self._newest = following.number
        self._begun_at = time.monotonic()
        if before is not None:
            self._close(before)
        return following

    def _close(self, writer: SegmentWriter) -> None:
        """End a segment; a disk that cannot make it safe now may be well again for the next."""
        try:
            writer.close()
        except OSError as error:
            log.error("journal %s/%08d: %s", self._folder.name, writer.number, error)

    def _is_full(self, writer: SegmentWriter) -> bool:
        is_old = time.monotonic() - self._begun_at > SEGMENT_SECONDS
        return writer.size >= SEGMENT_BYTES or (is_old and writer.size > 0)

    def _next(self) -> Entry | None:
        while True:
            newest = self._newest
            reader = self._open_reader()
            if reader is not None and (entry := reader.next()) is not None:
                self.read_to = Position(self.read_to.segment, reader.offset)
                return entry
            if self.read_to.segment >= newest:
                self._end_before = min(self._end_before, self.read_to)
                return None
            self._leave(reader)

    def _open_reader(self) -> SegmentReader | None:
        """Return the segment to read; None when none is there yet."""
        if self._reader is None and (file := segments(self._folder).get(self.read_to.segment)):
            self._reader = SegmentReader(file, self.read_to.byte_offset)
        return self._reader

    def _leave(self, reader: SegmentReader | None) -> None:
        """Go on to the following segment; say what a killed worker or a bad disk left in it."""
        if reader is not None:
            if left := reader.left():
                where = f"{self._folder.name}/{self.read_to.segment:08d}"
                log.warning("journal %s: its last %d bytes are no whole record", where, left)
            reader.close()
        self._reader = None
        self.read_to = Position(self._following(), 0)

    def _following(self) -> int:
        later = [n for n in segments(self._folder) if n > self.read_to.segment]
        return min(later, default=self._newest)


def _size(file: Path) -> int:
    with suppress(FileNotFoundError):
        return file.stat().st_size
    return 0
