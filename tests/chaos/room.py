"""A full disk, a catalog that another program holds, a folder that cannot be written."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import mkdtemp

from tests.chaos.rig import ROOT, Rig, rigged, wait_until


def full_disk() -> None:
    """The disk fills up: feeds pause and say so; when there is room again, nothing is broken."""
    with (
        _small_disk() as folder,
        rigged("--rate 300 --steady --exchanges bybit,okx", folder) as rig,
    ):
        rig.set_env(LIQSITE_DISK_FREE_MIB="20")
        rig.start_worker("--exchanges", "bybit,okx")
        wait_until(lambda: rig.count() > 500, 60)
        ballast = folder / "ballast"
        with suppress_full():
            ballast.write_bytes(os.urandom(1024 * 1024) * 200)
        wait_until(lambda: "The disk is full" in rig.states()["okx"][1], 30, str(rig.states()))
        print("said:", rig.states()["okx"])
        time.sleep(5)
        ballast.unlink()
        wait_until(lambda: rig.states()["okx"][0] in ("live", "subscribed"), 60)
        count = rig.count()
        wait_until(lambda: rig.count() > count, 60)
        _settle_and_compare(rig)


def locked_catalog() -> None:
    """Another program holds the catalog: what is received waits in the journal."""
    with rigged("--rate 300 --steady --exchanges bybit,okx") as rig:
        rig.start_worker("--exchanges", "bybit,okx")
        wait_until(lambda: rig.count() > 500, 60)
        with closing(sqlite3.connect(rig.lake / "catalog.sqlite", timeout=30)) as other:
            other.execute("BEGIN EXCLUSIVE")
            wait_until(lambda: "waits in the journal" in _trouble(rig), 60)
            print("said:", _trouble(rig))
            assert {state for state, _ in rig.states().values()} <= {"live", "subscribed"}
            time.sleep(5)
            other.execute("ROLLBACK")
        count = rig.count()
        wait_until(lambda: rig.count() > count and not _trouble(rig), 60)
        _settle_and_compare(rig, gaps_allowed=False)


def read_only_folder() -> None:
    """A folder that cannot be written: one sentence, at once."""
    folder = Path(mkdtemp(prefix="liqsite-read-only-"))
    with _read_only(folder):
        done = subprocess.run(
            [sys.executable, "manage.py", "run_aggregator"], cwd=ROOT, text=True,
            env=os.environ | {"LIQSITE_DATA_DIR": str(folder), "SECRET_KEY": "x" * 50},
            capture_output=True, timeout=60, check=False,
        )  # fmt: skip
    print("said:", done.stderr.strip().splitlines()[-1])
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert str(folder) in done.stderr
    folder.rmdir()


def _settle_and_compare(rig: Rig, *, gaps_allowed: bool = True) -> None:
    rig.stop_worker()
    journal, stored = rig.journal(), dict(rig.rows("event_id, value_usd"))
    assert journal.keys() <= stored.keys(), "the journal holds what the store does not"
    if not gaps_allowed:
        assert all(gap.end is not None or "not running" in gap.reason for gap in rig.gaps())
    ids = rig.rows("count(*) - count(DISTINCT event_id)")[0][0]
    print(f"{len(journal)} in the journal, all of them stored; {ids} doubled")
    assert ids == 0


def _trouble(rig: Rig) -> str:
    sql = "SELECT trouble FROM exchanges_workerlease"
    with closing(sqlite3.connect(rig.folder / "site.sqlite3", timeout=30)) as database:
        return str(database.execute(sql).fetchone()[0])


@contextmanager
def suppress_full() -> Iterator[None]:
    """Writing until nothing goes is what is wanted."""
    try:
        yield
    except OSError as error:
        print(f"the disk took no more: {error.strerror}")


@contextmanager
def _small_disk() -> Iterator[Path]:
    """Mount a disk of 120 MiB, which takes the rights of root."""
    place = Path(mkdtemp(prefix="liqsite-disk-"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=120m", "tmpfs", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)
        place.rmdir()


@contextmanager
def _read_only(folder: Path) -> Iterator[None]:
    """Root writes into read-only folders, too, so it takes a mount."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,ro", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
