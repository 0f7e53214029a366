"""What must be so before anything is started; each failure is one sentence that says what to do."""

from __future__ import annotations

import errno
import shutil
import socket
from pathlib import Path
from tempfile import TemporaryFile

from exchanges.errors import LiqsiteError

MIN_FREE_BYTES = 100_000_000


def check_folder(folder: Path) -> None:
    """Make the data folder. Raises LiqsiteError when it cannot be written or is nearly full."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        raise LiqsiteError(
            f"The data folder {folder} cannot be written ({error.strerror}). "
            "Take another: LIQSITE_DATA_DIR=/some/folder make run"
        ) from error
    if free < MIN_FREE_BYTES:
        raise LiqsiteError(
            f"Only {free / 1e6:.0f} MB are free at {folder}, and {MIN_FREE_BYTES / 1e6:.0f} MB are "
            "needed. Make room, or take another: LIQSITE_DATA_DIR=/some/folder make run"
        )


def parse_port(text: str) -> int:
    """Return a port number. Raises LiqsiteError."""
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 65_536):
        raise LiqsiteError(f"'{text}' is no port; take one from 1 to 65535: PORT=8123 make run")
    return int(text)


def check_port(host: str, port: int) -> None:
    """Raise LiqsiteError when nothing can listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            # As the server does; without it a port that was just left counts as used.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise LiqsiteError(_explain(host, port, error)) from error


def _explain(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        other = 8124 if port == 8123 else 8123
        return f"Port {port} is in use. Stop what uses it, or take another: PORT={other} make run"
    if error.errno == errno.EACCES:
        return f"You may not listen on port {port}. Take a higher one: PORT=8123 make run"
    return f"Cannot listen on {host} port {port}: {error.strerror}."
