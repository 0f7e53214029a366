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
    }
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
        "uptime_percent": None,
        "last_error": "",
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


def test_is_a_readable_page_too(client: Client):
    page = client.get("/exchanges", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert b"Every venue that liqsite gathers from" in page.content
