"""Run simulated venues on this machine: `manage.py run_simulator`."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError, CommandParser

from exchanges.errors import LiqsiteError
from exchanges.simulator import Simulator
from exchanges.simulator.replay import files_by_venue
from exchanges.simulator.simulator import environment
from exchanges.simulator.venues import choose

Number = TypeVar("Number", int, float)


class Command(BaseCommand):
    """Arguments, signals, call."""

    help = "Serve simulated venues on loopback: real wire protocols, a seeded market, faults."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Numbers are read in `handle`, so that a bad one is one sentence."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", default="8765")
        parser.add_argument("--seed", default="7", help="same seed, same market")
        parser.add_argument("--rate", default="3", help="liquidations a second, all venues")
        parser.add_argument("--exchanges", default="", help="comma-separated; default all")
        parser.add_argument(
            "--replay",
            action="append",
            default=[],
            metavar="[EXCHANGE=]FILE",
            help="send recorded frames, one JSON a line, instead of the market",
        )
        parser.add_argument("--speed", default="1", help="of the replay; 0: as fast as possible")
        parser.add_argument("--no-throttle", action="store_true", help="send all, not the largest")
        parser.add_argument("--steady", action="store_true", help="the same rate all the time")
        parser.add_argument("--print-env", action="store_true", help="print settings and exit")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until SIGINT or SIGTERM."""
        names = [name.strip() for name in options["exchanges"].split(",") if name.strip()] or None
        port = _number("--port", options["port"], int)
        try:
            if options["print_env"]:
                self.stdout.write("\n".join(environment(options["host"], port, names)))
                return
            asyncio.run(self._serve(_simulator(names, port, options), options))
        except LiqsiteError as error:
            raise CommandError(str(error)) from error

    async def _serve(self, simulator: Simulator, options: dict[str, Any]) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with simulator:
            self.stdout.write(
                f"Simulating {', '.join(simulator.totals())} on http://{simulator.host}:"
                f"{simulator.port} (seed {options['seed']}, {options['rate']} liquidations a "
                "second). Ctrl-C stops."
            )
            self.stdout.flush()
            await simulator.run_until(stop)


def _simulator(names: list[str] | None, port: int, options: dict[str, Any]) -> Simulator:
    exchanges = [venue.name for venue in choose(names)]
    return Simulator(
        host=options["host"],
        port=port,
        seed=_number("--seed", options["seed"], int),
        rate=_number("--rate", options["rate"], float),
        exchanges=exchanges,
        replays=files_by_venue(options["replay"], exchanges),
        speed=_number("--speed", options["speed"], float),
        is_throttled=not options["no_throttle"],
        is_steady=options["steady"],
    )


def _number(option: str, text: object, kind: Callable[[str], Number]) -> Number:
    try:
        return kind(str(text))
    except ValueError as error:
        raise CommandError(f"{option} must be a number, not {text!r}.") from error
