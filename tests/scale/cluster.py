"""Two workers, two sites and the simulator on servers that they share; workers can be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psycopg

from exchanges import store
from exchanges.errors import StoreUnavailable
from exchanges.journal import read_entries
from exchanges.lake import S3, Place, settled
from tests.scale.servers import Server, free_port, is_listening, wait_until

ROOT = Path(__file__).resolve().parents[2]
BUCKET = "lake"
READY_SECONDS = 40.0


class Cluster:
    """`postgres`, `redis` and `bucket` run; all else is started by `start`."""

    def __init__(self, folder: Path, postgres: Server, redis: Server, bucket: Server) -> None:
        self.folder = folder
        self.postgres, self.redis = postgres, redis
        self.database = f"postgres://liqsite@127.0.0.1:{postgres.port}/postgres"
        self.lake = a_lake(postgres, bucket, folder)
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self.sites = [free_port(), free_port()]
        self._processes: list[subprocess.Popen[bytes]] = []
        self._simulator = free_port()
        self._log = (folder / "log").open("ab")
        self._env = os.environ | {
            "DJANGO_SETTINGS_MODULE": "liqsite.settings",
            "DATABASE_URL": self.database,
            "REDIS_URL": f"redis://127.0.0.1:{redis.port}/0",
            "LIQSITE_LAKE_CATALOG": self.database,
            "LIQSITE_LAKE_DATA": f"s3://{BUCKET}/postgres",
            "LIQSITE_S3_ENDPOINT": f"http://127.0.0.1:{bucket.port}",
            "LIQSITE_S3_PATH_STYLE": "1",
            "LIQSITE_S3_KEY": "key",
            "LIQSITE_S3_SECRET": "secret",
            "LIQSITE_SYMBOLS": "BTCUSDT",
            "LIQSITE_JOBS": "",
            "SECRET_KEY": "of these tests only",
        }

    def start(self, rate: int) -> None:
        """Start everything and wait until all of it answers."""
        simulator = ["run_simulator", "--port", str(self._simulator)]
        self._env |= dict(
            line.split("=", 1) for line in self.manage(*simulator, "--print-env").split()
        )
        self.manage("migrate", "--verbosity", "0")
        self._start("simulator", *simulator, "--rate", str(rate), "--steady", "--no-throttle")
        for name in ("a", "b"):
            self.start_worker(name)
        for port in self.sites:
            self._start_site(port)
        for port in [self._simulator, *self.sites]:
            wait_until(partial(is_listening, port), READY_SECONDS, f"port {port}")

    def start_worker(self, name: str) -> None:
        """Start a worker with the folder of this name."""
        self.workers[name] = self._start(name, "run_aggregator", "--exchanges", "auto")

    def kill_worker(self, name: str) -> None:
        """Kill a worker where it stands."""
        self.workers[name].kill()
        self.workers[name].wait()

    def stop_workers(self) -> None:
        """Ask the workers to end."""
        for process in self.workers.values():
            process.send_signal(signal.SIGTERM)
        for process in self.workers.values():
            process.wait(30)

    def name_of(self, worker: str) -> str:
        """Return how a worker is called in the database."""
        return "worker " + (self.folder / worker / "journal" / "id").read_text()

    def asked(self, query: str) -> list[tuple[Any, ...]]:
        """Return rows of Django's database; none while it is away."""
        try:
            with psycopg.connect(self.database, connect_timeout=2) as connection:
                return connection.execute(query).fetchall()
        except psycopg.Error:
            return []

    def claims(self) -> dict[str, str]:
        """Return which worker runs which venue."""
        rows = self.asked("SELECT name, worker FROM exchanges_claim WHERE name LIKE 'exchange %'")
        return {name.removeprefix("exchange "): worker for name, worker in rows}

    def connected(self) -> set[str]:
        """Return the venues whose feeds are proven."""
        rows = self.asked(
            "SELECT exchange FROM exchanges_exchangehealth "
            "WHERE is_connected AND updated_at > now() - interval '3 seconds'"
        )
        return {exchange for (exchange,) in rows}

    def count(self) -> int:
        """Return how many liquidations are stored; 0 while that cannot be known."""
        try:
            return int(store.query(self.lake, "SELECT count(*) FROM liquidations", {})[0][0])
        except StoreUnavailable:
            return 0

    def stored(self) -> list[str]:
        """Return the id of every row."""
        rows = store.query(self.lake, "SELECT event_id FROM liquidations", {})
        return [event_id for (event_id,) in rows]

    def journaled(self) -> Iterator[str]:
        """Yield the id of everything that any worker has received."""
        for folder in self.folder.glob("*/journal/*/"):
            for entry in read_entries(folder):
                for row in entry.liquidations:
                    yield row.event_id

    def get(self, site: int, path: str) -> Any:
        """Return what a site answers."""
        with urlopen(f"http://127.0.0.1:{self.sites[site]}{path}", timeout=20) as answer:
            return json.load(answer)

    def manage(self, *words: str) -> str:
        """Run a command of manage.py; return what it said. Raises CalledProcessError."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT, env=self._of("tool"), check=True, stdout=subprocess.PIPE, stderr=self._log,
        )  # fmt: skip
        return done.stdout.decode()

    def log(self) -> str:
        """Return what all processes have said."""
        return (self.folder / "log").read_text(errors="replace")

    def end(self) -> None:
        """End every process that it started."""
        for process in self._processes:
            process.kill()
            process.wait()
        self._log.close()

    def _of(self, name: str) -> dict[str, str]:
        return self._env | {"LIQSITE_DATA_DIR": str(self.folder / name)}

    def _start(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        return self._run(name, [sys.executable, "manage.py", *words])

    def _start_site(self, port: int) -> None:
        server = [sys.executable, "-m", "daphne", "-v", "0", "-p", str(port)]
        self._run(f"site-{port}", [*server, "liqsite.asgi:application"])

    def _run(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command, cwd=ROOT, env=self._of(name), stdout=self._log, stderr=self._log
        )
        self._processes.append(process)
        return process


def a_lake(postgres: Server, bucket: Server, folder: Path, database: str = "postgres") -> Place:
    """Return a lake in a database that is there; each holds one."""
    return settled(
        f"postgres://liqsite:not-a-secret@127.0.0.1:{postgres.port}/{database}",
        f"s3://{BUCKET}/{database}",
        folder,
        S3("key", "secret", f"http://127.0.0.1:{bucket.port}", is_path_style=True),
    )
