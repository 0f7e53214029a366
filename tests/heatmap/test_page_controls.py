"""The controls of the pages as the server reads and renders them: the API's own parameters."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from exchanges.models import WorkerLease
from exchanges.store import Writer
from heatmap.bins import INTERVALS
from heatmap.templatetags import figures
from tests.heatmap.test_pages import embedded, now_ish, plain_static, set_state, text, worker

__all__ = ["plain_static", "worker"]
pytestmark = pytest.mark.django_db

SERIES = "/liquidations/heatmap-timeseries?format=columns"


def minutes_ago(minutes: float) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes)


@pytest.fixture
def rows(lake: Writer) -> None:
    lake.append(
        [
            now_ish(event_id="binance:1", value_usd=9000.0),
            now_ish(event_id="bybit:2", exchange="bybit", side="short", value_usd=500.0),
            now_ish(
                event_id="binance:3",
                exchange_time=minutes_ago(200),
                value_usd=70_000.0,
                price=79_000.0,
            ),
        ]
    )


@pytest.mark.parametrize(
    "query",
    [
        "side=short",
        "min_value=1000",
        "interval=5m&timeframe=4h",
        "price_bin_size=50",
        "timeframe=3d",
        "side=long&min_value=1000&interval=1h&price_bin_size=100&timeframe=12h",
    ],
)
def test_chart_is_the_one_of_the_api_with_the_same_parameters(
    client: Client, worker: WorkerLease, rows: None, query: str
) -> None:
    page = client.get(f"/?{query}")
    grid = embedded(page)["grid"]
    steps = {seconds: name for name, seconds in INTERVALS.items()}
    chosen = steps.get(grid["time"]["step_seconds"])
    asked = f"{query}&interval={chosen}" if chosen and "interval" not in query else query
    answer = client.get(f"{SERIES}&{asked}").json()
    assert page.status_code == 200
    for part in ("totals", "cells", "price"):
        assert grid[part] == answer[part]
    assert answer["totals"]["count"] > 0


def test_explicit_range_is_the_one_of_the_api(
    client: Client, worker: WorkerLease, rows: None
) -> None:
    start, end = (figures.iso(minutes_ago(minutes)) for minutes in (240, 60))
    page = client.get("/", {"start": start, "end": end})
    assert embedded(page)["grid"]["totals"]["count"] == 1
    assert embedded(page)["grid"]["totals"]["long"] == 70_000
    assert "timeframe" not in embedded(page)["query"]
    shown = figures.minute(datetime.fromisoformat(start))
    assert f'name="start" min="2000-01-01T00:00" max="2099-12-31T23:59" value="{shown}"' in (
        page.content.decode()
    )


def test_totals_up_to_now_do_not_depend_on_the_range(
    client: Client, worker: WorkerLease, rows: None
) -> None:
    start, end = (figures.iso(minutes_ago(minutes)) for minutes in (240, 60))
    shown = text(client.get("/", {"start": start, "end": end}))
    answer = client.get("/liquidations/summary?symbol=BTCUSDT").json()["windows"]
    for name, window in answer.items():
        total = figures.usd(window["totals"]["long"] + window["totals"]["short"])
        assert f"{figures.spaced(name)} ≥ {total} " in shown
    assert "Largest, 24&nbsp;h ≥ $70.0K Binance ▼ long 79\u202f000" in shown


def test_largest_of_complete_venues_is_exact(
    client: Client, worker: WorkerLease, rows: None
) -> None:
    assert "Largest, 24&nbsp;h $500 Bybit ▲ short" in text(client.get("/?exchanges=bybit"))


def test_controls_show_what_is_asked(client: Client, worker: WorkerLease, rows: None) -> None:
    query = "side=short&min_value=250.5&interval=15m&price_bin_size=20&timeframe=4h"
    html = client.get(f"/?{query}").content.decode()
    assert '<option value="short" selected>' in html
    assert '<option value="15m" selected>' in html
    assert re.search(r'name="min_value"[^>]*value="250.5"', html)
    assert re.search(r'name="price_bin_size"[^>]*value="20"', html)
    assert 'value="4h" checked' in html


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("interval=7m", "interval: One of 5m"),
        ("price_bin_size=0", "price_bin_size: "),
        ("price_bin_size=0.000001&symbol=BTCUSDT", "price_bin_size: "),
        ("timeframe=1y&interval=5m", "interval: 105,121 steps of 5m"),
        ("min_value=-1", "min_value: "),
        ("side=up", "side: One of long, short."),
        ("start=yesterday", "start: A time is ISO-8601"),
        ("start=2026-11-22T00:00Z&timeframe=1h", "Give a timeframe or a start, not both."),
        ("start=2026-11-22T10:00Z&end=2026-11-22T09:00Z", "The start must lie before the end."),
        ("start=2020-01-01&end=2026-01-01", "start: A"),
        ("start=x&end=2026-11-22T09:00Z&timeframe=9h&side=up&interval=q", "timeframe: A timeframe"),
    ],
)
def test_what_cannot_be_is_said_with_400_and_the_rest_is_shown(
    client: Client, worker: WorkerLease, rows: None, query: str, words: str
) -> None:
    response = client.get(f"/?{query}&exchanges=binance")
    assert response.status_code == 400
    assert "Not as asked." in text(response)
    assert words.split(":")[0] in text(response)
    assert embedded(response)["query"]["exchanges"] == ["binance"]


def test_blank_fields_of_the_plain_form_are_left_out(
    client: Client, worker: WorkerLease, rows: None
) -> None:
    blank = "side=&min_value=&interval=&price_bin_size=&start=&end=&timeframe="
    response = client.get(f"/?symbol=BTCUSDT&{blank}")
    assert response.status_code == 200
    assert embedded(response)["query"]["timeframe"] == "24h"


def test_export_links_hold_the_same_filters(
    client: Client, worker: WorkerLease, rows: None
) -> None:
    page = client.get("/?side=long&min_value=1000&timeframe=12h&interval=1h&price_bin_size=50")
    links = re.findall(r'data-export="(\w+)" href="([^"]+)"', page.content.decode())
    assert [form for form, _ in links] == ["csv", "parquet"]
    for _, address in links:
        told: dict[str, Any] = client.get(address.replace("&amp;", "&") + "&manifest=true").json()
        assert told["rows"] == embedded(page)["grid"]["totals"]["count"] == 2


def test_a_minimum_that_holds_all_back_is_said_with_the_largest(
    client: Client, worker: WorkerLease, rows: None
) -> None:
    set_state("binance", "live")
    words = "Live. No liquidation of BTCUSDT ≥ $1.00M in the last 1\xa0h. Largest was $9.00K."
    for page in ("/", "/compare/"):
        assert words in text(client.get(f"{page}?min_value=1e6&timeframe=1h"))
    assert "Largest was $9.00K." in text(client.get("/tape/?min_value=1e6&timeframe=1h"))


def test_page_without_a_minimum_says_no_largest(client: Client, worker: WorkerLease) -> None:
    assert "Largest was" not in text(client.get("/"))
