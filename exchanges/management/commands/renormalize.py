"""Read stored rows again with today's adapter, show what differs, and store it when asked to."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from exchanges.adapters import select
from exchanges.adapters.base import Adapter
from exchanges.alone import alone
from exchanges.catalog import Catalog
from exchanges.clock import utc_now
from exchanges.errors import InstrumentsUnavailable, LiqsiteError
from exchanges.instruments import Instruments
from exchanges.renormalize import Difference, renormalize
from exchanges.store import Writer
from exchanges.store.portions import count_rows


class Command(BaseCommand):
    help = (
        "Read a venue's stored rows again from what it sent, with today's adapter and contract "
        "list, and show what differs. Nothing is written without --apply. "
        "Example: manage.py renormalize --exchange gate --since 2026-11-01"
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--exchange", required=True, help="the venue whose rows to read")
        parser.add_argument("--since", required=True, type=_time, help="ISO date or time, UTC")
        parser.add_argument(
            "--apply", action="store_true", help="store what differs, once it has been shown"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            [adapter] = select([options["exchange"]])
            instruments = _kept(adapter)
            with ExitStack() as stack:
                renew: Callable[[], object] = lambda: None  # noqa: E731
                if options["apply"]:
                    renew = stack.enter_context(alone("renormalizing", utc_now))
                found = self._read(adapter, instruments, options["since"], None, renew)
                self._show(adapter, found)
                if options["apply"] and found.changed:
                    with Writer(settings.LIQSITE_LAKE) as writer:
                        self._read(adapter, instruments, options["since"], writer, renew)
                    self.stdout.write(f"{found.changed:,} rows were stored anew.")
        except LiqsiteError as error:
            raise CommandError(str(error)) from error

    def _read(
        self,
        adapter: Adapter,
        instruments: Instruments,
        since: datetime,
        writer: Writer | None,
        renew: Callable[[], object],
    ) -> Difference:
        """Renormalize behind a progress bar, which a pipe does not see."""
        lake = settings.LIQSITE_LAKE
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, transient=True) as progress:
            doing = "storing" if writer else "reading"
            task = progress.add_task(doing, total=count_rows(lake, adapter.name, since))

            def tell(count: int) -> None:
                progress.advance(task, count)
                renew()

            return renormalize(adapter, instruments, lake, since, writer=writer, tell=tell)

    def _show(self, adapter: Adapter, found: Difference) -> None:
        versions = ", ".join(
            f"{count:,} by version {'unknown' if version is None else version}"
            for version, count in found.versions.items()
        )
        self.stdout.write(
            f"{adapter.display_name}: {versions or 'no rows'}; read again by {adapter.version}."
        )
        for side, before in found.before.items():
            after = found.after[side]
            self.stdout.write(
                f"  {side:5}  {before.rows:,} -> {after.rows:,} rows  "
                f"{before.value_usd:,.2f} -> {after.value_usd:,.2f} USD  "
                f"({after.rows - before.rows:+,} rows, "
                f"{after.value_usd - before.value_usd:+,.2f} USD)"
            )
        fields = ", ".join(f"{name} {count:,}" for name, count in found.fields.most_common())
        self.stdout.write(f"  {found.changed:,} rows differ{': ' + fields if fields else ''}.")
        for reason, count in found.left.most_common():
            self.stdout.write(f"  {count:,} rows are left as they are: {reason}")
        for event_id in found.left_ids:
            self.stdout.write(f"    {event_id}")


def _kept(adapter: Adapter) -> Instruments:
    """Return the contracts of the last list that was kept. Raises InstrumentsUnavailable."""
    kept = Catalog(adapter, settings.LIQSITE_DATA_DIR / "instruments").kept()
    if not kept:
        raise InstrumentsUnavailable(
            f"No contract list of {adapter.display_name} is kept, and without one sizes cannot "
            "be told. Run the worker once: it keeps what the venue lists."
        )
    return kept


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
