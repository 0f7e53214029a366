"""Static files for the site: collected once, and again when one of them has changed.

Compressing all of them takes several seconds, which a restart should not.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command


def collect_static() -> None:
    """Collect into STATIC_ROOT unless it holds the files as they are now. Raises OSError."""
    stamp, state = Path(settings.STATIC_ROOT) / ".collected", _state()
    if not stamp.exists() or stamp.read_text() != state:
        call_command("collectstatic", verbosity=0, interactive=False)
        stamp.write_text(state)


def _state() -> str:
    """Return a text that changes with any static file's name, size or time."""
    return sha256("\n".join(sorted(_files())).encode()).hexdigest()


def _files() -> Iterator[str]:
    for finder in get_finders():
        for name, storage in finder.list([]):
            told = Path(storage.path(name)).stat()
            yield f"{name} {told.st_size} {told.st_mtime_ns}"
