"""Health in the admin: to look at, never to change."""

from __future__ import annotations

import csv
import time
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client

from exchanges.events import Rejected
from exchanges.models import Gap, HealthSample, RejectedFrame, WorkerLease
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
    "model", ["exchangehealth", "gap", "healthsample", "rejectedframe", "workerlease"]
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


def exported(operator: Client, model: str, query: str = "") -> list[dict[str, str]]:
    body = {"action": "export_csv", "select_across": "1", "_selected_action": ["0"]}
    answer = operator.post(f"/admin/exchanges/{model}/{query}", body)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(answer.content.decode().splitlines()))


def test_an_export_holds_every_column_and_times_in_utc(operator: Client):
    Gap.objects.create(exchange="okx", started_at=NOON, reason="closed, 1006")
    [row] = exported(operator, "gap")
    assert (row["exchange"], row["reason"], row["ended_at"]) == ("okx", "closed, 1006", "")
    assert row["started_at"] == f"{NOON:%Y-%m-%dT%H:%M:%S}Z"
    assert list(row) == [field.attname for field in Gap._meta.concrete_fields]


@pytest.mark.parametrize("reason", ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1"])
def test_what_a_venue_wrote_is_no_formula_in_a_spreadsheet(operator: Client, reason: str):
    Gap.objects.create(exchange="okx", started_at=NOON, reason=reason)
    [row] = exported(operator, "gap")
    assert row["reason"] == f"'{reason}"


def test_an_export_is_of_the_filtered_rows(operator: Client):
    for exchange in ("okx", "gate"):
        Gap.objects.create(exchange=exchange, started_at=NOON, reason="closed")
    rows = exported(operator, "gap", query="?exchange=gate")
    assert [row["exchange"] for row in rows] == ["gate"]


def test_who_may_only_view_may_export_and_nothing_else(client: Client):
    Gap.objects.create(exchange="okx", started_at=NOON, reason="closed")
    viewer = User.objects.create_user("viewer", password="x", is_staff=True)
    client.force_login(viewer)
    assert client.get("/admin/exchanges/gap/").status_code == 403
    viewer.user_permissions.add(Permission.objects.get(codename="view_gap"))
    assert len(exported(client, "gap")) == 1


def test_days_can_be_drilled_into(operator: Client):
    for day in range(3):
        HealthSample.objects.create(
            taken_at=NOON - timedelta(days=day), exchange="okx", state="live",
            is_connected=True, message_count=0, error_count=0,
        )  # fmt: skip
    at = NOON - timedelta(days=1)
    query = f"?taken_at__year={at.year}&taken_at__month={at.month}&taken_at__day={at.day}"
    page = operator.get(f"/admin/exchanges/healthsample/{query}").content.decode()
    assert page.count('class="field-colored_state"') == 1


@pytest.mark.parametrize("model", ["exchangehealth", "healthsample", "gap", "rejectedframe"])
def test_every_list_has_filters_and_days(operator: Client, model: str):
    Gap.objects.create(exchange="okx", started_at=NOON, reason="closed")
    keep_rejected([Rejected("bybit", NOON, "no price", "{}")])
    page = operator.get(f"/admin/exchanges/{model}/").content.decode()
    assert 'id="changelist-filter"' in page
    assert "Export as CSV" in page
    assert '<nav class="toplinks">' in page


A_WEEK_OF_SAMPLES = """
INSERT INTO exchanges_healthsample
    (taken_at, exchange, state, is_connected, message_count, error_count)
WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < 99999)
SELECT datetime('2026-11-22', '-' || (6 * i) || ' seconds'), 'venue' || i % 13, 'live', 1, 1, 0
FROM numbers
"""


def test_lists_of_a_hundred_thousand_rows_open_at_once(operator: Client):
    with connection.cursor() as cursor:
        cursor.execute(A_WEEK_OF_SAMPLES)
    start = time.perf_counter()
    page = operator.get("/admin/exchanges/healthsample/").content.decode()
    assert page.count('class="field-colored_state"') == 50
    # A few tenths of a second, more on a busy machine; a minute if all rows were shown.
    assert time.perf_counter() - start < 5
