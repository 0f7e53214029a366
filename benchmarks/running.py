"""Everything, as `manage.py up` runs it, against simulated venues on loopback."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

START_SECONDS = 180.0
PROJECT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Instance:
    """What runs: the ports of the site and of the simulated venues."""

    port: int
    venues: int
    _pid: int

    @property
    def site_megabytes(self) -> float:
        """The resident memory of the site."""
        return _megabytes(self._process("daphne"))

    @property
    def worker_megabytes(self) -> float:
        """The resident memory of the worker."""
        return _megabytes(self._process("run_aggregator"))

    @property
    def site_seconds(self) -> float:
        """The processor time that the site has used."""
        return processor_seconds(self._process("daphne"))

    @property
    def worker_seconds(self) -> float:
        """The processor time that the worker has used."""
        return processor_seconds(self._process("run_aggregator"))

    @contextmanager
    def quiet_venues(self) -> Iterator[None]:
        """Have the simulated venues stand still for a while."""
        simulator = int(self._process("run_simulator").name)
        os.kill(simulator, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(simulator, signal.SIGCONT)

    def _process(self, word: str) -> Path:
        children = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text().split()
        for process in (Path(f"/proc/{child}") for child in children):
            if word in (process / "cmdline").read_text():
                return process
        raise RuntimeError(f"No {word} runs.")


def _megabytes(process: Path) -> float:
    found = re.search(r"VmRSS:\s+(\d+)", (process / "status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def processor_seconds(process: Path) -> float:
    """Return what a process (its folder in /proc) has used."""
    user, system = (process / "stat").read_text().rsplit(")")[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(rate: int, exchanges: Sequence[str] = (), **settings: str) -> Iterator[Instance]:
    """Run against venues that send so many liquidations a second in all, all venues or these;
    begin when the site answers."""
    port, venues = free_port(), free_port()
    # Else the rate is a mean of hours, of calm stretches and cascades.
    kind = ["--steady", "--no-throttle"]
    simulator = ["run_simulator", "--port", str(venues), "--rate", str(rate), *kind]
    if exchanges:
        names = ",".join(exchanges)
        simulator += ["--exchanges", names]
        settings = {"LIQSITE_EXCHANGES": names} | settings
    command = [sys.executable, "manage.py", "up", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--also", " ".join(simulator)],
        cwd=PROJECT,
        env=os.environ | _addresses(simulator) | settings,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_until_answering(port)
        yield Instance(port, venues, process.pid)
    finally:
        process.terminate()
        process.wait()


def _addresses(simulator: list[str]) -> dict[str, str]:
    told = subprocess.run(
        [sys.executable, "manage.py", *simulator, "--print-env"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(line.split("=", 1) for line in told.stdout.split())


def _wait_until_answering(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/ws/stats"):
            return
        time.sleep(0.2)
    raise RuntimeError("The site does not answer.")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
