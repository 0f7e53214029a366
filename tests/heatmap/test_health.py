"""A venue's state is only as good as the worker that wrote it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from exchanges.adapters import adapters
from exchanges.models import WorkerLease
from exchanges.recorder import record_health
from heatmap.health import snapshot
from tests.exchanges.test_recorder import health
from tests.make import NOON

pytestmark = pytest.mark.django_db


def a_worker(**told: object) -> WorkerLease:
    times = {"started_at": NOON - timedelta(hours=1), "renewed_at": NOON}
    return WorkerLease.objects.create(holder="a:1", **(times | told))


def test_before_any_worker_every_venue_is_off():
    told = snapshot(NOON)
    assert set(told["exchanges"]) == set(adapters())
    assert told["worker"] == {
        "is_running": False,
        "since": None,
        "message": "no worker has run yet",
    }
    assert {row["state"] for row in told["exchanges"].values()} == {"off"}


def test_with_a_running_worker_its_rows_are_told():
    a_worker()
    record_health([health()], NOON)
    told = snapshot(NOON + timedelta(seconds=4))
    assert told["worker"]["is_running"]
    assert told["exchanges"]["bybit"]["state"] == "live"
    assert told["exchanges"]["binance"]["reason"] == "not switched on"


def test_the_trouble_of_a_running_worker_is_told():
    a_worker(trouble="The disk is full.")
    told = snapshot(NOON)["worker"]
    assert (told["is_running"], told["message"]) == (True, "The disk is full.")


def test_the_trouble_of_a_dead_worker_is_that_it_is_dead():
    a_worker(trouble="The disk is full.")
    assert "not running since" in snapshot(NOON + timedelta(seconds=6))["worker"]["message"]


def test_a_dead_worker_makes_every_venue_off_and_says_since_when():
    a_worker()
    record_health([health()], NOON)
    told = snapshot(NOON + timedelta(seconds=6))
    bybit = told["exchanges"]["bybit"]
    assert told["worker"]["message"] == "worker not running since 2026-11-22 12:00:00 UTC"
    assert (bybit["state"], bybit["is_connected"]) == ("off", False)
    assert bybit["reason"] == told["worker"]["message"]
    assert bybit["since"] == NOON


def test_a_running_worker_says_what_keeps_it_from_storing():
    a_worker(trouble="The journal cannot be written: No space left on device.")
    record_health([health()], NOON)
    told = snapshot(NOON)
    assert told["worker"] == {
        "is_running": True,
        "since": NOON - timedelta(hours=1),
        "message": "The journal cannot be written: No space left on device.",
    }
    assert told["exchanges"]["bybit"]["state"] == "live"


def test_a_worker_that_stopped_in_order_is_not_running_at_once():
    a_worker(ended_at=NOON)
    assert not snapshot(NOON)["worker"]["is_running"]
