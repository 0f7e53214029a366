"""Write what a scorecard is made of into files, so that anybody can make it again."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from exchanges.clock import utc_now
from exchanges.errors import LiqsiteError
from heatmap.scorecards import files
from heatmap.scorecards.arguments import add_market
from heatmap.scorecards.lake import Asked, from_lake


class Command(BaseCommand):
    help = (
        "Write liquidations, candles, open interest, mark prices, frozen zones and gaps of a "
        "market as files, for `manage.py score --from-export`. Example: manage.py export_zones "
        "out --exchange bybit --symbol BTCUSDT --since 2026-11-01"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        add_market(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if not (options["exchange"] and options["symbol"] and options["since"]):
            raise CommandError("Give --exchange, --symbol and --since.", returncode=2)
        now = utc_now()
        until = options["until"] or now
        asked = Asked(options["exchange"], options["symbol"], options["since"], until)
        try:
            material = from_lake(settings.LIQSITE_LAKE, asked, now)
            for file in files.write(material, options["folder"]):
                self.stdout.write(f"{file}  {file.stat().st_size:,} bytes")
        except LiqsiteError as error:
            raise CommandError(str(error)) from error
