"""Who takes the firehose's stream: our worker and cryptofeed, each in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.request import urlopen

from benchmarks.peer_feed import SAMPLED
from benchmarks.postgres import Postgres
from benchmarks.running import PROJECT, free_port, processor_seconds
from exchanges import store
from exchanges.errors import StoreUnavailable

START_SECONDS = 60.0

# The columns that `cryptofeed.backends.postgres` fills, and the index its users ask by.
PEER_TABLE = """
CREATE TABLE liquidations (
    id serial PRIMARY KEY, timestamp timestamptz, receipt timestamptz, exchange text,
    symbol text, side text, quantity numeric, price numeric, trade_id text, status text
);
CREATE INDEX ON liquidations (symbol, timestamp);
"""


class Hose:
    """A firehose that runs."""

    def __init__(self, port: int) -> None:
        self.port = port

    def flood(self, count: int, rate: float = 0.0) -> None:
        """Have it send; returns at once."""
        self._ask(f"flood?count={count}&rate={rate}")

    def play(self, file: Path) -> None:
        """Have it send a schedule; returns at once."""
        self._ask(f"schedule?file={file}")

    def sent(self) -> dict[str, Any]:
        """Return what it has sent since it was last told to."""
        return self._ask("sent")

    def wait_until(self, is_so: Callable[[dict[str, Any]], Any], seconds: float) -> dict[str, Any]:
        """Return what it has sent once that is so. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(OSError):
                if is_so(told := self.sent()):
                    return told
            time.sleep(0.05)
        raise TimeoutError("The firehose was not taken.")

    def _ask(self, what: str) -> dict[str, Any]:
        with urlopen(f"http://127.0.0.1:{self.port}/{what}", timeout=10) as answer:
            told: dict[str, Any] = json.load(answer)
            return told


class Receiver(Protocol):
    """Something that takes the stream."""

    name: str
    sampled: int
    """Of so many rows the age of one is told."""

    def count(self) -> int:
        """Return how many rows can be queried (or have been called back)."""

    def processor_seconds(self) -> float:
        """Return what it has used, its database included."""

    def ages(self, seconds: float) -> list[float]:
        """Return of the rows of so many seconds from now on how old each is when it is found."""


class Worker:
    """Our worker, on its own data folder."""

    name, sampled = "liqsite", 1

    def __init__(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        self._process, self.folder = process, folder
        self.lake, self.pid = folder / "lake", process.pid

    def count(self) -> int:
        try:
            return int(self.query("SELECT count(*) FROM liquidations")[0][0])
        except StoreUnavailable:
            return 0

    def processor_seconds(self) -> float:
        return processor_seconds(Path(f"/proc/{self._process.pid}"))

    def ages(self, seconds: float) -> list[float]:
        sql = "SELECT exchange_time, received_time FROM liquidations WHERE received_time > $after"
        return polled_ages(lambda after: self.query(sql, after=after), seconds)

    def query(self, sql: str, **values: object) -> list[tuple[Any, ...]]:
        """Return rows of its store. Raises StoreUnavailable."""
        return store.query(self.lake, sql, values)


class Feed:
    """cryptofeed with a callback that counts."""

    name, sampled = "cryptofeed to a callback", SAMPLED

    def __init__(self, process: subprocess.Popen[bytes], status: Path) -> None:
        self._process, self._status = process, status

    def count(self) -> int:
        return int(self._told()["count"])

    def processor_seconds(self) -> float:
        return processor_seconds(Path(f"/proc/{self._process.pid}"))

    def ages(self, seconds: float) -> list[float]:
        time.sleep(seconds)
        return list(map(float, self._told()["ages"]))

    def _told(self) -> dict[str, Any]:
        try:
            told: dict[str, Any] = json.loads(self._status.read_text())
        except FileNotFoundError:
            return {"count": 0, "ages": []}
        return told


class FeedInPostgres(Feed):
    """cryptofeed with its own backend for PostgreSQL."""

    name, sampled = "cryptofeed to PostgreSQL", 1

    def __init__(self, process: subprocess.Popen[bytes], status: Path, database: Postgres) -> None:
        super().__init__(process, status)
        self._database = database

    def count(self) -> int:
        return int(self._database.query("SELECT count(*) FROM liquidations")[0][0])

    def processor_seconds(self) -> float:
        return super().processor_seconds() + self._database.processor_seconds

    def ages(self, seconds: float) -> list[float]:
        sql = "SELECT timestamp, receipt FROM liquidations WHERE receipt > $1"
        return polled_ages(lambda after: self._database.query(sql, after), seconds)


def polled_ages(
    rows_after: Callable[[datetime], Sequence[tuple[datetime, datetime]]], seconds: float
) -> list[float]:
    """Return how old each row is when a query finds it; `rows_after` a receipt gives
    (event, receipt)."""
    deadline, last = time.monotonic() + seconds, datetime.now(UTC)
    ages: list[float] = []
    while time.monotonic() < deadline:
        rows = rows_after(last)
        now = datetime.now(UTC)
        ages += [(now - event).total_seconds() for event, _ in rows]
        last = max((receipt for _, receipt in rows), default=last)
        # Looking without a pause would take a core away from what is measured.
        time.sleep(0.05)
    return ages


@contextmanager
def firehose(symbols: int = 50) -> Iterator[Hose]:
    """Run a firehose."""
    hose = Hose(free_port())
    words = [sys.executable, "-m", "benchmarks.firehose", str(hose.port), str(symbols)]
    with _process(words):
        hose.wait_until(lambda told: True, START_SECONDS)
        yield hose


@contextmanager
def worker(hose: Hose, **settings: str) -> Iterator[Worker]:
    """Run our worker until it is subscribed, and delete at the end what it stored."""
    folder = Path(tempfile.mkdtemp(prefix="liqsite-bench-"))
    env = {
        "LIQSITE_DATA_DIR": str(folder),
        "LIQSITE_BINANCE_WS_URL": f"ws://127.0.0.1:{hose.port}",
        "LIQSITE_BINANCE_REST_URL": f"http://127.0.0.1:{hose.port}",
    } | settings
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "--verbosity", "0"], cwd=PROJECT, env=os.environ | env)
    with _process([*manage, "run_aggregator", "--exchanges", "binance"], **env) as process:
        hose.wait_until(lambda told: told["sockets"], START_SECONDS)
        yield Worker(process, folder)
    shutil.rmtree(folder)


@contextmanager
def feed(hose: Hose, database: Postgres | None = None) -> Iterator[Feed]:
    """Run cryptofeed until it is connected."""
    status = Path(tempfile.mkdtemp(prefix="liqsite-bench-")) / "status"
    words = [sys.executable, "-m", "benchmarks.peer_feed", str(hose.port), str(status)]
    if database is not None:
        database.execute(f"DROP TABLE IF EXISTS liquidations; {PEER_TABLE}")
        words.append(str(database.port))
    with _process(words) as process:
        hose.wait_until(lambda told: told["sockets"], START_SECONDS)
        yield FeedInPostgres(process, status, database) if database else Feed(process, status)
    shutil.rmtree(status.parent)


@contextmanager
def _process(words: Sequence[str], **env: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(words, cwd=PROJECT, env=os.environ | env)
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(15)
        process.kill()
        process.wait()
