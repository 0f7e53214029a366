"""The page `/status/`: a row a venue, with the numbers of the API, right without JavaScript."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from exchanges.adapters import adapters
from exchanges.models import RejectedFrame, WorkerLease
from exchanges.store import Writer
from heatmap.answers.coverage_bar import pieces
from heatmap.answers.status import Pace, paces, recent_lags
from heatmap.coverage import Interval
from heatmap.templatetags import feeds, figures
from tests.heatmap.api.rows import a_gap, ago, watch
from tests.heatmap.test_pages import now_ish, plain_static, set_state, text, worker
from tests.make import NOON

__all__ = ["plain_static", "worker"]
pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def feed(response: Any, exchange: str) -> str:
    """Return the HTML of one venue's row."""
    found = re.search(
        rf'<article class="feed panel" id="{exchange}".*?</article>',
        response.content.decode(),
        re.S,
    )
    assert found
    return found[0]


def shown(html: str, name: str) -> str:
    """Return what stands in the element that is marked with this name."""
    found = re.search(rf"<\w+[^>]* data-{name}[ >].*?</", html, re.S)
    assert found, name
    return re.sub(r"[ \n]+", " ", re.sub(r"<[^>]*>?", "", found[0])).strip().removesuffix("</")


def test_each_venue_has_a_row_with_its_own_rule(client: Client, worker: WorkerLease) -> None:
    page = client.get("/status/")
    assert page.status_code == 200
    for name, adapter in adapters().items():
        row = feed(page, name)
        assert adapter.docs_url in row.replace("&amp;", "&")
        assert adapter.completeness in row
    assert adapters()["binance"].completeness_rule[:20] in text(page)


def test_health_is_that_of_the_api(client: Client, lake: Writer) -> None:
    watch("okx", hours=30)
    set_state("okx", "silent", "no liquidation for 48 s")
    a_gap("okx", ago(hours=3), ago(hours=2), reason="failed: no route")
    a_gap("okx", ago(hours=30), ago(hours=29))
    told = client.get("/exchanges/health").json()["exchanges"]["okx"]
    ledger = client.get("/exchanges/okx/gaps?timeframe=24h").json()
    row = feed(client.get("/status/"), "okx")
    assert 'data-state="silent"' in row
    assert "no liquidation for 48 s" in row
    assert shown(row, "reconnects") == str(told["reconnects"]) == "1"
    assert shown(row, "covered") == figures.percent(ledger["coverage"]["okx"]["covered_percent"])
    assert "1 gap in 24" in row
    assert "failed: no route" in row
    assert 'class="gap"' in row
    assert "% covered; gap " in row


def test_pace_and_lag_come_from_the_store(client: Client, lake: Writer) -> None:
    watch("bybit", days=8)
    lake.append(
        [
            now_ish(
                event_id=f"bybit:{hour}:{number}",
                exchange="bybit",
                exchange_time=(at := ago(hours=hour, minutes=10)),
                received_time=at + timedelta(milliseconds=85),
            )
            for hour, many in ((0, 3), (1, 7), (2, 7))
            for number in range(many)
        ]
    )
    row = feed(client.get("/status/"), "bybit")
    assert shown(row, "events") == "3"
    assert "usual 0" in row
    assert shown(row, "lag") == "85\xa0ms / 85\xa0ms"
    assert paces(datetime.now(UTC))["bybit"] == Pace(3, 0, 167)


def test_what_a_repair_fetched_says_nothing_of_the_lag(client: Client, lake: Writer) -> None:
    watch("bybit", hours=8)
    a_gap("bybit", ago(minutes=30), ago(minutes=20), repaired_at=ago(minutes=10))
    lags = {35: 1.0, 25: 900.0, 10: 3.0}
    lake.append(
        [
            now_ish(
                event_id=f"bybit:{minutes}",
                exchange="bybit",
                exchange_time=(at := ago(minutes=minutes)),
                received_time=at + timedelta(seconds=lag),
            )
            for minutes, lag in lags.items()
        ]
    )
    told = recent_lags(datetime.now(UTC))["bybit"]
    assert told[:2] == (2, 2.0)
    assert told[2] == pytest.approx(2.98)


def test_hours_before_the_watch_tell_nothing_of_the_usual_pace(lake: Writer) -> None:
    watch("bybit", hours=3, minutes=5)
    lake.append(
        [
            now_ish(event_id=f"bybit:{hour}", exchange="bybit", exchange_time=ago(hours=hour))
            for hour in (1.5, 2.5, 5, 6)
        ]
    )
    assert paces(datetime.now(UTC))["bybit"] == Pace(0, 1, 2)
    assert paces(datetime.now(UTC))["okx"] == Pace(0, None, 0)


def test_rejected_frames_are_counted_with_a_way_to_them(client: Client, lake: Writer) -> None:
    for number, hours in enumerate((1, 2, 50)):
        RejectedFrame.objects.create(
            id=f"{number}", exchange="gate", received_time=ago(hours=hours), reason="x", frame="{}"
        )
    row = feed(client.get("/status/"), "gate")
    assert 'href="/admin/exchanges/rejectedframe/?exchange=gate"' in row
    assert shown(row, "rejected").startswith("2")
    assert "of 3 kept" in row


def test_a_store_that_cannot_be_read_is_said_and_the_rest_shown(client: Client) -> None:
    set_state("binance", "live")
    response = client.get("/status/")
    assert response.status_code == 200
    assert "Start the worker: `make run`. Paces and lags are not known." in text(response)
    assert "never watched" in feed(response, "binance")


def test_an_empty_store_knows_no_pace(client: Client, lake: Writer, worker: WorkerLease) -> None:
    row = feed(client.get("/status/"), "binance")
    assert "usual unknown" in row
    assert "nothing to measure" in row


def test_a_stopped_worker_is_said_with_its_time(client: Client) -> None:
    then = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
    WorkerLease.objects.create(holder="here", started_at=then, renewed_at=then)
    set_state("binance", "live")
    response = client.get("/status/")
    assert "The collector stopped " in text(response)
    assert 'data-state="unknown"' in feed(response, "binance")


def test_words_of_venues_are_escaped(client: Client, worker: WorkerLease) -> None:
    hostile = "</script><img src=x onerror=alert(1)>"
    watch("okx", hours=30)
    set_state("okx", "failed", hostile)
    a_gap("okx", ago(hours=3), ago(hours=2), reason=hostile, repaired_at=ago(hours=1))
    html = client.get("/status/").content.decode()
    assert "<img src=x" not in html
    assert html.count("&lt;img src=x onerror=alert(1)&gt;") == 2


def test_an_unknown_parameter_is_said(client: Client) -> None:
    response = client.get("/status/?symbol=BTCUSDT")
    assert response.status_code == 400
    assert "symbol: Unknown parameter." in text(response)


def test_no_script_of_its_own_stands_in_the_page(client: Client) -> None:
    for tag in re.findall(r"<script[^>]*>", client.get("/status/").content.decode()):
        assert 'src="/static/' in tag or 'type="application/json"' in tag


def test_a_short_gap_shows_in_the_bar_and_the_worst_stands_over_the_rest() -> None:
    start, end = NOON - DAY, NOON
    second = timedelta(seconds=1)
    bar = pieces(
        [
            Interval(start, start + timedelta(hours=6), "not watched yet"),
            Interval(NOON - timedelta(hours=3), NOON - timedelta(hours=2), "x", "history"),
            Interval(NOON - timedelta(hours=3), NOON - timedelta(hours=3) + second, "x"),
        ],
        start,
        end,
    )
    assert [(piece.kind, piece.width) for piece in bar] == [
        ("unwatched", 25.0),
        ("gap", round(100 / 288, 3)),
        ("repaired", round(1100 / 288, 3)),
    ]


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (0.0854, "85 ms"), (0.9996, "1.0 s"), (-1.25, "-1.2 s"), (48.2, "48 s"),
        (59.7, "1.0 min"), (720, "12 min"), (3599.8, "1.0 h"), (200_000, "2.3 d"),
    ],
)  # fmt: skip
def test_a_duration_has_two_or_three_digits(duration: float, words: str) -> None:
    assert feeds.seconds(duration).replace("\N{NO-BREAK SPACE}", " ") == words
