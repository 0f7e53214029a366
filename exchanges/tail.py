"""The same as a feed for files that grow: from finding them to reading to coming back."""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG

from exchanges.adapters.base import Adapter, Subscription
from exchanges.backoff import Backoff
from exchanges.clock import Clock
from exchanges.errors import LiqsiteError
from exchanges.events import State
from exchanges.health import HealthTracker
from exchanges.instruments import Instruments
from exchanges.intake import Accept, Intake, Sleep

log = logging.getLogger(__name__)

POLL_SECONDS = 0.25
# Looking through thousands of files takes a while; at least so much longer nobody looks.
REST_SHARE = 20
# Whoever writes the files has died, or writes elsewhere.
QUIET_SECONDS = 60.0
CHUNK = 1024 * 1024
# A block of the worst hour on record, 45,000 fills, is a third of this.
LONGEST_LINE = 64 * CHUNK
_COMPRESSED = frozenset({".gz", ".lz4", ".zst", ".bz2", ".xz"})


class FolderQuiet(LiqsiteError):
    """Nothing was written below the folder for too long."""


class Lines:
    """The whole lines that are written below a folder, each once.

    What lies there when it is first read counts as read already, unless `is_from_start`.
    """

    def __init__(self, folder: Path, *, is_from_start: bool) -> None:
        self._folder = folder
        self._positions: dict[Path, int] | None = {} if is_from_start else None

    def read(self) -> list[bytes]:
        """Return some new lines, of the file written longest ago; none when there are none.

        Raises OSError.
        """
        files = self._files()
        if self._positions is None:
            self._positions = {file: _end(file, size) for file, size in files.items()}
        for file, size in files.items():
            position = self._positions.get(file, 0)
            if size < position:  # It was cut off, or written anew.
                position = 0
            if size > position and (lines := _whole_lines(file, position)):
                self._positions[file] = position + len(lines)
                return [line for line in lines.split(b"\n") if line]
        return []

    def _files(self) -> dict[Path, int]:
        """Return the sizes of the files below the folder, the one written longest ago first."""
        next(self._folder.iterdir(), None)  # Raises where rglob just finds nothing.
        paths = (path for path in self._folder.rglob("*") if path.suffix not in _COMPRESSED)
        found = [(path, stat) for path in paths if (stat := _stat(path))]
        found.sort(key=lambda one: (one[1].st_mtime_ns, one[0]))
        return {path: stat.st_size for path, stat in found}


class Tail:
    """Keeps reading the files below a folder for ever; hands what it reads to `accept`."""

    def __init__(
        self,
        adapter: Adapter,
        subscription: Subscription,
        instruments: Instruments,
        *,
        number: int,
        health: HealthTracker,
        accept: Accept,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
        is_from_start: bool = False,
    ) -> None:
        self._name = adapter.name
        self._folder = Path(subscription.url.removeprefix("file://"))
        self._lines = Lines(self._folder, is_from_start=is_from_start)
        self._number = number
        self._health = health
        self._intake = Intake(adapter, instruments, health=health, accept=accept, clock=clock)
        self._sleep = sleep
        self.is_subscribed = asyncio.Event()
        self._backoff = Backoff()

    async def run(self) -> None:
        """Read, come back after each failure where it left off; ends only by cancellation."""
        self._health.socket_is(self._number, "connecting")
        while True:
            try:
                await self._session()
            except OSError as error:
                await self._rest(f"cannot be read: {error.strerror or error}", is_down=True)
            except FolderQuiet as error:
                await self._rest(str(error), is_down=False)

    async def _session(self) -> None:
        """Take lines as they come; the first one proves that somebody writes them."""
        now = asyncio.get_running_loop().time
        heard_at, is_proven = now(), False
        while (looked_at := now()) - heard_at < QUIET_SECONDS:
            lines = await asyncio.to_thread(self._lines.read)
            looking_took = now() - looked_at
            if lines and not is_proven:
                is_proven = True
                self.is_subscribed.set()
                self._health.socket_is(self._number, "subscribed")
            for line in lines:
                self._intake.take(line)
            if lines:
                await self._intake.keep()
                heard_at = now()
                self._backoff.reset()
            is_behind = sum(map(len, lines)) > CHUNK // 2
            await asyncio.sleep(0 if is_behind else max(POLL_SECONDS, REST_SHARE * looking_took))
        raise FolderQuiet(f"has had no new line for {QUIET_SECONDS:.0f} s; is it still written?")

    async def _rest(self, reason: str, *, is_down: bool) -> None:
        """Say what went wrong and when the next try is, and wait for it."""
        wait = self._backoff.next_wait()
        state: State = "failed" if is_down or self._backoff.has_failed else "reconnecting"
        told = f"the folder {self._folder} {reason}; try {self._backoff.tries} in {wait:.0f} s"
        self._health.error(told)
        self._health.socket_is(self._number, state, told)
        log.warning("%s: %s", self._name, told)
        await self._sleep(wait)


def _stat(path: Path) -> os.stat_result | None:
    """Return a regular file's size and times; None for anything else, also one just removed."""
    with suppress(FileNotFoundError):
        stat = path.stat()
        return stat if S_ISREG(stat.st_mode) else None
    return None


def _end(file: Path, size: int) -> int:
    """Return where the line begins that is being written at the end of a file."""
    with file.open("rb") as stream:
        start = stream.seek(max(0, size - CHUNK))
        return start + stream.read(size - start).rfind(b"\n") + 1


def _whole_lines(file: Path, position: int) -> bytes:
    """Return what follows in a file up to the last end of line in about a chunk."""
    with file.open("rb") as stream:
        stream.seek(position)
        text = stream.read(CHUNK)
        while b"\n" not in text and len(text) < LONGEST_LINE and (more := stream.read(len(text))):
            text += more
    whole = text[: text.rfind(b"\n") + 1]
    # A line without an end in sight is given up in pieces, which will not parse.
    return whole if whole or len(text) < LONGEST_LINE else text
