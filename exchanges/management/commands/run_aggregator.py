"""Run the worker: gather liquidations from the venues, store them, tell how it goes."""

from __future__ import annotations

import asyncio
import faulthandler
import signal
from argparse import ArgumentParser
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, close_old_connections
from django.utils.module_loading import import_string

from exchanges.adapters import select
from exchanges.clock import utc_now
from exchanges.errors import LiqsiteError
from exchanges.jobs import MakeJob
from exchanges.journal import Journal, Limits, identity, named
from exchanges.lake import Lake
from exchanges.live import LivePush
from exchanges.member import Member
from exchanges.recorder import Lease
from exchanges.store import Writer
from exchanges.store.held_open import held_open
from exchanges.upkeep import Keep
from exchanges.worker import Worker

# Longer than the worker takes to store what it can before it ends.
END_SECONDS = 9.5
AUTO = "auto"


class Command(BaseCommand):
    help = (
        "Gather liquidations from the venues and store them, until stopped (Ctrl-C). "
        "Example: manage.py run_aggregator --exchanges binance,bybit"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--exchanges",
            default=",".join(settings.LIQSITE_EXCHANGES),
            help="comma-separated venues, or `auto`: a fair part of them, shared with the other "
            "workers that run so (default: LIQSITE_EXCHANGES, or all)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        is_auto = options["exchanges"] == AUTO
        names = [] if is_auto else [name for name in options["exchanges"].split(",") if name]
        lake, jobs = Lake.of(settings.LIQSITE_LAKE), _jobs()
        try:
            select(names or None)
            select(settings.LIQSITE_REDUNDANT or None)
            journal = _journal_name(lake, is_auto=is_auto)
            lease = Member(journal, utc_now) if is_auto and journal else Lease(utc_now)
            if not is_auto:
                lease.acquire()
            keeping = nullcontext() if lake.is_shared else held_open(Path(lake.catalog))
            with Writer(lake, journal) as writer, keeping:
                if is_auto:
                    # From here on others count on this one, so it must be ready.
                    lease.acquire()
                asyncio.run(_work(names or None, writer, lease, jobs))
        except* LiqsiteError as errors:
            raise CommandError("; ".join(map(str, errors.exceptions))) from errors
        # This thread has not spoken to the database since the start. A lease that is not released
        # lapses.
        close_old_connections()
        with suppress(DatabaseError):
            lease.release()


def _journal_name(lake: Lake, *, is_auto: bool) -> str | None:
    """Return whose journal is in the data folder; only a shared lake tells several apart.

    Raises LiqsiteError.
    """
    if is_auto and not lake.is_shared:
        raise LiqsiteError(
            "Several workers need a lake that takes several: set LIQSITE_LAKE_CATALOG to a "
            "PostgreSQL database, or leave `--exchanges auto` out and run one worker."
        )
    folder = settings.LIQSITE_DATA_DIR / "journal"
    try:
        return named(folder) if lake.is_shared else identity(folder)
    except OSError as error:
        raise LiqsiteError(f"The journal {folder} cannot be used: {error}") from error


def _jobs() -> list[MakeJob]:
    try:
        return [import_string(name) for name in settings.LIQSITE_JOBS]
    except ImportError as error:
        raise CommandError(f"LIQSITE_JOBS names what is not there: {error}") from error


async def _work(
    names: list[str] | None, writer: Writer, lease: Lease, jobs: Sequence[MakeJob]
) -> None:
    journal = Journal(
        settings.LIQSITE_DATA_DIR / "journal",
        writer.positions(),
        Limits(
            keep_hours=settings.LIQSITE_JOURNAL_HOURS,
            most_mib=settings.LIQSITE_JOURNAL_MIB,
            free_mib=settings.LIQSITE_DISK_FREE_MIB,
        ),
    )
    worker = Worker(
        names,
        journal=journal,
        writer=writer,
        push=LivePush(get_channel_layer(), sender=lease.name),
        lease=lease,
        member=lease if isinstance(lease, Member) else None,
        keep=Keep(
            settings.LIQSITE_JOURNAL_FSYNC_SECONDS,
            settings.LIQSITE_REJECTED_DAYS,
            settings.LIQSITE_KEEP_DAYS,
            settings.LIQSITE_ZONE_DAYS,
        ),
        folder=settings.LIQSITE_DATA_DIR / "instruments",
        redundant=settings.LIQSITE_REDUNDANT,
        symbols=settings.LIQSITE_SYMBOLS,
        jobs=jobs,
    )
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, partial(_stop, worker))
    await worker.run()


def _stop(worker: Worker) -> None:
    """End in time, whatever hangs: what is not stored by then waits in the journal.

    Where each thread hung is then on stderr.
    """
    worker.stop()
    faulthandler.dump_traceback_later(END_SECONDS, exit=True)
