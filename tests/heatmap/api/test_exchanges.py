"""GET /exchanges and GET /exchanges/health."""

from __future__ import annotations

from datetime import UTC, datetime
from unittest.mock import ANY

import pytest
from django.test import Client

from exchanges.adapters import adapters
from exchanges.models import ExchangeHealth, WorkerLease
from exchanges.recorder import record_health
from tests.exchanges.test_recorder import health
from tests.heatmap.api.rows import a_gap, ago, watch

pytestmark = pytest.mark.django_db


@pytest.fixture
def running_worker() -> None:
    now = datetime.now(UTC)
    WorkerLease.objects.create(holder="a:1", started_at=now, renewed_at=now)
    record_health([health(since=now)], now)


def test_lists_every_venue_with_what_its_feed_shows(client: Client, running_worker: None):
    answer = client.get("/exchanges").json()
    rows = {row["name"]: row for row in answer["exchanges"]}
    assert answer["count"] == len(rows) == len(adapters())
    assert answer["active_count"] == 1
    assert rows["binance"] == {
        "name": "binance",
        "display_name": "Binance",
        "status": "unavailable",
        "features": {"real_time": True, "historical": False, "websocket": True},
        "color": "#F0B90B",
        "completeness": "sampled",
        "completeness_rule": ANY,
        "docs_url": ANY,
        "facts": ANY,
        "market": ANY,
    }
    assert rows["binance"]["market"]["candles"].startswith("klines: 499 a request")
    assert rows["deribit"]["market"]["mark_candles"] is None
    assert set(rows["aster"]["market"].values()) == {None}
    facts = rows["bybit"]["facts"]
    assert facts["side_rule"].startswith("S is the position side")
    assert (facts["price_kind"], facts["history_source"]) == ("bankruptcy", "")
    assert rows["bybit"]["status"] == "active"


def test_health_has_the_documented_shape(client: Client, running_worker: None):
    answer = client.get("/exchanges/health").json()
    assert set(answer) == {"timestamp", "exchanges", "worker", "cache_ttl_seconds"}
    assert answer["cache_ttl_seconds"] == 10
    assert answer["timestamp"].endswith("Z")
    assert answer["exchanges"]["bybit"] == {
        "exchange": "bybit",
        "state": "live",
        "since": ANY,
        "reason": "",
        "is_connected": True,
        "last_heartbeat": "2026-11-22T12:00:00Z",
        "last_event_at": None,
        "message_count": 3,
        "error_count": 0,
        "unknown_value_count": 0,
        "refused_market_count": 0,
        "uptime_percent": None,
        "last_error": "",
        "completeness": "complete",
        "silence_seconds": None,
        "gap_seconds_24h": None,
        "reconnects": 0,
    }


def test_health_is_kept_for_ten_seconds_but_never_whether_the_worker_runs(
    client: Client, running_worker: None
):
    client.get("/exchanges/health")
    ExchangeHealth.objects.update(state="failed", is_connected=False)
    assert client.get("/exchanges/health").json()["exchanges"]["bybit"]["state"] == "live"
    WorkerLease.objects.update(ended_at=datetime.now(UTC))
    answer = client.get("/exchanges/health").json()
    assert not answer["worker"]["is_running"]
    assert answer["exchanges"]["bybit"]["state"] == "off"


def test_health_tells_what_keeps_the_worker_from_storing(client: Client, running_worker: None):
    assert client.get("/exchanges/health").json()["worker"]["message"] == ""
    WorkerLease.objects.update(trouble="The store is away.")
    told = client.get("/exchanges/health").json()["worker"]
    assert (told["is_running"], told["message"]) == (True, "The store is away.")


def test_is_a_readable_page_too(client: Client):
    page = client.get("/exchanges", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert b"Every venue that liqsite gathers from" in page.content


def test_health_tells_what_the_last_day_missed(client: Client):
    watch("bybit", hours=48)
    a_gap("bybit", ago(hours=30), ago(hours=23))
    a_gap("bybit", ago(hours=5), ago(hours=4))
    a_gap("bybit", ago(hours=2), ago(hours=1), repaired_at=ago(hours=1), repaired_by="REST")
    record_health([health(last_event_at=ago(seconds=90))], datetime.now(UTC))
    told = client.get("/exchanges/health").json()["exchanges"]["bybit"]
    assert told["gap_seconds_24h"] == pytest.approx(2 * 3600, abs=5)
    assert told["reconnects"] == 2
    assert told["silence_seconds"] == pytest.approx(90, abs=5)


def test_one_venue_tells_its_facts_their_source_and_how_it_is_doing(
    client: Client, running_worker: None
):
    told = client.get("/exchanges/bybit").json()
    assert told["docs_url"] == adapters()["bybit"].docs_url
    assert told["facts"]["side_rule"] == adapters()["bybit"].side_rule
    assert told["adapter_version"] == adapters()["bybit"].version
    assert told["health"]["state"] == "live"


@pytest.mark.parametrize("path", ["/exchanges/ftx", "/exchanges/ftx/gaps"])
def test_a_venue_that_is_none_is_named_with_those_that_are(client: Client, path: str):
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "unknown_exchange"
    assert "bybit" in answer.json()["detail"]


def test_the_ledger_lists_gaps_newest_first_also_repaired_and_open_ones(client: Client):
    watch("bybit", days=3)
    a_gap("bybit", ago(hours=50), ago(hours=49))
    repair = {"repaired_at": ago(hours=1), "repaired_by": "REST", "repaired_rows": 7}
    a_gap("bybit", ago(hours=5), ago(hours=4), **repair)
    a_gap("bybit", ago(minutes=30), None, reason="failed: refused")
    a_gap("okx", ago(minutes=30), None)
    told = client.get("/exchanges/bybit/gaps").json()
    still, repaired = told["gaps"]
    assert (still["reason"], still["ended_at"]) == ("failed: refused", None)
    assert still["seconds"] == pytest.approx(1800, abs=5)
    assert (repaired["repaired_by"], repaired["repaired_rows"]) == ("REST", 7)
    assert repaired["seconds"] == pytest.approx(3600, abs=1)
    assert told["count"] == 2
    assert told["coverage"]["bybit"]["covered_percent"] == pytest.approx(97.92, abs=0.1)
    week = client.get("/exchanges/bybit/gaps?timeframe=7d&limit=1").json()
    assert (len(week["gaps"]), week["count"]) == (1, 3)
