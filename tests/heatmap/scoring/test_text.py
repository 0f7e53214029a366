"""The scorecard in a terminal never shows a hit rate alone, and its document is complete."""

from __future__ import annotations

from pathlib import Path

import pytest

from heatmap.scoring import verdict
from heatmap.scoring.baselines import baselines
from heatmap.scoring.numbers import NUMBERS
from heatmap.scoring.protocol import score
from heatmap.scoring.terms import Terms
from heatmap.scoring.text import COLUMNS, text
from tests.heatmap.scoring.worlds import day


@pytest.fixture(scope="module")
def lines(a_world):
    card = score(a_world.series, a_world.events, {"ours": a_world.truth}, day(15), feed="sampled")
    return text(card).splitlines()


def test_every_hit_rate_stands_beside_its_area_and_freshness(lines):
    with_hit_rate = [line for line in lines if line.lstrip().startswith("H ")][1:]
    assert all(name in COLUMNS.split("lift")[0] for name in ("H", "A_path", "N5 at it"))
    assert len(with_hit_rate) == 4
    for line in with_hit_rate:
        assert "A_path" in line and ("freshness" in line)


def test_the_feed_the_counts_and_the_verdict_are_told(lines):
    whole = "\n".join(lines)
    assert "feed sampled" in whole
    assert "ours: PASS" in whole
    assert "216 windows, 0 left out" in whole


def test_the_table_has_every_forecast_and_fits_a_terminal(lines):
    names = [line.split(" ")[0] for line in lines]
    for name in ("ours", "random", "nearest", "extremes", "freshness", "one_sided", "depth_volume"):
        assert name in names
    assert max(map(len, lines)) <= 120


def test_every_number_and_baseline_is_explained_with_the_rules_own_figures():
    document = (Path(__file__).parents[3] / "docs/scoring.md").read_text()
    for name in [*NUMBERS, *baselines(0), "precision_at", "lead_shares", "aged", "reliability"]:
        assert f"`{name}`" in document
    rule = document[document.index("## Pass") :]
    for figure in (
        f"at least {verdict.FEWEST_EVENTS} liquidations",
        f"{verdict.FEWEST_DAYS} days",
        f"H is {verdict.LEAST_HIT_RATE:.2f} or more",
        f"interval {verdict.LEAST_HIT_RATE_LOW:.2f} or more",
        f"A_path is {verdict.MOST_AREA:.2f} or less",
        f"lift is {verdict.LEAST_LIFT} or more, its lower bound above {verdict.LIFT_LOW_ABOVE}",
    ):
        assert figure in rule
    assert f"left {Terms().zone_share:.0%}".replace("%", " %") in document
    assert f"swept in the {Terms().trailing_days} days before" in document
