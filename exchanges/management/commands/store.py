"""Look after the store: what is in it, whether all is there, tidying up, backup and restore."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from exchanges.alone import alone
from exchanges.audit import audit
from exchanges.clock import utc_now
from exchanges.errors import LiqsiteError
from exchanges.lake import Lake
from exchanges.store.backup import Tell, back_up, restore
from exchanges.store.catalog import embedded
from exchanges.store.inspect import Damage, ExchangeStatus, TableStatus, status, verify
from exchanges.store.maintenance import compact

_BACK_UP_INSTEAD = "back it up with pg_dump, and the files with the bucket's versioning."
_RESTORE_INSTEAD = "restore its dump with pg_restore, and the bucket as of the same moment."

_NOT_VERIFIED = (
    "The catalog is in PostgreSQL: check it with pg_amcheck, and the files with the bucket's own "
    "checksums. Here only this worker's journal is held against it."
)


class Command(BaseCommand):
    help = (
        "Show what is stored (status), check that all of it is there (verify, exit 1 if not), "
        "tidy up while no worker runs (compact), copy everything while it does (backup DIR), "
        "put a copy into an empty data folder (restore DIR)."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        for action in ("status", "compact", "verify"):
            actions.add_parser(action)
        for action in ("backup", "restore"):
            actions.add_parser(action).add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['action']}")(options)
        except LiqsiteError as error:
            raise CommandError(str(error)) from error

    def _status(self, options: dict[str, Any]) -> None:
        found = status(settings.LIQSITE_LAKE)
        stdout = cast(IO[str], self.stdout)
        console = Console(file=stdout, width=None if stdout.isatty() else 120)
        console.print(_tables(found.tables), _exchanges(found.exchanges))
        self.stdout.write(
            f"Catalog: {_size(found.catalog_bytes)}, {found.snapshots} snapshots since "
            f"{found.oldest_snapshot:%F %T}, {found.unneeded_files} files to be deleted, "
            f"{found.trouble or 'sound'}."
        )
        if found.trouble:
            raise CommandError("The catalog is damaged; restore a backup: docs/operations.md")

    def _verify(self, options: dict[str, Any]) -> None:
        if Lake.of(settings.LIQSITE_LAKE).is_shared:
            self.stdout.write(_NOT_VERIFIED)
            self._audit()
            return
        damages = list(verify(settings.LIQSITE_LAKE))
        for damage in damages:
            self.stdout.write(_sentence(damage))
        if damages:
            raise CommandError(f"{len(damages)} files are damaged; see docs/operations.md")
        self.stdout.write("Every file is there, of its size, and holds the rows it should.")
        self._audit()

    def _audit(self) -> None:
        """Hold what is stored against what the journal still has."""
        found = audit(settings.LIQSITE_LAKE, settings.LIQSITE_DATA_DIR / "journal")
        for (exchange, hour), difference in found.differences.items():
            self.stdout.write(
                f"{exchange}, {hour:%F %H:00} UTC: {difference.missing_rows:,} received "
                f"liquidations are missing ({difference.missing_usd:,.2f} USD), "
                f"{difference.differing_rows:,} are worth something else"
            )
        if found.differences:
            raise CommandError("The store differs from the journal; see docs/operations.md")
        self.stdout.write(
            f"All {found.events:,} liquidations of the journal are stored as received."
        )

    def _compact(self, options: dict[str, Any]) -> None:
        with alone("compacting", utc_now) as renew:
            days = settings.LIQSITE_KEEP_DAYS, settings.LIQSITE_ZONE_DAYS
            for name, count in compact(settings.LIQSITE_LAKE, utc_now(), *days):
                renew()
                if count:
                    self.stdout.write(f"{name}: {count}")

    def _backup(self, options: dict[str, Any]) -> None:
        embedded(settings.LIQSITE_LAKE, _BACK_UP_INSTEAD)
        folder = options["folder"].resolve()
        with _bar("files") as tell:
            count = back_up(settings.LIQSITE_DATA_DIR, folder, _site(), tell)
        self.stdout.write(f"{count} files and the databases are in {folder}.")
        if _site() is None:
            self.stdout.write("Django's database is not SQLite: back it up with its own ")

    def _restore(self, options: dict[str, Any]) -> None:
        embedded(settings.LIQSITE_LAKE, _RESTORE_INSTEAD)
        with _bar("files") as tell:
            count = restore(options["folder"].resolve(), settings.LIQSITE_DATA_DIR, tell)
        self.stdout.write(f"{count} files and the databases are in {settings.LIQSITE_DATA_DIR}.")
        self._verify(options)


@contextmanager
def _bar(what: str) -> Iterator[Tell]:
    """Give what moves a bar, which a pipe does not see."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task(what)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _tables(rows: Sequence[TableStatus]) -> Table:
    table = Table("table", "rows", "of them inlined", "files", "size")
    for row in rows:
        counts = (f"{row.rows:,}", f"{row.inlined_rows:,}", f"{row.files:,}")
        table.add_row(row.table, *counts, _size(row.bytes))
    return table


def _exchanges(rows: Sequence[ExchangeStatus]) -> Table:
    table = Table("exchange", "liquidations", "USD", "oldest", "newest")
    for row in rows:
        times = (f"{row.oldest:%F %T}", f"{row.newest:%F %T}")
        table.add_row(row.exchange, f"{row.rows:,}", f"{row.value_usd:,.2f}", *times)
    return table


def _sentence(damage: Damage) -> str:
    """Return what is wrong with a file, and whose rows of which hours are in it."""
    file, hours = damage.file, damage.hours
    if file.kind == "delete":
        lost = f"which of the {file.table} had been deleted"
    else:
        when = f"{hours[0]:%F %H:00} to {hours[1]:%F %H:59} UTC" if hours else "unknown hours"
        lost = f"{file.rows:,} {file.table} of {damage.exchanges}, {when}"
    return f"{file.path} {damage.reason}: {lost}"


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"


def _site() -> Path | None:
    """Return Django's database where it is an SQLite file."""
    database = settings.DATABASES["default"]
    return Path(database["NAME"]) if database["ENGINE"].endswith("sqlite3") else None
