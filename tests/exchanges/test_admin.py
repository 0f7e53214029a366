"""Health in the admin: to look at, never to change."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from exchanges.events import Rejected
from exchanges.models import RejectedFrame, WorkerLease
from exchanges.quarantine import keep_rejected
from exchanges.recorder import record_health, record_samples
from tests.exchanges.test_recorder import health
from tests.make import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("operator", password="x"))
    record_health([health(), health("binance", state="failed", reason="<b>HTTP 500</b>")], NOON)
    record_samples([health()], NOON)
    WorkerLease.objects.create(holder="a:1", started_at=NOON, renewed_at=NOON)
    return client


def test_health_shows_the_state_in_words_and_colour(operator: Client):
    page = operator.get("/admin/exchanges/exchangehealth/").content.decode()
    assert '<b style="color:#1a9850">● live</b>' in page
    assert '<b style="color:#d73027">● failed</b>' in page
    assert "&lt;b&gt;HTTP 500" in page and "<b>HTTP 500" not in page


@pytest.mark.parametrize("query", ["?state=failed", "?q=500"])
def test_health_can_be_filtered_and_searched(operator: Client, query: str):
    page = operator.get(f"/admin/exchanges/exchangehealth/{query}").content.decode()
    assert "● failed" in page and "● live" not in page


@pytest.mark.parametrize(
    "model", ["exchangehealth", "healthsample", "rejectedframe", "workerlease"]
)
def test_nothing_can_be_added_changed_or_deleted(operator: Client, model: str):
    address = f"/admin/exchanges/{model}/"
    page = operator.get(address)
    assert page.status_code == 200
    assert b"Delete selected" not in page.content
    assert operator.get(f"{address}add/").status_code == 403
    assert operator.post(f"{address}add/", {}).status_code == 403


def test_a_rejected_frame_is_shown_whole_and_harmless_and_can_be_tried_again(operator: Client):
    keep_rejected([Rejected("bybit", NOON, "no price", '{"s": "<script>alert(1)</script>"}')])
    kept = RejectedFrame.objects.get()
    page = operator.get(f"/admin/exchanges/rejectedframe/{kept.pk}/change/").content.decode()
    assert "&lt;script&gt;alert(1)" in page and "<script>alert(1)" not in page
    answer = operator.post(
        "/admin/exchanges/rejectedframe/",
        {"action": "try_again", "_selected_action": [kept.pk]},
        follow=True,
    )
    assert "The worker will try 1 again" in answer.content.decode()
    kept.refresh_from_db()
    assert kept.retry_asked_at is not None
