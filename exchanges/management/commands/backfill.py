"""Fetch past liquidations from a venue that publishes them, and store those not stored yet."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from exchanges.adapters import select
from exchanges.adapters.base import Adapter
from exchanges.backfill import Done, backfill, pieces
from exchanges.catalog import Catalog
from exchanges.errors import HistoryUnavailable, LiqsiteError, UnknownExchange
from exchanges.store import Writer

# The running worker stores what is newer; a little apart from it, nothing is stored by both.
BEHIND_LIVE = timedelta(minutes=2)


class Command(BaseCommand):
    help = (
        "Store a venue's past liquidations. May be stopped and started again: what is done is "
        "not asked for twice, what is stored is not stored twice. "
        "Example: manage.py backfill okx --symbol BTCUSDT --since 2026-11-20"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("exchange", help="a venue with a history")
        parser.add_argument("--symbol", help="ours, like BTCUSDT (default: all)")
        parser.add_argument("--since", required=True, type=_time, help="ISO date or time, UTC")
        parser.add_argument("--until", type=_time, help="ISO date or time, UTC (default: now)")

    def handle(self, *args: Any, **options: Any) -> None:
        newest = datetime.now(UTC) - BEHIND_LIVE
        since, until = options["since"], min(options["until"] or newest, newest)
        try:
            adapter = _with_history(options["exchange"])
            if since >= until:
                raise HistoryUnavailable(f"Nothing lies between {since:%F %T} and {until:%F %T}.")
            stored = _run(adapter, since, until, options["symbol"])
        except (HistoryUnavailable, UnknownExchange) as error:
            raise CommandError(str(error), returncode=2) from error
        except LiqsiteError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{stored} liquidations stored that were not stored before.")


def _with_history(name: str) -> Adapter:
    [adapter] = select([name])
    if not adapter.history_source:
        raise HistoryUnavailable(f"{adapter.display_name} publishes no past liquidations.")
    return adapter


def _run(adapter: Adapter, since: datetime, until: datetime, symbol: str | None) -> int:
    """Backfill behind a progress bar, which a pipe does not see."""
    done = Done(settings.LIQSITE_DATA_DIR / "backfill", adapter.name, symbol)
    catalog = Catalog(adapter, settings.LIQSITE_DATA_DIR / "instruments")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Writer(settings.LIQSITE_LAKE) as writer, Progress(*columns, transient=True) as progress:
        task = progress.add_task(adapter.name, total=len(list(pieces(since, until))))
        tell = partial(progress.advance, task)
        return asyncio.run(backfill(adapter, catalog, writer, done, since, until, symbol, tell))


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
