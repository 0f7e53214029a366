"""A short market of known seed: the model does what it is for, and chance does what chance does."""

from __future__ import annotations

import pytest

from exchanges.errors import NotScorable
from heatmap.scorecards import simulated
from heatmap.scorecards.simulated import World
from heatmap.scorecards.summary import ModelSummary, summary
from heatmap.scoring.terms import Terms


@pytest.fixture(scope="module")
def models(world: World) -> dict[str, ModelSummary]:
    return summary(simulated.scored(world, Terms(horizon_hours=4, resamples=100))).models


def cap(model: ModelSummary) -> float:
    assert model.CAP is not None
    return model.CAP


def skill(model: ModelSummary) -> float:
    assert model.brier_skill is not None
    return model.brier_skill


def test_the_model_ranks_bins_as_well_as_freshness(models: dict[str, ModelSummary]):
    assert cap(models["ours"]) >= cap(models["freshness"]) - 0.01


def test_its_chances_are_worth_something(models: dict[str, ModelSummary]):
    assert skill(models["ours"]) > 0.4


def test_a_fitted_kernel_beats_a_flat_one(models: dict[str, ModelSummary]):
    assert cap(models["ours"]) > cap(models["ours_flat"])
    assert skill(models["ours"]) > skill(models["ours_flat"])


def test_zones_that_know_nothing_hit_as_much_as_they_cover(models: dict[str, ModelSummary]):
    hit_rate, path_share = models["random"].H, models["random"].A_path
    assert hit_rate == pytest.approx(path_share, abs=0.05)


def test_the_truth_is_the_most_that_can_be_had(models: dict[str, ModelSummary]):
    for name in ("ours", "freshness", "extremes", "one_sided"):
        assert cap(models["oracle"]) > cap(models[name])


@pytest.mark.parametrize(("kind", "days"), [("none", 30), ("cex", 0), ("cex", 1000)])
def test_markets_that_cannot_be_are_refused_in_a_sentence(kind: str, days: int):
    with pytest.raises(NotScorable, match="cex|1 to 120"):
        simulated.world(kind, 1, days)
