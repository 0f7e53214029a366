"""GET /scorecard and the page /scorecard/: what was scored, freshness always beside it."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.test import Client

from exchanges.store import Writer
from heatmap.scoring.protocol import score
from heatmap.scoring.report import Scorecard, encoded
from heatmap.scoring.terms import Terms
from tests.heatmap.api.frozen_rows import HOUR, store_score
from tests.heatmap.scoring.worlds import day, world

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def card() -> Scorecard:
    found = world(days=21, seed=2)
    terms = Terms(resamples=100)
    return score(
        found.series, found.events, {"ours": found.truth}, day(15), feed="sampled", terms=terms
    )


def page(client: Client, **asked: str) -> str:
    answer = client.get("/scorecard/", asked)
    assert answer.status_code == 200
    return answer.content.decode()


def text(html: str) -> str:
    """Return what is read of a page."""
    return " ".join(re.sub(r"<[^>]*>", " ", html.replace("&nbsp;", " ")).split())


def test_before_anything_is_scored_both_say_what_is_needed(client: Client, lake: Writer):
    needed = "Not enough data yet: nothing has been scored. A verdict needs 200 events on 5 days."
    told = client.get("/scorecard").json()
    assert (told["scorecards"], told["count"], told["detail"]) == ([], 0, needed)
    assert needed in text(page(client))


def test_without_a_store_the_page_says_what_to_do(client: Client, settings: Any, tmp_path: Path):
    settings.LIQSITE_LAKE = tmp_path / "none"
    assert "Nothing has been stored yet. Start the worker" in page(client)
    assert client.get("/scorecard").status_code == 503


def test_the_newest_scorecard_of_each_horizon_is_told_whole(
    client: Client, lake: Writer, card: Scorecard
):
    told = encoded(card).decode()
    store_score(lake.lake, "{}", scored_at=HOUR - timedelta(days=1), verdict="fail")
    store_score(lake.lake, told)
    store_score(lake.lake, told, horizon_hours=4, verdict="not judged")
    store_score(lake.lake, told, exchange="bybit", symbol="ETHUSDT")
    both = client.get("/scorecard", {"symbol": "BTCUSDT"}).json()
    assert [(s["horizon_hours"], s["verdict"]) for s in both["scorecards"]] == [
        (1, "pass"), (4, "not judged"),
    ]  # fmt: skip
    assert both["scorecards"][0]["card"] == json.loads(told)
    assert client.get("/scorecard", {"exchanges": "bybit"}).json()["count"] == 1
    assert client.get("/scorecard", {"horizon_hours": "4"}).json()["count"] == 1
    assert client.get("/scorecard").json()["count"] == 3
    assert client.get("/scorecard", {"horizon_hours": "0"}).status_code == 400


def test_no_hit_rate_stands_without_freshness_and_area(
    client: Client, lake: Writer, card: Scorecard
):
    store_score(lake.lake, encoded(card).decode())
    read = text(page(client))
    ours = next(m for m in card.models if m.name == "ours")
    beside = next(c for c in ours.comparisons if c.baseline == "freshness").baseline_hit_rate
    sentence = (
        f"At {ours.path_share.value:.2f} of the path, ours hit {ours.hit_rate.value:.2f} "
        f"({ours.hit_rate.low:.2f} to {ours.hit_rate.high:.2f}); freshness hits "
        f"{beside.value:.2f} at the same area."
    )
    assert sentence in read
    assert "Passes: where price went" in read
    numbers = page(client).split("data-numbers")[1].split("</table>")[0]
    names = re.findall(r'<th scope="row">([^<]*)<', numbers)
    assert names[:2] == ["ours", "N5 freshness"]
    assert len(names) == len(card.models)
    assert "nan" not in read.lower().split()


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("tie", "a tie with freshness, which only knows when price was last there"),
        ("worse", "That is worse than freshness"),
        ("unknown", "too few days for an interval"),
    ],
)
def test_a_tie_is_said_in_plain_words(
    client: Client, lake: Writer, card: Scorecard, word: str, said: str
):
    changed = json.loads(encoded(card))
    for model in changed["models"]:
        model["freshness"] = word
    store_score(lake.lake, json.dumps(changed))
    assert said in text(page(client))


def test_the_reliability_plot_is_a_table_too(client: Client, lake: Writer, card: Scorecard):
    store_score(lake.lake, encoded(card).decode())
    html = page(client)
    ours = next(m for m in card.models if m.name == "ours")
    for decile in ours.reliability:
        assert f"<td>{decile.realised:.3f}</td>" in html
    embedded = json.loads(html.split('type="application/json">')[1].split("</script>")[0])
    [model] = embedded["models"]
    assert [d["bins"] for d in model["deciles"]] == [d.bins for d in ours.reliability]


def test_a_card_is_chosen_by_its_address_and_unreadable_ones_are_left_out(
    client: Client, lake: Writer, card: Scorecard
):
    other = msgspec.structs.replace(card, symbol="ETHUSDT", events_swept=5)
    store_score(lake.lake, encoded(card).decode())
    store_score(lake.lake, encoded(other).decode(), symbol="ETHUSDT", verdict="not enough data")
    store_score(lake.lake, '{"of": "another version"}', symbol="OLDUSDT")
    assert '<h2 id="verdict-title">binance BTCUSDT' in page(client)
    eth = page(client, card="binance-ETHUSDT-1")
    assert '<h2 id="verdict-title">binance ETHUSDT' in eth
    assert "a verdict needs 200 events on 5 days" in text(eth)
    assert "OLDUSDT" not in eth
    assert '<h2 id="verdict-title">binance BTCUSDT' in page(client, card="<script>")


def test_the_page_is_in_the_navigation_and_runs_nothing_inline(client: Client, lake: Writer):
    html = page(client)
    assert '<a href="/scorecard/" aria-current="page">Scorecard</a>' in html
    assert '<a href="/scorecard">GET /scorecard</a>' in html
    assert not re.findall(r"<script(?![^>]*(?:src=|application/json))", html)
    assert '<a href="/scorecard/">Scorecard</a>' in client.get("/").content.decode()
