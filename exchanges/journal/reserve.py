"""Room that is held back, so that a full disk can still be told about."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

RESERVE_BYTES = 16 * 1024 * 1024


class Reserve:
    """A file that is there while the disk has room, and gives its room away when it has none."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @property
    def is_held(self) -> bool:
        """Return whether the room is taken."""
        return self._file.exists()

    def hold(self) -> None:
        """Take the room, unless it is taken; where that fails, there is none to hold."""
        with suppress(OSError):
            if not self._file.exists():
                self._file.parent.mkdir(parents=True, exist_ok=True)
                with self._file.open("wb") as file:
                    os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)

    def give(self) -> None:
        """Give the room to whatever has to be written now."""
        with suppress(OSError):
            self._file.unlink(missing_ok=True)
