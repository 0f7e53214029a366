"""`manage.py score`: one JSON object or plain text, the same every time, errors in a sentence."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from tests.heatmap.scorecards.conftest import DAYS, KIND, SEED, WARM_UP_DAYS


def told(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command("score", *arguments, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


SIMULATED = ("--simulated", f"--kind={KIND}", f"--seed={SEED}", f"--days={DAYS}")


@pytest.mark.usefixtures("made_before")
def test_one_json_object_has_the_numbers_of_every_model_and_the_verdict():
    answer = json.loads(told(*SIMULATED, "--horizon=1h", "--json"))
    assert answer["verdict"] in ("pass", "fail", "not enough data")
    assert answer["horizon_hours"] == 1 and answer["n"] > 200
    market = {"kind": KIND, "seed": SEED, "days": DAYS, "warm_up_days": WARM_UP_DAYS}
    assert answer["simulated"] == market
    wanted = {"ours", "ours_flat", "oracle", "random", "nearest", "fixed_leverage", "extremes"}
    assert set(answer["models"]) == wanted | {"freshness", "one_sided"}
    for model in answer["models"].values():
        assert {"H", "A_path", "lift", "CAP", "brier_skill", "n", "interval"} <= set(model)
        low, high = model["interval"]["H"]
        assert low <= model["H"] <= high


@pytest.mark.usefixtures("made_before")
def test_the_same_seed_gives_the_same_bytes():
    asked = (*SIMULATED, "--horizon=24h", "--json")
    assert told(*asked) == told(*asked)


@pytest.mark.usefixtures("made_before")
def test_plain_text_says_the_verdict_and_the_warm_up():
    text = told(*SIMULATED, "--horizon=4h")
    assert "ours: NOT JUDGED" in text
    assert f"seed {SEED}, {WARM_UP_DAYS} days of warm-up" in text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Say what to score"),
        (("--exchange=bybit", "--symbol=BTCUSDT"), "Say what to score"),
        (("--simulated", "--horizon=5h"), "no horizon"),
        (("--simulated", "--kind=calm"), "no market kind 'calm'"),
        (("--from-export=/nowhere",), "no folder that `manage.py export_zones` has made"),
        (("--exchange=bybit", "--symbol=BTCUSDT", "--since=yesterday"), "no ISO date"),
        (("--exchange=moon", "--symbol=BTCUSDT", "--since=2026-01-01"), "Unknown exchanges"),
        (("--exchange=bybit", "--symbol=BTCUSDT", "--since=2026-01-01"), "Nothing has been stored"),
    ],
)
def test_what_cannot_be_scored_is_said_in_a_sentence(
    arguments: tuple[str, ...], sentence: str, tmp_path: Any, settings: Settings
):
    settings.LIQSITE_LAKE = tmp_path / "lake"
    with pytest.raises(CommandError, match=sentence):
        told(*arguments)
