"""Measure on this machine: `python -m benchmarks`, or some of it: `... parse query`.

With QUICK=1 in the environment little is measured: it shows that everything runs.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from time import monotonic

from rich.console import Console
from rich.table import Table

ABOUT = {
    "parse": "Frames to liquidations on one core, beside cryptofeed and ccxt on the same frames.",
    "durable": "From a socket to rows that can be queried, beside cryptofeed on the same stream.",
    "query": "Heatmaps over up to 55 million rows, beside bare DuckDB and PostgreSQL.",
    "page": "The heatmap page in Chromium: first paint and updates.",
    "soak": "The heatmap page through ten minutes of a flood, and its numbers after it.",
    "fanout": "100 and 1,000 live sockets while the worker stores.",
    "stages": "What an event costs in the worker, stage by stage.",
    "load": "HTTP and live sockets at once.",
    "growth": "Cost against rows, venues, symbols and clients, and what breaks first.",
    "record_day": "A day of 1.6 million liquidations replayed; totals to the cent.",
    "heatmap": "The heatmap's answers over a million rows.",
    "api": "Every address of the API over ten million rows.",
    "pipeline": "From simulated venues to the store and to a page's socket.",
    "silence": "False alarms and detection times of the rules of silence.",
    "export": "Exports of five million rows: time, size, memory.",
    "zones": "The model of predicted zones.",
    "scorecard": "Scorecards of simulated markets.",
    "predicted": "Answers with predicted zones.",
}
ORDINARY = ("parse", "durable", "query", "page", "fanout")
"""What is measured when nothing is named; the rest takes long or is of one part only."""
QUICK = ("parse", "durable", "query")
"""What of it is measured when it is to be quick."""


def main(words: Sequence[str] | None = None) -> None:
    """Run the named benchmarks in a data folder of their own, and write down what they found."""
    parser = _parser()
    named = parser.parse_args(words).names
    names = named or list(QUICK if os.environ.get("QUICK") else ORDINARY)
    if unknown := [name for name in names if name not in ABOUT]:
        parser.error(f"{', '.join(unknown)} cannot be measured; known: {', '.join(ABOUT)}")
    with tempfile.TemporaryDirectory(prefix="liqsite-bench-", ignore_cleanup_errors=True) as folder:
        _set_up(folder)
        for name in names:
            if find_spec(f"benchmarks.{name}"):
                _measure(name)


def _parser() -> argparse.ArgumentParser:
    listed = "\n".join(f"  {name:<11} {about}" for name, about in ABOUT.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=f"Measure on this machine; write docs/benchmarks.md.\n\n{listed}",
        epilog=(
            f"Without names: {', '.join(ORDINARY)}.\n"
            f"QUICK=1        little, of {', '.join(QUICK)}; written to var/benchmarks.md\n"
            "GROWTH=rows    only this of what grows\n"
            "SIZE=full      put the large archives into PostgreSQL, too\n"
            "BENCH_DATA=... keep the archives there (var/bench) for the next run\n"
            "SPEED=60       how many times as fast the record day runs"
        ),
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    return parser


def _set_up(folder: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "liqsite.settings"
    os.environ["LIQSITE_DATA_DIR"] = folder
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    # One address asks everything.
    os.environ["LIQSITE_RATE_LIMIT_RPM"] = "0"
    (Path(folder) / "static").mkdir()
    import django

    django.setup()


def _measure(name: str) -> None:
    """Run one benchmark; print its figures as they come, the ratios on stdout, and a table."""
    from benchmarks import report

    begun = monotonic()
    table = Table("what", "figure", title_justify="left")
    rows: list[tuple[str, str]] = []
    plots: list[Path] = []
    try:
        for found in import_module(f"benchmarks.{name}").measure():
            if isinstance(found, Path):
                plots.append(found)
                continue
            rows.append(found)
            table.add_row(*found)
            print(*found, file=sys.stdout if " vs " in found[0] else sys.stderr, flush=True)
    except ImportError as error:
        sys.exit(f"{error}. `make bench` installs what is measured beside us.")
    table.title = f"{name}, {monotonic() - begun:.0f} s"
    Console().print(table)
    report.write(report.Section(name, ABOUT[name], rows, plots), report.target())


if __name__ == "__main__":
    main()
