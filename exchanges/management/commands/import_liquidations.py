"""Store liquidations out of files that other programs, or this one, have written."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from exchanges.adapters import select
from exchanges.catalog import Catalog
from exchanges.clock import utc_now
from exchanges.errors import LiqsiteError, UnknownExchange, UnreadableSource
from exchanges.importing.importer import Append, Import, Report, appending, looking
from exchanges.importing.rows import meaning_of
from exchanges.importing.sources import FORMATS, Source, open_source
from exchanges.store import Writer

MOST_REJECTS_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Store the liquidations of a single-exchange DuckDB database, of Binance's "
        "liquidationSnapshot CSVs, or of our own export. What is stored already is not stored "
        "again. Example: manage.py import_liquidations liquidations.duckdb --dry-run"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, nargs="+", help="files, imported one by one")
        parser.add_argument(
            "--exchange", default="binance", help="whose rows these are, where they do not say"
        )
        parser.add_argument("--format", choices=("auto", *FORMATS), default="auto")
        parser.add_argument("--dry-run", action="store_true", help="count, and store nothing")
        parser.add_argument("--rejects", type=Path, help="write every rejected row's reason here")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with _append(options["dry_run"]) as append, _rejects(options["rejects"]) as rejects:
                for path in options["path"]:
                    source = open_source(path, options["format"])
                    report = self._import(source, options["exchange"], append, rejects)
                    self._tell(path, report, options["dry_run"])
        except (UnreadableSource, UnknownExchange) as error:
            raise CommandError(str(error), returncode=2) from error
        except LiqsiteError as error:
            raise CommandError(f"{error} What was stored stays; start again to go on.") from error

    def _import(
        self, source: Source, exchange: str, append: Append, rejects: TextIO | None
    ) -> Report:
        [adapter] = select([exchange])
        listed = Catalog(adapter, settings.LIQSITE_DATA_DIR / "instruments").kept()
        meaning = meaning_of(source, exchange, listed, utc_now())
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, transient=True) as progress:
            task = progress.add_task(source.path.name, total=source.total)
            on_reject = self._rejecting(source.path, rejects)
            return Import(meaning, append, on_reject, lambda n: progress.advance(task, n)).run()

    def _rejecting(self, path: Path, file: TextIO | None) -> Callable[[int, str], None]:
        """Return what tells a rejected row: the first ones here, all of them in the file."""
        shown = 0

        def reject(line: int, reason: str) -> None:
            nonlocal shown
            shown += 1
            if file is not None:
                told = {"file": str(path), "line": line, "reason": reason}
                file.write(json.dumps(told, ensure_ascii=False) + "\n")
            if shown <= MOST_REJECTS_SHOWN:
                self.stderr.write(f"{path.name}:{line}: {reason}")
            elif shown == MOST_REJECTS_SHOWN + 1:
                self.stderr.write(f"{path.name}: more are rejected; --rejects FILE lists all")

        return reject

    def _tell(self, path: Path, report: Report, is_dry: bool) -> None:
        done = "would be stored" if is_dry else "stored"
        self.stdout.write(
            f"{path.name}: {report.read} rows read, {report.stored} {done}, "
            f"{report.known} known before or repeated, {report.rejected} rejected."
        )
        if report.unknown_values:
            self.stdout.write(
                f"{report.unknown_values} rows have no value in USD, because the size of their "
                "contracts is not known. The worker fetches it: start it once before importing."
            )


@contextmanager
def _append(is_dry: bool) -> Iterator[Append]:
    """Give what stores, or only looks. Tidying up is the worker's, now or when it runs again."""
    if is_dry:
        yield looking(settings.LIQSITE_LAKE)
        return
    with Writer(settings.LIQSITE_LAKE) as writer:
        yield appending(writer)


def _rejects(path: Path | None) -> Any:
    return path.open("w", encoding="utf-8") if path else nullcontext()
