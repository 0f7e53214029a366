"""Keeping the catalog open, so that nobody is ever the last one to close it.

DuckDB opens and closes the catalog with each transaction. Who closes an SQLite database last
locks it to fold its log in, and whoever comes meanwhile sleeps: the SQLite inside DuckDB by the
whole second. A process of its own holds it, because closing a file drops every lock that a
process has on it, whichever copy of SQLite took it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# A connection that has read keeps its share of the file; it ends with the process it reads from.
_HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held_open(catalog: Path) -> Iterator[None]:
    """Hold the SQLite database open while inside; it exists."""
    command = [sys.executable, "-I", "-S", "-c", _HOLD, str(catalog)]
    # In a session of its own Ctrl-C does not reach it: it ends after the one who needs it.
    with subprocess.Popen(  # noqa: S603 - our own words
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as holder:
        if holder.stdout:
            holder.stdout.readline()
        try:
            yield
        finally:
            if holder.stdin:
                holder.stdin.close()
