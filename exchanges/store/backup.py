"""A consistent copy of the data folder while a worker writes, and the way back."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from exchanges.errors import StoreUnavailable
from exchanges.lake import CATALOG, DATA
from exchanges.store.catalog import data_path, live_files, open_catalog

LAKE = "lake"
SITE = "site.sqlite3"
# In this order: what the catalog says is stored must not be ahead of the journal.
FOLDERS = ("journal", "instruments", "backfill")

Tell = Callable[[int, int], None]


def back_up(folder: Path, target: Path, site: Path | None, tell: Tell = lambda *_: None) -> int:
    """Copy the data folder into an empty or new `target`; return how many data files that were.

    Data files are linked where both are on one disk, else copied: they never change. `site` is
    Django's SQLite file. `tell` hears (done, of how many). Raises StoreUnavailable.
    """
    _check_empty(target)
    try:
        (target / LAKE).mkdir(parents=True, exist_ok=True)
        _copy_database(folder / LAKE / CATALOG, target / LAKE / CATALOG)
        count = _link_data(target / LAKE, tell)
        if site is not None and site.exists():
            _copy_database(site, target / SITE)
        _copy_folders(folder, target)
    except (OSError, sqlite3.Error) as error:
        raise StoreUnavailable(f"The backup could not be written: {error}") from error
    return count


def restore(source: Path, folder: Path, tell: Tell = lambda *_: None) -> int:
    """Copy a backup into a data folder without a store; return how many data files that were.

    Raises StoreUnavailable.
    """
    if not (source / LAKE / CATALOG).exists():
        raise StoreUnavailable(f"{source} is no backup: it has no {LAKE}/{CATALOG}.")
    if taken := [name for name in (LAKE, SITE) if (folder / name).exists()]:
        raise StoreUnavailable(
            f"{folder} already holds {' and '.join(taken)}. Restore into another folder: "
            "LIQSITE_DATA_DIR=/some/folder"
        )
    try:
        files = sorted(path for path in (source / LAKE / DATA).rglob("*") if path.is_file())
        for number, path in enumerate(files, start=1):
            _copy(path, folder / path.relative_to(source))
            tell(number, len(files))
        for name in (f"{LAKE}/{CATALOG}", SITE):
            if (source / name).exists():
                _copy(source / name, folder / name)
        _copy_folders(source, folder)
        _move_data_path((folder / LAKE).resolve())
    except (OSError, sqlite3.Error) as error:
        raise StoreUnavailable(f"The backup could not be restored: {error}") from error
    return len(files)


def _check_empty(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise StoreUnavailable(f"{target} is not empty. Take another folder for each backup.")


def _copy_database(source: Path, target: Path) -> None:
    """Copy an SQLite database as of one moment, whoever writes to it."""
    if not source.exists():
        raise StoreUnavailable(f"There is no store in {source.parent}.")
    uri = f"{source.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def _link_data(lake: Path, tell: Tell) -> int:
    """Link or copy every file that the copied catalog needs to where it looks for them."""
    with open_catalog(lake) as catalog:
        root, files = data_path(catalog), [file.path for file in live_files(catalog)]
    for number, path in enumerate(files, start=1):
        target = lake / DATA / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        _link(path, target)
        tell(number, len(files))
    return len(files)


def _link(path: Path, target: Path) -> None:
    try:
        os.link(path, target)
    except FileNotFoundError as error:
        raise StoreUnavailable(
            f"{path} is gone: `manage.py store verify` tells what is missing. If nothing is, the "
            "backup took longer than the worker keeps merged files; back up to the same disk, "
            "which takes seconds, and copy from there."
        ) from error
    except OSError:
        shutil.copy2(path, target)


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path, target)


def _copy_folders(source: Path, target: Path) -> None:
    for name in FOLDERS:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, dirs_exist_ok=True)


def _move_data_path(lake: Path) -> None:
    """Let a restored catalog look for its files where they are.

    What was to be deleted was not backed up, and may still be needed where it came from.
    """
    with closing(sqlite3.connect(lake / CATALOG)) as catalog, catalog:
        catalog.execute("PRAGMA journal_mode=WAL")
        catalog.execute(
            "UPDATE ducklake_metadata SET value = ? WHERE key = 'data_path'", [f"{lake / DATA}/"]
        )
        catalog.execute("DELETE FROM ducklake_files_scheduled_for_deletion")
