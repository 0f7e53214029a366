"""A PostgreSQL of our own in a temporary folder, for what is measured beside us."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.running import free_port, processor_seconds

USER = "postgres"
# Of the machine's memory about what its own documentation advises; all else as it comes.
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "2GB",
    "effective_cache_size": "8GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "8GB",
}


class Postgres:
    """A running server and one connection to it."""

    def __init__(self, folder: Path, port: int) -> None:
        import asyncpg

        self.folder, self.port = folder, port
        self._loop = asyncio.new_event_loop()
        self._connection = self._wait_for(
            asyncpg.connect(user=USER, database=USER, host="127.0.0.1", port=port)
        )

    def execute(self, sql: str) -> None:
        """Run statements."""
        self._wait_for(self._connection.execute(sql))

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return [tuple(row) for row in self._wait_for(self._connection.fetch(sql, *values))]

    def copy(self, table: str, file: Path) -> None:
        """Append the rows of a CSV file."""
        self._wait_for(self._connection.copy_to_table(table, source=file, format="csv"))

    def bytes_of(self, table: str) -> int:
        """Return what a table and its indexes take on disk."""
        return int(self.query("SELECT pg_total_relation_size($1::text::regclass)", table)[0][0])

    @property
    def processor_seconds(self) -> float:
        """What all of its processes that still run have used."""
        main = int((self.folder / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        return sum(processor_seconds(Path(f"/proc/{pid}")) for pid in [str(main), *children])

    def close(self) -> None:
        """End the connection."""
        self._wait_for(self._connection.close())
        self._loop.close()

    def _wait_for(self, action: Any) -> Any:
        return self._loop.run_until_complete(action)


def is_installed() -> bool:
    """Return whether there is a PostgreSQL on the path, and what speaks to it."""
    return all(map(shutil.which, ("initdb", "pg_ctl"))) and find_spec("asyncpg") is not None


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Start a server, and end it with all that it has stored."""
    above = Path(tempfile.mkdtemp(prefix="liqsite-postgres-"))
    folder, port = above / "data", free_port()
    if os.geteuid() == 0:
        shutil.chown(above, USER)
    options = OPTIONS | {"port": str(port), "unix_socket_directories": str(above)}
    told = " ".join(f"-c {name}={value}" for name, value in options.items())
    _run(above, "initdb", "-D", str(folder), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync")
    _run(above, "pg_ctl", "-D", str(folder), "-w", "-l", str(above / "log"), "-o", told, "start")
    try:
        server = Postgres(folder, port)
        yield server
        server.close()
    finally:
        _run(above, "pg_ctl", "-D", str(folder), "-m", "immediate", "stop")
        shutil.rmtree(above)


def _run(folder: Path, *words: str) -> None:
    """Run a program of PostgreSQL; it refuses to be run by root."""
    user = ["runuser", "-u", USER, "--"] if os.geteuid() == 0 else []
    done = subprocess.run([*user, *words], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{words[0]}: {done.stderr or done.stdout}")
