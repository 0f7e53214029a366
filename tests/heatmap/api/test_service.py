"""Whether the service lives, can answer and how it does; how many requests it answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings

from exchanges import store
from exchanges.models import ExchangeHealth, Gap, Watch, WorkerLease
from exchanges.store import Limits, Writer, limit_queries
from exchanges.store.limits import limits
from heatmap.api import service
from tests.make import some_liquidations

pytestmark = pytest.mark.django_db


def ago(**span: float) -> datetime:
    return datetime.now(UTC) - timedelta(**span)


def a_worker(**told: Any) -> WorkerLease:
    return WorkerLease.objects.create(
        **{"holder": "here:1", "started_at": ago(hours=1), "renewed_at": ago(), **told}
    )


def figures(client: Client) -> dict[tuple[str, str, str], float]:
    """Return the figures by (name, exchange, state)."""
    text = client.get("/metrics").content.decode()
    return {
        (sample.name, sample.labels.get("exchange", ""), sample.labels.get("state", "")): (
            sample.value
        )
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_health_is_ok_while_a_worker_stores(client: Client, lake: Writer):
    a_worker()
    answer = client.get("/health")
    told = answer.json()
    assert (answer.status_code, told["status"], told["service"]) == (200, "ok", "liqsite")
    assert set(told["components"]) == {"store", "database", "worker"}
    assert told["version"] and told["timestamp"].endswith("Z")


def test_health_is_degraded_without_a_worker_and_says_since_when(client: Client, lake: Writer):
    a_worker(renewed_at=ago(minutes=5))
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert "not running since" in answer.json()["components"]["worker"]["detail"]


def test_health_is_degraded_while_the_worker_cannot_store_and_says_why(
    client: Client, lake: Writer
):
    a_worker(trouble="The journal is full.")
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    worker = answer.json()["components"]["worker"]
    assert worker == {"status": "degraded", "detail": "The journal is full."}
    assert client.get("/readyz").status_code == 200


def test_text_is_answered_whatever_is_accepted(client: Client, lake: Writer):
    for path in ("/healthz", "/metrics"):
        answer = client.get(path, headers={"accept": "application/openmetrics-text"})
        assert (answer.status_code, answer["Content-Type"].split(";")[0]) == (200, "text/plain")
        assert client.head(path).content == b""


def test_without_a_store_the_service_lives_but_is_not_ready(
    client: Client, settings: Settings, tmp_path: Path
):
    settings.LIQSITE_LAKE = tmp_path / "none"
    assert client.get("/healthz").content == b"ok\n"
    ready, health = client.get("/readyz"), client.get("/health")
    assert (ready.status_code, health.status_code) == (503, 503)
    assert ready.json()["ready"] is False and health.json()["status"] == "unhealthy"
    assert "Start the worker" in ready.json()["components"]["store"]["detail"]
    assert figures(client)["liqsite_store_up", "", ""] == 0


def test_without_a_database_the_service_is_not_ready(
    client: Client, lake: Writer, monkeypatch: pytest.MonkeyPatch
):
    assert client.get("/readyz").status_code == 200

    def broken(now: datetime) -> None:
        raise OperationalError("disk I/O error")

    monkeypatch.setattr(service, "worker_state", broken)
    told = client.get("/readyz")
    assert told.status_code == 503
    assert told.json()["components"]["database"]["detail"] == "disk I/O error"


def test_metrics_tell_venues_gaps_store_and_requests(client: Client, lake: Writer):
    a_worker()
    Watch.objects.create(exchange="binance", started_at=ago(days=9))
    Gap.objects.create(
        exchange="binance", started_at=ago(hours=3), ended_at=ago(hours=2), reason="x"
    )
    ExchangeHealth.objects.create(
        exchange="binance",
        state="live",
        since=ago(hours=2),
        is_connected=True,
        last_event_at=ago(seconds=40),
        message_count=7,
        error_count=2,
        refused_market_count=5,
    )
    lake.append(some_liquidations(600))
    client.get("/exchanges")
    told = figures(client)
    assert told["liqsite_exchange_state", "binance", "live"] == 1
    assert told["liqsite_exchange_state", "binance", "failed"] == 0
    assert told["liqsite_exchange_connected", "binance", ""] == 1
    assert told["liqsite_exchange_messages_60s", "binance", ""] == 7
    assert told["liqsite_exchange_errors_60s", "binance", ""] == 2
    assert told["liqsite_exchange_refused_market_rows", "binance", ""] == 5
    assert told["liqsite_exchange_last_event_age_seconds", "binance", ""] == pytest.approx(
        40, abs=5
    )
    assert told["liqsite_exchange_gap_seconds_24h", "binance", ""] == pytest.approx(3600, abs=10)
    assert told["liqsite_exchange_connected", "okx", ""] == 0
    assert told["liqsite_worker_running", "", ""] == told["liqsite_store_up", "", ""] == 1
    assert told["liqsite_store_rows", "", ""] == 600
    assert told["liqsite_store_bytes", "", ""] > 0
    assert told["liqsite_http_request_seconds_count", "", ""] >= 1


def test_metrics_count_requests_by_route_not_by_what_was_asked(client: Client, lake: Writer):
    client.get("/exchanges", {"nonsense": "1"})
    client.get("/no/such/page")
    text = client.get("/metrics").content.decode()
    assert 'route="exchanges",status=' in text
    assert 'route="none",status="404"' in text
    assert "such" not in text


def test_an_address_that_asks_too_much_is_told_when_to_come_back(
    client: Client, lake: Writer, settings: Settings
):
    settings.LIQSITE_RATE_LIMIT_RPM = 3
    codes = [client.get("/exchanges").status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    refused = client.get("/exchanges/health")
    told = refused.json()
    assert (refused.status_code, told["code"]) == (429, "rate_limited")
    assert told["detail"] and 0 < told["retry_after"] <= 60
    assert refused["Retry-After"] == str(told["retry_after"])
    assert client.get("/exchanges", REMOTE_ADDR="10.0.0.9").status_code == 200
    for path in ("/health", "/healthz", "/readyz", "/metrics"):
        assert client.get(path).status_code == 200, path


def test_a_forged_address_is_not_believed(client: Client, lake: Writer, settings: Settings):
    settings.LIQSITE_RATE_LIMIT_RPM = 1
    codes = [
        client.get("/exchanges", headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code
        for n in range(2)
    ]
    assert codes == [200, 429]


def test_behind_a_proxy_the_address_it_names_counts(
    client: Client, lake: Writer, settings: Settings
):
    settings.LIQSITE_RATE_LIMIT_RPM = 1
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}

    def ask(address: str) -> int:
        return client.get("/exchanges", headers={"X-Forwarded-For": address}).status_code

    assert [ask("10.0.0.1"), ask("10.0.0.2")] == [200, 200]
    assert ask("6.6.6.6, 10.0.0.2") == 429


def test_a_query_that_takes_too_long_is_said(
    client: Client, lake: Writer, monkeypatch: pytest.MonkeyPatch
):
    ask, before = store.query, limits()

    def endless(folder: Path, *_: Any) -> list[tuple[Any, ...]]:
        return ask(
            folder, "SELECT sum(a.range * b.range) FROM range(10000000) a, range(9999999) b", {}
        )

    monkeypatch.setattr(store, "query", endless)
    limit_queries(Limits(seconds=0.05))
    try:
        answer = client.get("/liquidations", {"symbol": "BTCUSDT"})
    finally:
        limit_queries(before)
    assert (answer.status_code, answer.json()["code"]) == (503, "query_too_long")
    assert "Ask for less" in answer.json()["detail"]
