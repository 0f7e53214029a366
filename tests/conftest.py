"""What many tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import caches
from pytest_django.fixtures import Settings

from exchanges.store import Writer


@pytest.fixture
def lake(tmp_path: Path, settings: Settings) -> Iterator[Writer]:
    """The writer of a lake of the test's own, which the site reads."""
    settings.LIQSITE_LAKE = tmp_path / "lake"
    with Writer(tmp_path / "lake") as writer:
        yield writer


@pytest.fixture(autouse=True)
def _nothing_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heatmap.freshness.LOOK_SECONDS", 0)
    for cache in (caches["default"], caches["answers"]):
        cache.clear()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Pages last: the browser's driver keeps an event loop that asyncio tests cannot share."""
    items.sort(key=lambda item: "browser" in item.path.parts)
