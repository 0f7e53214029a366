"""A lake in a folder of the test's own, with a bench beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from exchanges.store import Writer
from tests.heatmap.forecast.bench import Bench


@pytest.fixture
def bench(lake: Writer, tmp_path: Path, settings: Settings) -> Bench:
    settings.LIQSITE_DATA_DIR = tmp_path
    return Bench(lake)
