"""A real Daphne on a free port, and pushes to it as the worker's, from another process."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from exchanges.live import LivePush
from exchanges.log_layer import LogChannelLayer
from exchanges.supervisor import PATIENT

START_SECONDS = 20.0
# Afterwards the supervisor would kill it.
STOP_SECONDS = PATIENT.stop
ROOT = Path(__file__).parents[3]


class Site:
    """A running site: `port`, `pid`, and `push` for what the worker would push.

    `exit_code` is None while it runs.
    """

    exit_code: int | None = None

    def __init__(self, port: int, pid: int, folder: Path) -> None:
        self.port = port
        self.pid = pid
        self.address = f"ws://127.0.0.1:{port}"
        self.folder = folder

    def push(self, interval_seconds: float = 0.25) -> LivePush:
        """Return what the worker pushes with."""
        layer = LogChannelLayer(path=str(self.folder / "channels.sqlite3"))
        return LivePush(layer, interval_seconds=interval_seconds)

    @property
    def memory_kilobytes(self) -> int:
        """The resident memory of the site."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+)", status)
        assert found
        return int(found[1])


@contextmanager
def running_site(folder: Path, application: str, **settings: str) -> Iterator[Site]:
    """Run an application whose data lie in a folder, and end it."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "liqsite.settings",
        "LIQSITE_DATA_DIR": str(folder),
        **settings,
    }
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
    port = _free_port()
    server = ["daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(port), application]
    process = subprocess.Popen([sys.executable, "-m", *server], cwd=ROOT, env=environment)
    site = Site(port, process.pid, folder)
    try:
        _wait_until_listening(port)
        yield site
    finally:
        process.terminate()
        site.exit_code = process.wait(STOP_SECONDS)


def _wait_until_listening(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError("Daphne does not listen")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
