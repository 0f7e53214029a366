"""Keeps the processes of one instance running: starts them, brings them back, ends them together.

Children write straight to this process's standard output; the supervisor's own lines begin
with `up: `. Each child has a session of its own, so that Ctrl-C reaches only the supervisor.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

LONGEST_WAIT_SECONDS = 30.0
_PR_SET_PDEATHSIG = 1


class CommandLine(NamedTuple):
    """A process to keep running, by the name it is spoken of."""

    name: str
    words: Sequence[str]


class Pace(NamedTuple):
    """How patient the supervisor is, in seconds."""

    first_wait: float = 1.0
    """Before the first restart; doubled for each further one, up to LONGEST_WAIT_SECONDS."""
    proven: float = 60.0
    """A process that lived so long starts over with the first wait."""
    stop: float = 10.0
    """What a process has to end by itself before it is killed."""


PATIENT = Pace()


class Supervisor:
    """Runs processes until `stop()`; a second `stop()` kills what still runs."""

    def __init__(
        self,
        lines: Sequence[CommandLine],
        *,
        folder: Path,
        say: Callable[[str], None] = lambda text: print(f"up: {text}", flush=True),
        pace: Pace = PATIENT,
    ) -> None:
        self._stopping = asyncio.Event()
        self._children = [Child(line, folder, say, pace, self._stopping) for line in lines]
        self._say = say
        self._pace = pace

    def stop(self) -> None:
        """Ask every process to end; asked again, kill them."""
        is_repeated = self._stopping.is_set()
        self._stopping.set()
        self._say("killing" if is_repeated else "stopping; once more kills at once")
        self._send(signal.SIGKILL if is_repeated else signal.SIGTERM)

    async def run(self) -> None:
        """Keep the processes running until stopped, and return when all have ended."""
        keeping = [asyncio.create_task(child.keep_running()) for child in self._children]
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait([stopping, *keeping], return_when=asyncio.FIRST_COMPLETED)
        if not stopping.done():
            # Keeping a process running has failed, which is a bug: end all, and let it be seen.
            self.stop()
        _, late = await asyncio.wait(keeping, timeout=self._pace.stop)
        if late:
            names = ", ".join(child.name for child in self._children if child.is_running)
            self._say(f"{names} did not end within {self._pace.stop:g} s; killing")
            self._send(signal.SIGKILL)
        await asyncio.gather(*keeping)

    def _send(self, number: signal.Signals) -> None:
        for child in self._children:
            child.send(number)


class Child:
    """One process that is brought back when it ends, whatever its exit code."""

    def __init__(
        self,
        line: CommandLine,
        folder: Path,
        say: Callable[[str], None],
        pace: Pace,
        stopping: asyncio.Event,
    ) -> None:
        self.name = line.name
        self._words = line.words
        self._folder = folder
        self._say = say
        self._pace = pace
        self._stopping = stopping
        self._process: asyncio.subprocess.Process | None = None
        self._ends = 0

    @property
    def is_running(self) -> bool:
        """Return whether the process lives now."""
        return self._process is not None and self._process.returncode is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process and all it started."""
        if self._process is not None and self.is_running:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    async def keep_running(self) -> None:
        """Run the process again and again until the supervisor stops."""
        while not self._stopping.is_set():
            started = time.monotonic()
            how = await self._run_once()
            if not self._stopping.is_set():
                await self._wait_after(how, time.monotonic() - started)

    async def _run_once(self) -> str:
        """Run the process to its end and return how it ended."""
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._words,
                cwd=self._folder,
                stdin=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
            )
        except OSError as error:
            return f"cannot be started: {error}"
        if self._stopping.is_set():
            self.send(signal.SIGTERM)
        return _explain(await self._process.wait())

    async def _wait_after(self, how: str, lived: float) -> None:
        self._ends = 1 if lived >= self._pace.proven else self._ends + 1
        doubled = self._pace.first_wait * 2.0 ** min(self._ends - 1, 10)
        wait = min(doubled, LONGEST_WAIT_SECONDS)
        self._say(f"{self.name} {how} after {lived:.0f} s; back in {wait:g} s")
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._stopping.wait()


def supervise(lines: Sequence[CommandLine], folder: Path) -> None:
    """Run the processes until SIGINT or SIGTERM, the second of which kills them."""
    with suppress(KeyboardInterrupt):
        asyncio.run(_supervise(lines, folder))


async def _supervise(lines: Sequence[CommandLine], folder: Path) -> None:
    supervisor = Supervisor(lines, folder=folder)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, supervisor.stop)
    await supervisor.run()


def _explain(code: int) -> str:
    if code < 0:
        with suppress(ValueError):
            return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def _libc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if sys.platform == "linux" else None


_LIBC = _libc()


def _die_with_parent() -> None:
    """In the child: be killed when the supervisor is, so that none of its work goes on alone."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
