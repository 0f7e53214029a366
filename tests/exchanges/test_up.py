"""`manage.py up`: what it runs, what it says first, and what it refuses in one sentence."""

from __future__ import annotations

import shlex
import socket
import sys
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError
from pytest_django import Settings

from exchanges.errors import StoreUnavailable
from exchanges.management.commands import up
from exchanges.supervisor import CommandLine
from liqsite import __version__


class Ran:
    """What would have been prepared and run."""

    def __init__(self) -> None:
        self.prepared: list[str] = []
        self.lines: list[CommandLine] = []
        self.folder = Path()

    def supervise(self, lines: Sequence[CommandLine], folder: Path) -> None:
        """Take the place of the supervisor."""
        self.lines, self.folder = list(lines), folder


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Ran:
    """Prepare and run nothing."""
    ran = Ran()
    monkeypatch.delenv("PORT", raising=False)
    monkeypatch.setattr(up, "supervise", ran.supervise)
    monkeypatch.setattr(up, "prepare", lambda folder: ran.prepared.append(folder.name))
    monkeypatch.setattr(up, "call_command", lambda name, **options: ran.prepared.append(name))
    monkeypatch.setattr(up, "collect_static", lambda: ran.prepared.append("collectstatic"))
    monkeypatch.setattr(up, "check_port", lambda host, port: None)
    return ran


def run(*words: str) -> str:
    """Run the command and return what it printed."""
    output = StringIO()
    call_command("up", *words, stdout=output, skip_checks=True)
    return output.getvalue()


def test_it_prepares_all_and_runs_site_and_worker(ran: Ran) -> None:
    run("--port", "8123")
    assert ran.prepared == ["migrate", "collectstatic", "lake"]
    site, worker = ran.lines
    assert site.name == "site"
    assert shlex.join(site.words[1:]) == (
        "-m daphne -v 0 -b 127.0.0.1 -p 8123 liqsite.asgi:application"
    )
    assert worker == ("worker", [sys.executable, "manage.py", "run_aggregator"])
    assert (ran.folder / "manage.py").exists()


def test_the_first_screen_is_two_lines(ran: Ran, settings: Settings, tmp_path: Path) -> None:
    settings.LIQSITE_DATA_DIR = tmp_path
    assert run() == (
        f"liqsite {__version__}   http://127.0.0.1:8000   data {tmp_path}   (Ctrl-C stops all)\n"
        "No venue reachable from here? `make demo` shows simulated ones. "
        "`make` lists all commands.\n"
    )


def test_the_port_comes_from_the_environment(ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8999")
    assert "http://127.0.0.1:8999 " in run()
    assert "http://127.0.0.1:7000 " in run("--port", "7000")


def test_an_address_of_ip_version_6_is_put_in_brackets(ran: Ran) -> None:
    assert "http://[::1]:8000 " in run("--host", "::1")


def test_further_commands_run_beside(ran: Ran) -> None:
    run("--also", "run_simulator --rate 5 --seed '1 2'", "--also", "check")
    assert [line.name for line in ran.lines] == ["site", "worker", "simulator", "check"]
    assert ran.lines[2].words[2:] == ["run_simulator", "--rate", "5", "--seed", "1 2"]


@pytest.mark.parametrize("also", ["", "nonsense --x", "run_simulator 'open"])
def test_a_further_command_that_does_not_exist_is_refused(ran: Ran, also: str) -> None:
    with pytest.raises(CommandError, match="^--also "):
        run("--also", also)
    assert ran.lines == []


def test_a_port_in_use_is_refused_before_anything_is_prepared(
    ran: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(up, "call_command", lambda name, **options: ran.prepared.append(name))
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {port} is in use"):
            run("--port", str(port))
    assert ran.prepared == []


@pytest.mark.parametrize(
    "error", [StoreUnavailable("The lake is of a newer version."), OperationalError("malformed")]
)
def test_a_store_that_cannot_be_prepared_is_refused(
    ran: Ran, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(folder: Path) -> None:
        raise error

    monkeypatch.setattr(up, "prepare", fail)
    with pytest.raises(CommandError, match=str(error)):
        run()
    assert ran.lines == []
