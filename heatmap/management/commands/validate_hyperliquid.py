"""Let the worker record Hyperliquid for a while, then score the zones of that time."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from exchanges import store
from exchanges.clock import utc_now
from exchanges.errors import LiqsiteError
from heatmap.health import worker_state
from heatmap.queries import sql
from heatmap.scorecards.arguments import add_horizon, duration_hours

EXCHANGE = "hyperliquid"
LOOK_SECONDS = 60


class Command(BaseCommand):
    help = (
        "Wait while the worker records Hyperliquid, then score its zones of that time; with --now "
        "those of the last 24 hours. Example: manage.py validate_hyperliquid --duration 24h"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--duration", type=duration_hours, default=24.0, help="like 24h or 7d")
        parser.add_argument("--symbol", default="BTCUSDT", help="ours (default: BTCUSDT)")
        parser.add_argument("--now", action="store_true", help="do not wait: score what is there")
        parser.add_argument("--json", action="store_true", help="one JSON object, else plain text")
        add_horizon(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        begin, duration = utc_now(), timedelta(hours=options["duration"])
        if not options["now"]:
            self._wait(begin + duration)
        since = begin - duration if options["now"] else begin
        self._check_any(options["symbol"], since)
        call_command(
            "score",
            exchange=EXCHANGE,
            symbol=options["symbol"],
            since=since,
            horizon=options["horizon"],
            json=options["json"],
            stdout=self.stdout,
            stderr=self.stderr,
        )

    def _wait(self, end: datetime) -> None:
        while (left := (end - utc_now()).total_seconds()) > 0:
            worker = worker_state(utc_now())
            if not worker["is_running"]:
                raise CommandError(
                    f"No worker records now ({worker['message']}). Start it, `make run`, and this "
                    "again; or score what is there with --now."
                )
            time.sleep(min(left, LOOK_SECONDS))

    def _check_any(self, symbol: str, since: datetime) -> None:
        asked = {"exchange": EXCHANGE, "symbol": symbol, "start": since, "until": utc_now()}
        try:
            counted = store.query(settings.LIQSITE_LAKE, sql("count_liquidations"), asked)
        except LiqsiteError as error:
            raise CommandError(str(error)) from error
        if not counted[0][0]:
            raise CommandError(
                f"There is nothing to score yet: no liquidation of {symbol} on Hyperliquid has "
                f"been stored since {since:%F %H:%M} UTC. Its public feed shows fills of followed "
                "accounts only; an own node or a vendor shows all (LIQSITE_HYPERLIQUID_NODE_DIR)."
            )
