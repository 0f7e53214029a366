"""Markets that others recorded: the known figures come out again, and the model only ties.

They lie beside the project, not in it; where they do not, these tests skip and say so.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.hourly import STEPS, Hours, spread
from benchmarks.recorded import RECORDINGS, Recorded, hottest, material, recorded, scored
from heatmap.scorecards import files
from heatmap.scorecards import scored as of_material
from heatmap.scoring.terms import Terms

FOLDER = Path(__file__).parents[4] / "shared" / "data"
here = pytest.mark.skipif(not FOLDER.exists(), reason=f"recorded markets are not here: {FOLDER}")


@pytest.fixture(scope="module")
def solana() -> Recorded:
    [recording] = [r for r in RECORDINGS if (r.exchange, r.coin) == ("hyperliquid", "SOL")]
    return recorded(FOLDER, recording)


@here
def test_on_hyperliquid_model_and_freshness_hit_and_neither_beats_the_other(solana: Recorded):
    found = hottest(solana, 1)
    ours, freshness, chance = (found[name][0] for name in ("ours_flat", "freshness", "random"))
    assert ours > 0.8 and abs(ours - freshness) < 0.05
    assert chance < 0.4


@here
def test_files_of_a_recorded_market_give_its_scorecard_again(solana: Recorded, tmp_path: Path):
    [recording] = [r for r in RECORDINGS if (r.exchange, r.coin) == ("hyperliquid", "SOL")]
    files.write(material(recording, solana, "ours"), tmp_path)
    card, short = of_material.scored(files.read(tmp_path), Terms())
    [ours] = [model for model in scored(solana, 1).models if model.name == "ours"]
    again = short.models["ours"]
    assert (ours.hit_rate.value, ours.cap.value) == (again.H, again.CAP)
    assert card.events_swept == short.n > 200


def test_an_hours_range_is_not_reached_in_its_first_step():
    hours = Hours(
        np.array(["2026-01-01T00", "2026-01-01T01"], dtype="datetime64[s]"),
        open=np.array([100.0, 104.0]),
        high=np.array([106.0, 104.0]),
        low=np.array([99.0, 104.0]),
        close=np.array([104.0, 104.0]),
        volume=np.array([12.0, 24.0]),
        interest_usd=np.array([1040.0, 2080.0]),
    )
    series = spread("okx", "BTCUSDT", hours)
    assert len(series.close) == 2 * STEPS
    assert series.high[:STEPS].max() == 106 and series.low[:STEPS].min() == 99
    assert series.high[0] - series.low[0] < 2
    np.testing.assert_allclose(series.open[1:STEPS], series.close[: STEPS - 1])
    assert series.close[STEPS - 1] == 104 and (series.close[STEPS:] == 104).all()
    assert series.volume.sum() == pytest.approx(36)
    assert series.open_interest[-1] == pytest.approx(20)
    assert (np.diff(series.open_interest[STEPS:]) > 0).all()
