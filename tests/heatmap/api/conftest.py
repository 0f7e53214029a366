"""What the API's tests share."""

from __future__ import annotations

import pytest

from exchanges.store import Writer
from tests.heatmap.api.rows import some_rows


@pytest.fixture
def rows(lake: Writer) -> Writer:
    """A lake with rows of two venues."""
    lake.append(some_rows())
    return lake
