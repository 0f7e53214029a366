"""The supervisor with real processes: what dies comes back and is said, and all ends together."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from exchanges.supervisor import CommandLine, Pace, Supervisor

PATIENCE = 10.0
HURRIED = Pace(first_wait=0.001)
ROOT = Path(__file__).parents[2]
SLEEP = "import time; time.sleep(600)"
# Says on its standard output when it is ready for signals.
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('ready', flush=True); time.sleep(600)"
)
SUPERVISE = (
    "import sys\n"
    "from pathlib import Path\n"
    "from exchanges.supervisor import CommandLine, supervise\n"
    "def child(name, code): return CommandLine(name, [sys.executable, '-c', code])\n"
    "supervise([child(*pair.split('=', 1)) for pair in sys.argv[1:]], Path.cwd())\n"
)


def child(name: str, code: str) -> CommandLine:
    """Return a small Python program as a child."""
    return CommandLine(name, [sys.executable, "-c", code])


class Scene:
    """A supervisor in this process, and what it has said."""

    def __init__(self, lines: list[CommandLine], folder: Path, pace: Pace) -> None:
        self.said: list[str] = []
        self.supervisor = Supervisor(lines, folder=folder, say=self.said.append, pace=pace)

    def pids(self) -> list[int]:
        """The processes that run now."""
        processes = [child._process for child in self.supervisor._children]
        return [each.pid for each in processes if each and each.returncode is None]


@asynccontextmanager
async def running(
    lines: list[CommandLine], folder: Path, pace: Pace = HURRIED
) -> AsyncIterator[Scene]:
    """Run a supervisor, and end it with the block."""
    scene = Scene(lines, folder, pace)
    task = asyncio.create_task(scene.supervisor.run())
    async with asyncio.timeout(PATIENCE):
        try:
            yield scene
        finally:
            scene.supervisor.stop()
            await task
    assert scene.pids() == []


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so, but not for ever."""
    async with asyncio.timeout(PATIENCE):
        while not is_so():
            await asyncio.sleep(0.005)


def lives(pid: int) -> bool:
    """Return whether a process runs; one that only waits to be buried does not."""
    with suppress(OSError):
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    return False


async def test_a_process_that_dies_is_said_and_brought_back_ever_later(tmp_path: Path) -> None:
    async with running([child("worker", "raise SystemExit(3)")], tmp_path) as scene:
        await until(lambda: len(scene.said) >= 4)
    assert [said.split("; ") for said in scene.said[:4]] == [
        ["worker ended with exit code 3 after 0 s", f"back in {wait:g} s"]
        for wait in (0.001, 0.002, 0.004, 0.008)
    ]


async def test_also_one_that_ends_well_is_brought_back(tmp_path: Path) -> None:
    async with running([child("worker", "")], tmp_path) as scene:
        await until(lambda: len(scene.said) >= 2)
    assert scene.said[0].startswith("worker ended with exit code 0 ")


async def test_the_wait_never_exceeds_half_a_minute(tmp_path: Path) -> None:
    pace = Pace(first_wait=500)
    async with running([child("worker", "")], tmp_path, pace) as scene:
        await until(lambda: bool(scene.said))
    assert scene.said[0].endswith("back in 30 s")


async def test_a_process_that_has_proven_itself_starts_over_with_the_first_wait(
    tmp_path: Path,
) -> None:
    pace = Pace(first_wait=0.001, proven=0.0)
    async with running([child("worker", "")], tmp_path, pace) as scene:
        await until(lambda: len(scene.said) >= 3)
    assert all(said.endswith("back in 0.001 s") for said in scene.said[:3])


async def test_a_killed_process_is_brought_back_and_the_others_go_on(tmp_path: Path) -> None:
    lines = [child("site", SLEEP), child("worker", SLEEP)]
    async with running(lines, tmp_path) as scene:
        await until(lambda: len(scene.pids()) == 2)
        site, worker = scene.pids()
        os.kill(worker, signal.SIGKILL)
        await until(lambda: len(scene.pids()) == 2 and scene.pids()[1] != worker)
        assert scene.pids()[0] == site
    assert scene.said[0].startswith("worker was ended by SIGKILL after ")


async def test_what_cannot_be_started_is_said_and_tried_again(tmp_path: Path) -> None:
    lines = [CommandLine("worker", [str(tmp_path / "absent")]), child("site", SLEEP)]
    async with running(lines, tmp_path) as scene:
        await until(lambda: len(scene.said) >= 2 and len(scene.pids()) == 1)
    assert scene.said[0].startswith("worker cannot be started: ")


async def test_a_process_that_does_not_end_is_killed_and_that_is_said(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pace = Pace(stop=0.01)
    async with running([child("worker", STUBBORN)], tmp_path, pace) as scene:
        await until(lambda: "ready" in capfd.readouterr().out)
    assert scene.said[-1] == "worker did not end within 0.01 s; killing"


async def test_asked_twice_it_kills_at_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with running([child("worker", STUBBORN)], tmp_path, Pace(stop=600)) as scene:
        await until(lambda: "ready" in capfd.readouterr().out)
        scene.supervisor.stop()
    assert scene.said == ["stopping; once more kills at once", "killing"]


async def test_stopping_while_it_waits_for_a_restart_ends_at_once(tmp_path: Path) -> None:
    async with running([child("worker", "")], tmp_path, Pace(first_wait=20)) as scene:
        await until(lambda: bool(scene.said))


async def test_what_a_child_started_ends_with_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code = (
        "import subprocess, sys; "
        f"process = subprocess.Popen([sys.executable, '-c', {SLEEP!r}]); "
        "print(process.pid, flush=True); process.wait()"
    )
    printed = ""

    def grandchild() -> str:
        nonlocal printed
        printed += capfd.readouterr().out
        return printed

    async with running([child("worker", code)], tmp_path):
        await until(lambda: grandchild().endswith("\n"))
        assert lives(int(printed))
    await until(lambda: not lives(int(printed)))


@asynccontextmanager
async def started(*pairs: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a supervisor as a process of its own, with its output in a pipe."""
    words = [sys.executable, "-c", SUPERVISE, *pairs]
    process = await asyncio.create_subprocess_exec(
        *words, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        async with asyncio.timeout(PATIENCE):
            yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()


async def line(process: asyncio.subprocess.Process) -> str:
    """Return the next line of its output."""
    assert process.stdout
    return (await process.stdout.readline()).decode()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_ctrl_c_ends_all_with_exit_code_0(number: signal.Signals) -> None:
    async with started(f"worker=print('ready'); {SLEEP}") as process:
        assert await line(process) == "ready\n"
        process.send_signal(number)
        assert await process.wait() == 0
        assert await line(process) == "up: stopping; once more kills at once\n"
        assert await line(process) == ""


async def test_a_second_ctrl_c_kills() -> None:
    async with started(f"worker={STUBBORN}") as process:
        assert await line(process) == "ready\n"
        process.send_signal(signal.SIGINT)
        assert await line(process) == "up: stopping; once more kills at once\n"
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0


async def test_a_childs_lines_pass_unchanged_and_its_own_say_who_speaks() -> None:
    code = "import sys; print('  é out'); print('err', file=sys.stderr); sys.exit(7)"
    async with started(f"worker={code}") as process:
        lines = [await line(process) for _ in range(3)]
        process.send_signal(signal.SIGTERM)
        await process.wait()
    assert lines == [
        "  é out\n",
        "err\n",
        "up: worker ended with exit code 7 after 0 s; back in 1 s\n",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
async def test_children_of_a_killed_supervisor_die() -> None:
    async with started(f"worker=import os; print(os.getpid()); {STUBBORN}") as process:
        worker = int(await line(process))
        assert await line(process) == "ready\n"
        process.kill()
        await process.wait()
        await until(lambda: not lives(worker))
