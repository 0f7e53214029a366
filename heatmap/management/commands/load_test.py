"""Put a running site under load and say how it did."""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import msgspec
from django.core.management.base import BaseCommand, CommandError
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from heatmap.load_test.clients import Client, Seen, clients
from heatmap.load_test.report import missed_limits, report, text

LIMITS = {
    "p50": "milliseconds",
    "p95": "milliseconds",
    "p99": "milliseconds",
    "errors": "answers and sockets that failed",
    "limited": "answers with status 429",
    "missed": "frames of the live socket",
}
TICK_SECONDS = 0.5


class Command(BaseCommand):
    help = (
        "Have many clients use a running site at once, each with a live socket and one request "
        "after another, and report percentiles, errors and missed frames. Exit code 1 when a limit "
        "is missed, 2 when nothing answers. "
        "Example: manage.py load_test --clients 100 --duration 60 --max-p95 500 --max-errors 0"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="of the site")
        parser.add_argument("--clients", type=int, default=100, help="at once (default: 100)")
        parser.add_argument("--duration", type=float, default=60, help="seconds (default: 60)")
        parser.add_argument("--pause", type=float, default=1.0, help="seconds after each answer")
        parser.add_argument("--symbols", default="BTCUSDT,ETHUSDT", help="shared by the clients")
        parser.add_argument("--json", action="store_true", help="one JSON object, else plain text")
        for name, unit in LIMITS.items():
            parser.add_argument(f"--max-{name}", type=float, help=f"{unit}, else exit code 1")

    def handle(self, *args: Any, **options: Any) -> None:
        url = _site(options["url"])
        if options["clients"] < 1 or options["duration"] <= 0 or options["pause"] < 0:
            raise CommandError(
                "--clients and --duration are above zero, --pause is not below.", returncode=2
            )
        symbols = [name for name in options["symbols"].split(",") if name]
        if not symbols:
            raise CommandError("--symbols names at least one, like BTCUSDT.", returncode=2)
        _allow_many_files()
        every = clients(url, options["clients"], symbols, options["pause"])
        seen, seconds = asyncio.run(_run(every, options["duration"]))
        found = report(seen, options["clients"], seconds)
        lines = [msgspec.json.encode(found).decode()] if options["json"] else list(text(found))
        self.stdout.write("\n".join(lines))
        if missed := missed_limits(found, {name: options[f"max_{name}"] for name in LIMITS}):
            raise CommandError("Not as asked: " + " ".join(missed), returncode=1)


def _site(url: str) -> str:
    """Return the address of a site that answers. Raises CommandError."""
    site = url.rstrip("/")
    if urlsplit(site).scheme not in ("http", "https") or not urlsplit(site).hostname:
        raise CommandError(f"{url} is no address like http://127.0.0.1:8000.", returncode=2)
    try:
        with urlopen(f"{site}/healthz", timeout=10):  # noqa: S310 - http or https, checked
            return site
    except (URLError, OSError) as error:
        said = getattr(error, "reason", error)
        raise CommandError(
            f"Nothing answers at {site}: {said}. Start it: `make run`.", returncode=2
        ) from error


def _allow_many_files() -> None:
    """Have as many sockets as the machine allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _run(every: Sequence[Client], duration: float) -> tuple[Seen, float]:
    """Let the clients in, spread over a tenth of the time, and watch until it is over."""
    seen, began = Seen(), time.monotonic()
    running: list[asyncio.Task[None]] = []
    columns = TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()
    with Progress(*columns, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("", total=duration)
        while (passed := time.monotonic() - began) < duration:
            wanted = 1 + int(len(every) * 10 * passed / duration)
            running += [asyncio.create_task(one.run(seen)) for one in every[len(running) : wanted]]
            progress.update(task, completed=passed, description=_now(seen))
            await asyncio.sleep(min(TICK_SECONDS, duration / 20, duration - passed))
    seconds = time.monotonic() - began
    for one in running:
        one.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    return seen, seconds


def _now(seen: Seen) -> str:
    return (
        f"{seen.sockets} sockets, {seen.statuses.total():,} answers, "
        f"{seen.errors:,} errors, {seen.limited:,} 429, {seen.missed:,} frames missed"
    )
