"""`docs/benchmarks.md`: a section a benchmark, each with the machine and the day it was measured.

A run writes anew the sections of what it measured and leaves the others.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import liqsite
from benchmarks.figures import IS_QUICK
from benchmarks.running import PROJECT

FILE = PROJECT / "docs" / "benchmarks.md"
QUICK_FILE = PROJECT / "var" / "benchmarks.md"
IMAGES = "img"
PACKAGES = ("duckdb", "django", "daphne", "websockets", "msgspec", "cryptofeed", "ccxt")
Rows = Sequence[tuple[str, str]]

HEAD = """# Benchmarks

Measured by `make bench` on one machine, each thing beside what else one would take, in the same run
on the same data. "vs" is how many times as fast we are (for bare DuckDB, where a site cannot win:
how many times as long we take). Percentiles are p50, p95, p99. `python -m benchmarks --help` lists
what can be measured apart.
"""


class Section(NamedTuple):
    """What one benchmark found, and the plots it drew."""

    name: str
    about: str
    rows: Rows
    plots: Sequence[Path] = ()


def target() -> Path:
    """Return the file that a run writes: rough figures do not belong among the documents."""
    return QUICK_FILE if IS_QUICK else FILE


def images() -> Path:
    """Return the folder of that file's plots."""
    return target().parent / IMAGES


def write(section: Section, file: Path) -> None:
    """Put a section into the file, in place of the one of that name."""
    sections = _sections(file.read_text()) if file.exists() else {}
    sections[section.name] = _text(section)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join([HEAD, *(sections[name] for name in sorted(sections))]))


def _sections(text: str) -> dict[str, str]:
    """Return the sections of a file by their names."""
    found = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)[1:]
    return {
        name: f"## {name}\n{body.rstrip()}\n"
        for name, body in zip(found[::2], found[1::2], strict=True)
    }


def _text(section: Section) -> str:
    lines = [
        f"## {section.name}",
        "",
        section.about,
        "",
        machine(),
        "",
        "| what | figure |",
        "|---|---|",
    ]
    lines += [f"| {_cell(what)} | {_cell(figure)} |" for what, figure in section.rows]
    for plot in section.plots:
        lines += ["", f"![{plot.stem}]({IMAGES}/{plot.name})"]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def machine() -> str:
    """Return in a paragraph on what, with what and when it is measured."""
    versions = {name: _version(name) for name in PACKAGES} | {"PostgreSQL": _postgres()}
    told = ", ".join(f"{name} {number}" for name, number in versions.items() if number)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({_processor()}), {memory:.0f} GB, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}; "
        f"liqsite {liqsite.__version__}, {told}."
    )


def _processor() -> str:
    found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _postgres() -> str:
    if not shutil.which("postgres"):
        return ""
    told = subprocess.run(["postgres", "--version"], capture_output=True, text=True).stdout
    return told.split()[2] if told else ""
