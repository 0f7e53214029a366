"""`manage.py up`: the site, the worker and whatever else is asked for, under one supervisor."""

from __future__ import annotations

import os
import shlex
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from exchanges.collect import collect_static
from exchanges.errors import LiqsiteError
from exchanges.preflight import check_folder, check_port, parse_port
from exchanges.store import prepare
from exchanges.supervisor import CommandLine, supervise

_NEXT = "No venue reachable from here? `make demo` shows simulated ones. `make` lists all commands."


class Command(BaseCommand):
    """Prepares the data folder, then runs everything until Ctrl-C."""

    help = "Run the site and the worker, e.g. `manage.py up --port 8123`. Ctrl-C stops all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        port = os.environ.get("PORT") or "8000"
        parser.add_argument("--port", default=port, help="of the site; default: PORT, else 8000")
        parser.add_argument(
            "--host", default="127.0.0.1", help="to listen on; default: %(default)s"
        )
        parser.add_argument(
            "--also",
            action="append",
            default=[],
            metavar="COMMANDLINE",
            help='a further command to run, e.g. --also "run_simulator --rate 5"',
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, prepare, say where everything is, run."""
        host, folder = options["host"], Path(settings.LIQSITE_DATA_DIR)
        try:
            port = parse_port(options["port"])
            further = [_command(line) for line in options["also"]]
            check_folder(folder)
            check_port(host, port)
            _prepare()
        except LiqsiteError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_first_screen(host, port, folder))
        self.stdout.flush()
        supervise([_site(host, port), _command("run_aggregator"), *further], settings.BASE_DIR)


def _prepare() -> None:
    """Bring database, static files and lake up to date. Raises LiqsiteError."""
    try:
        call_command("migrate", verbosity=0, interactive=False)
        collect_static()
        prepare(settings.LIQSITE_LAKE)
    except DatabaseError as error:
        raise LiqsiteError(f"The database cannot be prepared: {error}") from error
    except OSError as error:
        raise LiqsiteError(f"The data folder cannot be prepared: {error}") from error


def _site(host: str, port: int) -> CommandLine:
    server = [sys.executable, "-m", "daphne", "-v", "0", "-b", host, "-p", str(port)]
    return CommandLine("site", [*server, settings.ASGI_APPLICATION.replace(".asgi.", ".asgi:")])


def _command(line: str) -> CommandLine:
    """Return a management command as a process. Raises LiqsiteError for one that is unknown."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise LiqsiteError(f"--also {line!r} cannot be read: {error}.") from error
    if not words or words[0] not in get_commands():
        raise LiqsiteError(
            f"--also {line!r}: there is no such command; `manage.py help` lists all."
        )
    name = "worker" if words[0] == "run_aggregator" else words[0].removeprefix("run_")
    return CommandLine(name, [sys.executable, "manage.py", *words])


def _first_screen(host: str, port: int, folder: Path) -> str:
    version = settings.LIQSITE_VERSION
    place = f"[{host}]" if ":" in host else host
    return (
        f"liqsite {version}   http://{place}:{port}   data {folder}   (Ctrl-C stops all)\n{_NEXT}"
    )
