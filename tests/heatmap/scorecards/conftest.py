"""One simulated market for all of these tests, because it takes seconds to make."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from exchanges.simulator.agents.history import History, simulate
from heatmap.scorecards import simulated
from heatmap.scorecards.model_run import ModelRun, model_run
from heatmap.scorecards.simulated import World

KIND, SEED = "cex", 3
WARM_UP_DAYS, DAYS = 22, 8


@pytest.fixture(scope="session")
def history() -> History:
    return simulate(KIND, SEED, WARM_UP_DAYS + DAYS)


@pytest.fixture
def made_before(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulator gives the market that is there already, with its shorter warm-up."""

    def known(kind: str, seed: int, days: int) -> History:
        assert (kind, seed, days) == (KIND, SEED, WARM_UP_DAYS + DAYS)
        return history

    monkeypatch.setattr(simulated, "simulate", known)
    monkeypatch.setattr(simulated, "WARM_UP_DAYS", WARM_UP_DAYS)


@pytest.fixture(scope="session")
def world(history: History) -> World:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulated, "simulate", lambda kind, seed, days: history)
        return simulated.world(KIND, SEED, DAYS, WARM_UP_DAYS)


@pytest.fixture(scope="session")
def run(world: World) -> ModelRun:
    return model_run(world.series, world.events, world.prior)


@pytest.fixture(scope="session")
def recorded_world(world: World) -> World:
    """The same market as if Bybit had had it."""
    return replace(world, series=replace(world.series, exchange="bybit", symbol="BTCUSDT"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"
