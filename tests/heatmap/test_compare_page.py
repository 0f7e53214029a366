"""The page `/compare/` as the server renders it."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from exchanges.adapters import adapters
from exchanges.models import WorkerLease
from exchanges.store import Writer
from heatmap.templatetags import figures
from tests.heatmap.test_pages import embedded, now_ish, plain_static, set_state, text, worker

__all__ = ["plain_static", "worker"]
pytestmark = pytest.mark.django_db


def test_table_tells_the_totals_of_the_api(
    client: Client, worker: WorkerLease, lake: Writer
) -> None:
    lake.append(
        [
            now_ish(event_id="binance:1", value_usd=3_000.0),
            now_ish(event_id="bybit:2", value_usd=1_000.0, side="short", exchange="bybit"),
            now_ish(event_id="bybit:3", value_usd=None, exchange="bybit"),
        ]
    )
    page = text(client.get("/compare/?exchanges=binance,bybit"))
    query = "format=columns&exchanges=binance,bybit"
    answer = client.get(f"/liquidations/heatmap-timeseries?{query}").json()
    for name, part in answer["per_exchange"].items():
        least = "≥ " if part["is_lower_bound"] else ""
        covered = figures.percent(answer["coverage"][name]["covered_percent"])
        shown = (
            f"{adapters()[name].display_name} off {least}{figures.usd(part['long'])}"
            f" {least}{figures.usd(part['short'])}"
            f" {least}{figures.usd(part['long'] + part['short'])}"
            f" {figures.share(part['long'] + part['short'], answer['totals'])}"
            f" {least}{part['count']} {part['unknown_value_count']} {covered}"
            f" {answer['completeness'][name]}"
        )
        assert shown in page
    assert answer["totals"]["count"] == 3
    assert answer["per_exchange"]["binance"]["is_lower_bound"]


def test_page_embeds_the_filtered_answer_of_the_api(
    client: Client, worker: WorkerLease, lake: Writer
) -> None:
    lake.append([now_ish(event_id="binance:1"), now_ish(event_id="binance:2", value_usd=10.0)])
    filters = "min_value=1000&side=long&timeframe=1h"
    data = embedded(client.get(f"/compare/?{filters}"))
    answer = client.get(f"/liquidations/heatmap-timeseries?format=columns&{filters}").json()
    assert data["grid"]["cells"] == answer["cells"]
    assert data["grid"]["totals"]["count"] == 1
    assert data["latest"] == ["binance:1"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("side=up", "side: One of long, short."),
        ("bins=9", "bins: Unknown parameter"),
        ("exchanges=x", "Unknown exchanges"),
    ],
)
def test_unknown_values_are_said(
    client: Client, worker: WorkerLease, query: str, words: str
) -> None:
    response = client.get(f"/compare/?{query}")
    assert response.status_code == 400
    assert words in text(response)


def test_empty_store_and_empty_selection_are_said(client: Client, worker: WorkerLease) -> None:
    assert "Nothing has been stored yet." in text(client.get("/compare/"))
    assert "No exchange selected." in text(client.get("/compare/?exchanges="))


def test_hostile_words_of_a_venue_stay_words(client: Client, worker: WorkerLease) -> None:
    hostile = "</script><img src=x onerror=alert(1)>"
    set_state("binance", "failed", hostile)
    html = client.get("/compare/").content.decode()
    assert "<img src=x" not in html
    assert re.search(r"&lt;img src=x onerror=alert\(1\)&gt;", html)
