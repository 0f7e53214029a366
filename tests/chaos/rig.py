"""A simulator, a worker that can be killed, and what each of them has on record."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple
from urllib.request import Request, urlopen

from exchanges import store
from exchanges.errors import StoreUnavailable
from exchanges.journal import read_entries

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 60.0


class Gap(NamedTuple):
    """An interval of the ledger, as epoch seconds; `end` is None while it is open."""

    exchange: str
    start: float
    end: float | None
    reason: str
    repaired_rows: int | None


class Rig:
    """Everything below one folder; processes end with the `with` block of `rigged`."""

    def __init__(self, folder: Path, simulator_options: str) -> None:
        self.folder = folder
        self.lake = folder / "lake"
        self._port = _free_port()
        self._options = simulator_options.split()
        self._log = (folder / "log").open("ab")
        self._env = os.environ | {"LIQSITE_DATA_DIR": str(folder), "LOG_LEVEL": "INFO"}
        self._processes: list[subprocess.Popen[bytes]] = []
        self.worker: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the simulator, and make the databases."""
        told = self.manage("run_simulator", "--port", str(self._port), "--print-env")
        self._env |= dict(line.split("=", 1) for line in told.split())
        self.manage("migrate", "--verbosity", "0")
        store.prepare(self.lake)
        self._start("run_simulator", "--port", str(self._port), *self._options)
        wait_until(lambda: _answers(self._control("faults")), READY_SECONDS)

    def set_env(self, **settings: str) -> None:
        """Settings of workers started from here on."""
        self._env |= settings

    def start_worker(self, *options: str) -> None:
        """Start a worker; the last one has ended."""
        self.worker = self._start("run_aggregator", *options)

    def kill_worker(self) -> None:
        """Kill the worker where it stands."""
        if self.worker is not None:
            self.worker.kill()
            self.worker.wait()

    def stop_worker(self) -> float:
        """Ask the worker to end; return how many seconds that took."""
        if self.worker is None:
            return 0.0
        begun = time.monotonic()
        self.worker.send_signal(signal.SIGTERM)
        self.worker.wait(30)
        return time.monotonic() - begun

    def manage(self, *words: str) -> str:
        """Run a command of manage.py; return what it said. Raises CalledProcessError."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT, env=self._env, check=True, stdout=subprocess.PIPE, stderr=self._log,
        )  # fmt: skip
        return done.stdout.decode()

    def control(self, path: str, **body: object) -> None:
        """Tell the simulator to do something."""
        request = Request(
            self._control(path), json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urlopen(request):
            pass

    def sent(self, exchange: str) -> Iterator[dict[str, Any]]:
        """Yield what a simulated venue told, or would have told had anybody listened."""
        with urlopen(f"{self._control('sent')}?exchange={exchange}") as answer:
            for line in answer:
                yield json.loads(line)

    def rows(self, columns: str, rest: str = "") -> list[tuple[Any, ...]]:
        """Return rows of the store. Raises StoreUnavailable."""
        return store.query(self.lake, f"SELECT {columns} FROM liquidations {rest}", {})

    def count(self) -> int:
        """Return how many liquidations are stored; 0 while nothing can be read."""
        try:
            return int(self.rows("count(*)")[0][0])
        except StoreUnavailable:
            return 0

    def journal(self) -> dict[str, float]:
        """Return the value of every event that ever reached the journal, by its id, as first told:
        histories tell some again, and Gate's with another price."""
        values: dict[str, float] = {}
        for folder in sorted((self.folder / "journal").glob("*/")):
            for entry in read_entries(folder):
                for row in entry.liquidations:
                    values.setdefault(row.event_id, row.value_usd or 0.0)
        return values

    def gaps(self) -> list[Gap]:
        """Return the ledger."""
        sql = "SELECT exchange, started_at, ended_at, reason, repaired_rows FROM exchanges_gap"
        with closing(sqlite3.connect(self.folder / "site.sqlite3", timeout=30)) as database:
            rows = database.execute(sql).fetchall()
        return [Gap(e, _epoch(s), _epoch(f) if f else None, why, n) for e, s, f, why, n in rows]

    def states(self) -> dict[str, tuple[str, str]]:
        """Return each venue's state and reason, as the worker last told them."""
        sql = "SELECT exchange, state, reason FROM exchanges_exchangehealth"
        with closing(sqlite3.connect(self.folder / "site.sqlite3", timeout=30)) as database:
            return {name: (state, reason) for name, state, reason in database.execute(sql)}

    def rejected(self) -> int:
        """Return how many frames are kept as rejected."""
        with closing(sqlite3.connect(self.folder / "site.sqlite3", timeout=30)) as database:
            sql = "SELECT count(*) FROM exchanges_rejectedframe"
            return int(database.execute(sql).fetchone()[0])

    def log(self) -> str:
        """Return what the processes have said."""
        return (self.folder / "log").read_text(errors="replace")

    def memory_mib(self) -> float:
        """Return the worker's resident memory."""
        pid = self.worker.pid if self.worker else 0
        fields = Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()
        return int(fields[0]) / 1024

    def end(self) -> None:
        """End every process."""
        for process in self._processes:
            process.kill()
            process.wait()
        self._log.close()

    def _control(self, path: str) -> str:
        return f"http://127.0.0.1:{self._port}/control/{path}"

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "manage.py", *words],
            cwd=ROOT, env=self._env, stdout=self._log, stderr=self._log,
        )  # fmt: skip
        self._processes.append(process)
        return process


@contextmanager
def rigged(simulator_options: str, folder: Path | None = None) -> Iterator[Rig]:
    """Start a rig; its folder is removed when all went well, and named when not."""
    place = folder or Path(mkdtemp(prefix="liqsite-chaos-"))
    rig = Rig(place, simulator_options)
    try:
        rig.start()
        yield rig
    except BaseException:
        print(f"what was left is in {place}", flush=True)
        raise
    finally:
        rig.end()
    shutil.rmtree(place, ignore_errors=True)


def wait_until(condition: Callable[[], object], seconds: float, what: str = "") -> None:
    """Return as soon as the condition holds. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what or "it did not happen in time")
        time.sleep(0.05)


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def _answers(url: str) -> bool:
    try:
        with urlopen(url):
            return True
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
