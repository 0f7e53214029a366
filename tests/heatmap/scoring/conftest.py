"""Markets that take a moment to make, made once."""

from __future__ import annotations

import pytest

from tests.heatmap.scoring.worlds import World, world


@pytest.fixture(scope="session")
def a_world() -> World:
    return world(days=24, seed=2)


@pytest.fixture(scope="session")
def long_world() -> World:
    return world(days=45, seed=1)
