"""One file of the journal: records behind each other, each with its length and checksum.

A segment is written by one process, ends where its last whole record ends, and is compressed
once it is stored (`.log` becomes `.log.gz`).
"""

from __future__ import annotations

import gzip
import os
import zlib
from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from io import BufferedIOBase
from pathlib import Path
from struct import Struct
from typing import NamedTuple, cast

import msgspec

from exchanges.events import Liquidation, Rejected, StoredEvent

_HEAD = Struct("<II")
# One record is decoded at once; more rows than this become several records.
ROWS_PER_RECORD = 1_000


class Position(NamedTuple):
    """A place in an exchange's journal: everything before it is meant."""

    segment: int
    byte_offset: int


class Entry(msgspec.Struct, array_like=True, frozen=True):
    """What one record holds: events that came together, or a part of them."""

    liquidations: list[Liquidation]
    rejected: list[Rejected] = []

    @property
    def rows(self) -> int:
        """Return how many events it holds."""
        return len(self.liquidations) + len(self.rejected)


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Entry)


def encode(events: Sequence[StoredEvent]) -> bytes:
    """Return the records of events that came together."""
    starts = range(0, len(events), ROWS_PER_RECORD)
    return b"".join(_record(events[start : start + ROWS_PER_RECORD]) for start in starts)


def _record(events: Sequence[StoredEvent]) -> bytes:
    entry = Entry(
        [event for event in events if isinstance(event, Liquidation)],
        [event for event in events if isinstance(event, Rejected)],
    )
    body = _ENCODER.encode(entry)
    return _HEAD.pack(len(body), zlib.crc32(body)) + body


class SegmentWriter:
    """The segment that is being written. A record is in it whole, or not at all."""

    def __init__(self, folder: Path, number: int) -> None:
        """Create the file. Raises OSError, also when the segment is there already."""
        self.number = number
        self.size = 0
        self._file = os.open(
            folder / f"{number:08d}.log", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o640
        )
        self._synced = 0

    def append(self, records: bytes) -> None:
        """Write the records; on OSError (a full disk) nothing of them stays."""
        try:
            written = 0
            while written < len(records):
                written += os.write(self._file, records[written:] if written else records)
        except OSError:
            os.ftruncate(self._file, self.size)
            raise
        self.size += len(records)

    def sync(self) -> None:
        """Have what was written survive a loss of power."""
        if self._synced != self.size:
            size = self.size
            os.fdatasync(self._file)
            self._synced = size

    def close(self) -> None:
        """End the segment."""
        try:
            self.sync()
        finally:
            os.close(self._file)


class SegmentReader:
    """Reads a segment from an offset on, also while it is being written, or compressed."""

    def __init__(self, file: Path, offset: int = 0) -> None:
        """Raises FileNotFoundError."""
        self.offset = offset
        self._path = file
        self._file = _open(file)
        self._file.seek(offset)

    def next(self) -> Entry | None:
        """Return the next entry; None where the last whole record ends."""
        head = self._file.read(_HEAD.size)
        if len(head) == _HEAD.size:
            length, checksum = _HEAD.unpack(head)
            body = self._file.read(length)
            if len(body) == length and zlib.crc32(body) == checksum:
                self.offset += _HEAD.size + length
                return self._decoded(body)
        self._file.seek(self.offset)
        return None

    def _decoded(self, body: bytes) -> Entry:
        """Return what a whole record holds; as rejected what another version wrote otherwise."""
        try:
            return _DECODER.decode(body)
        except msgspec.DecodeError as error:
            received_time = datetime.fromtimestamp(self._path.stat().st_mtime, UTC)
            reason = f"a record of the journal that this version cannot read: {error}"
            frame = f"base64:{b64encode(body).decode()}"
            return Entry([], [Rejected(self._path.parent.name, received_time, reason, frame)])

    def left(self) -> int:
        """Return how many bytes follow the last whole record."""
        left = len(self._file.read())
        self._file.seek(self.offset)
        return left

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def segments(folder: Path) -> dict[int, Path]:
    """Return the segments of an exchange by number, the oldest first."""
    found = {int(file.name.split(".")[0]): file for file in folder.glob("[0-9]*.log")}
    packed = {int(file.name.split(".")[0]): file for file in folder.glob("[0-9]*.log.gz")}
    return dict(sorted((packed | found).items()))


def compress(file: Path) -> Path:
    """Replace a segment by its compressed form, of the same age. Raises OSError."""
    packed, half = file.with_name(f"{file.name}.gz"), file.with_name(f"{file.name}.half")
    half.write_bytes(gzip.compress(file.read_bytes(), compresslevel=1))
    told = file.stat()
    os.utime(half, ns=(told.st_atime_ns, told.st_mtime_ns))
    half.replace(packed)
    file.unlink()
    return packed


def read_entries(folder: Path, until: Position | None = None) -> Iterator[Entry]:
    """Yield what an exchange's journal still holds, the oldest first, all or up to a position."""
    for number, file in segments(folder).items():
        reader = SegmentReader(file)
        while until is None or (number, reader.offset) < until:
            if (entry := reader.next()) is None:
                break
            yield entry
        reader.close()


def _open(file: Path) -> BufferedIOBase:
    if file.suffix == ".gz":
        return cast(BufferedIOBase, gzip.open(file, "rb"))
    return file.open("rb")
