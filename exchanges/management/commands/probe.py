"""Connect to live venues for a short while and say what each showed."""

from __future__ import annotations

import asyncio
import logging
import sys
from argparse import ArgumentParser
from typing import Any

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from exchanges.adapters import select
from exchanges.errors import UnknownExchange
from exchanges.probe import Probed, probe

LONGEST_SECONDS = 3600.0


class Command(BaseCommand):
    help = (
        "Look at live venues for a short while: reachable, acknowledged, frames, liquidations, "
        "what did not fit, and a verdict. Exit code 1 when a venue is down, blocked or changed. "
        "Example: manage.py probe binance bybit --seconds 30"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("exchanges", nargs="*", help="venues (default: all)")
        parser.add_argument("--seconds", type=float, default=60.0, help="default: %(default)s")
        parser.add_argument("--json", action="store_true", help="one JSON text instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        seconds = options["seconds"]
        if not 0 < seconds <= LONGEST_SECONDS:
            raise CommandError(f"--seconds is above 0 and at most {LONGEST_SECONDS:.0f}.")
        try:
            names = [adapter.name for adapter in select(options["exchanges"] or None)]
        except UnknownExchange as error:
            raise CommandError(str(error), returncode=2) from error
        # The table says what became of each venue; its tries on the way need no lines.
        logging.getLogger("exchanges").setLevel(logging.ERROR)
        folder = settings.LIQSITE_DATA_DIR / "instruments"
        found = asyncio.run(probe(names, seconds, folder))
        if options["json"]:
            self.stdout.write(msgspec.json.encode(found).decode())
        else:
            Console().print(_table(found))
        if any(one.verdict not in ("ok", "quiet") for one in found):
            sys.exit(1)


def _table(found: list[Probed]) -> Table:
    names = ("venue", "verdict", "reach", "ack", "frames", "liq", "bad", "clock", "mark", "reason")
    table = Table(*names, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.columns[-1].overflow = "fold"
    for one in found:
        table.add_row(
            one.exchange,
            one.verdict,
            _yes(one.is_reachable),
            _yes(one.is_acknowledged),
            str(one.frames),
            str(one.liquidations),
            str(one.malformed),
            _or_dash(one.clock_difference_seconds, "{:+.1f} s"),
            _or_dash(one.inside_mark_band, "{:.0%}"),
            one.reason,
        )
    return table


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _or_dash(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)
