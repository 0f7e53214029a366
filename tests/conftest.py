"""What many tests share."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from hypothesis import settings as hypothesis_settings
from pytest_django.fixtures import Settings

from exchanges.lake import CATALOG, DATA
from exchanges.store import Writer, connection

# How long a test takes is measured elsewhere: here other tests run beside it.
hypothesis_settings.register_profile("untimed", deadline=None)
hypothesis_settings.load_profile("untimed")


def pytest_configure() -> None:
    """Have DuckDB use one thread: a few rows in two of them cost half as much again."""
    connection.CONFIG["threads"] = 1


@pytest.fixture(scope="session")
def empty_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with nothing in it: to copy one takes a quarter of the time of making it."""
    folder = tmp_path_factory.mktemp("empty") / "lake"
    Writer(folder).close()
    return folder


@pytest.fixture
def lake(tmp_path: Path, settings: Settings, empty_lake: Path) -> Iterator[Writer]:
    """The writer of a lake of the test's own, which the site reads."""
    settings.LIQSITE_LAKE = tmp_path / "lake"
    _copy(empty_lake, tmp_path / "lake")
    with Writer(tmp_path / "lake") as writer:
        yield writer


def _copy(lake: Path, folder: Path) -> None:
    """Copy a lake to another folder, which its catalog names."""
    shutil.copytree(lake, folder)
    with closing(sqlite3.connect(folder / CATALOG)) as catalog, catalog:
        path = "UPDATE ducklake_metadata SET value = ? WHERE key = 'data_path'"
        catalog.execute(path, [f"{folder / DATA}/"])


@pytest.fixture(autouse=True)
def _nothing_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heatmap.freshness.LOOK_SECONDS", 0)
    for cache in (caches["default"], caches["answers"]):
        cache.clear()


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Give each test an id of its own, and put pages last.

    The browser's driver keeps an event loop that asyncio tests cannot share.
    """
    items.sort(key=lambda item: "browser" in item.path.parts)
    for item in items:
        # Schemathesis tells its operations apart by their names, which pytest's ids leave out.
        if operation := getattr(item, "operation_label", None):
            item._id = item.id.with_params(operation)
    for node_id, count in Counter(item.nodeid for item in items).items():
        if count > 1:
            raise pytest.UsageError(f"{count} tests are called {node_id}: in parallel one runs.")
