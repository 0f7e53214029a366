"""Run the worker: gather liquidations from the venues, store them, tell how it goes."""

from __future__ import annotations

import asyncio
import faulthandler
import signal
from argparse import ArgumentParser
from collections.abc import Sequence
from functools import partial
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from exchanges.adapters import select
from exchanges.clock import utc_now
from exchanges.errors import LiqsiteError
from exchanges.jobs import MakeJob
from exchanges.journal import Journal, Limits
from exchanges.live import LivePush
from exchanges.recorder import Lease
from exchanges.store import Writer
from exchanges.store.catalog import CATALOG
from exchanges.store.held_open import held_open
from exchanges.upkeep import Keep
from exchanges.worker import Worker

# Longer than the worker takes to store what it can before it ends.
END_SECONDS = 9.5


class Command(BaseCommand):
    help = (
        "Gather liquidations from the venues and store them, until stopped (Ctrl-C). "
        "Example: manage.py run_aggregator --exchanges binance,bybit"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--exchanges",
            default=",".join(settings.LIQSITE_EXCHANGES),
            help="comma-separated venues (default: LIQSITE_EXCHANGES, or all)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        names = [name for name in options["exchanges"].split(",") if name]
        lease, jobs = Lease(utc_now), _jobs()
        try:
            select(names or None)
            select(settings.LIQSITE_REDUNDANT or None)
            lease.acquire()
            lake = settings.LIQSITE_LAKE
            with Writer(lake) as writer, held_open(lake / CATALOG):
                asyncio.run(_work(names or None, writer, lease, jobs))
        except* LiqsiteError as errors:
            raise CommandError("; ".join(map(str, errors.exceptions))) from errors
        lease.release()


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
        push=LivePush(get_channel_layer()),
        lease=lease,
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
