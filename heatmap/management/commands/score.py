"""Score predicted zones: of a simulated market, of what was recorded, or of exported files."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from exchanges.clock import utc_now
from exchanges.errors import LiqsiteError
from heatmap.scorecards import files, simulated
from heatmap.scorecards.arguments import add_horizon, add_market
from heatmap.scorecards.kept import keep
from heatmap.scorecards.lake import Asked, from_lake
from heatmap.scorecards.scored import scored
from heatmap.scorecards.summary import Summary, summary
from heatmap.scoring.report import Scorecard
from heatmap.scoring.terms import Terms
from heatmap.scoring.text import text

Result = tuple[Scorecard, Summary]


class Command(BaseCommand):
    help = (
        "Score predicted zones against what was liquidated, beside forecasts that know nothing of "
        "positions. Examples: manage.py score --simulated --days 30 --seed 7; manage.py score "
        "--exchange bybit --symbol BTCUSDT --since 2026-11-01; manage.py score --from-export DIR"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--simulated", action="store_true", help="a market of simulated agents")
        which.add_argument("--from-export", type=Path, help="a folder made by export_zones")
        add_market(parser)
        add_horizon(parser)
        parser.add_argument("--kind", default="cex", help="of the simulated market (default: cex)")
        parser.add_argument("--days", type=int, default=30, help="simulated days to score")
        parser.add_argument("--seed", type=int, default=0, help="of the simulated market")
        parser.add_argument("--json", action="store_true", help="one JSON object, else plain text")

    def handle(self, *args: Any, **options: Any) -> None:
        terms = Terms(horizon_hours=options["horizon"])
        try:
            card, short = self._result(options, terms)
            if options["json"]:
                self.stdout.write(msgspec.json.encode(short).decode())
            else:
                self._tell(card, short)
            if not (options["simulated"] or options["from_export"]):
                kept = keep(card, settings.LIQSITE_DATA_DIR, settings.LIQSITE_LAKE, utc_now)
                self.stderr.write(kept)
        except LiqsiteError as error:
            raise CommandError(str(error)) from error

    def _result(self, options: dict[str, Any], terms: Terms) -> Result:
        if options["simulated"]:
            return self._simulated(options["kind"], options["seed"], options["days"], terms)
        if options["from_export"]:
            return scored(files.read(options["from_export"]), terms)
        if not (options["exchange"] and options["symbol"] and options["since"]):
            raise CommandError(
                "Say what to score: --simulated, --from-export DIR, or --exchange, --symbol and "
                "--since of what was recorded.",
                returncode=2,
            )
        now = utc_now()
        until = options["until"] or now
        asked = Asked(options["exchange"], options["symbol"], options["since"], until)
        return scored(from_lake(settings.LIQSITE_LAKE, asked, now), terms)

    def _simulated(self, kind: str, seed: int, days: int, terms: Terms) -> Result:
        warm_up_days = simulated.WARM_UP_DAYS
        self._say(f"Simulating {warm_up_days} days of warm-up and {days} to score ...")
        card = simulated.scored(simulated.world(kind, seed, days, warm_up_days), terms)
        market: dict[str, int | str] = {
            "kind": kind,
            "seed": seed,
            "days": days,
            "warm_up_days": warm_up_days,
        }
        return card, summary(card, simulated=market)

    def _say(self, line: str) -> None:
        """Tell somebody who waits; a pipe does not see it."""
        if sys.stderr.isatty():
            self.stderr.write(line)

    def _tell(self, card: Scorecard, short: Summary) -> None:
        self.stdout.write(text(card))
        for reason, count in short.left_out.items():
            self.stdout.write(f"Left out or mended: {count:,} {reason.replace('_', ' ')}.")
        if short.simulated:
            self.stdout.write(
                f"Simulated: kind {short.simulated['kind']}, seed {short.simulated['seed']}, "
                f"{short.simulated['warm_up_days']} days of warm-up before."
            )
