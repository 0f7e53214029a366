"""Which journal is whose: several workers that share a lake have one each."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

_FILE = "id"


def identity(folder: Path) -> str | None:
    """Return the name of the journal in `folder`; None: it is the only one of its lake."""
    file = folder / _FILE
    return file.read_text() if file.exists() else None


def named(folder: Path) -> str:
    """Return the name of the journal in `folder`, which gets one if it has none. Raises OSError.

    Whoever goes on with this folder goes on with what its worker before had received.
    """
    if (known := identity(folder)) is None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _FILE).write_text(uuid4().hex[:12])
        return named(folder)
    return known
