"""The whole thing on free ports with simulated venues, as `make demo` starts it."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parents[2]
NOTICE = "Simulated venues. These are not market data."
START_SECONDS = 240.0
STOP_SECONDS = 20.0


class Demo:
    """A running instance; `url` is its page, `log` what its processes said."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes], port: int, sim: int) -> None:
        self.url = f"http://127.0.0.1:{port}/"
        self.log = folder / "log"
        self.lake = folder / "data" / "lake"
        self._catalog = self.lake / "catalog.sqlite"
        self._process = process
        self._control = f"http://127.0.0.1:{sim}/control/faults"

    def set_fault(self, exchange: str, fault: str, seconds: float) -> None:
        """Have a simulated venue misbehave for a while."""
        body = json.dumps({"exchange": exchange, "fault": fault, "seconds": seconds}).encode()
        with urlopen(Request(self._control, body, {"Content-Type": "application/json"})):
            pass

    @contextmanager
    def frozen_worker(self) -> Iterator[None]:
        """Stop the worker where it stands, which also its supervisor does not notice."""
        worker = self._child("run_aggregator")
        os.kill(worker, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(worker, signal.SIGCONT)

    @contextmanager
    def locked_store(self) -> Iterator[None]:
        """Hold the store's catalog, so that nothing can be stored."""
        with closing(sqlite3.connect(self._catalog, timeout=30, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            yield

    def wait_until_answering(self, path: str = "") -> None:
        """Return once a page answers. Raises RuntimeError with what was said meanwhile."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if _answers(self.url + path):
                return
            time.sleep(0.1)
        raise RuntimeError(f"The demo does not answer:\n{self.log.read_text()}")

    def _child(self, word: str) -> int:
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return next(
            int(child) for child in children if word in Path(f"/proc/{child}/cmdline").read_text()
        )


@contextmanager
def running_demo(folder: Path, rate: float = 3) -> Iterator[Demo]:
    """Start a demo whose data lie in `folder`, at `rate` liquidations a second, and end it."""
    port, simulator = _free_port(), _free_port()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", str(port)]
            + ["--also", f"run_simulator --port {simulator} --rate {rate} --steady"],
            cwd=ROOT,
            env=_environment(folder, simulator),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            demo = Demo(folder, process, port, simulator)
            demo.wait_until_answering()
            yield demo
        finally:
            _end(process)


def _environment(folder: Path, simulator: int) -> dict[str, str]:
    own = os.environ | {
        "DJANGO_SETTINGS_MODULE": "liqsite.settings",
        "LIQSITE_DATA_DIR": str(folder / "data"),
        "LIQSITE_NOTICE": NOTICE,
    }
    command = [sys.executable, "manage.py", "run_simulator", "--port", str(simulator)]
    told = subprocess.check_output([*command, "--print-env"], cwd=ROOT, env=own, text=True)
    return own | dict(line.split("=", 1) for line in told.split())


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=30) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
