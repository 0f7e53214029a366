"""What the worker writes about itself."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import timedelta

import msgspec
import pytest

from exchanges.errors import LeaseLost, WorkerRunning
from exchanges.events import ExchangeHealth
from exchanges.models import ExchangeHealth as StoredHealth
from exchanges.models import HealthSample, WorkerLease
from exchanges.recorder import Lease, record_health, record_samples, uptime_percents
from tests.make import NOON, SteppingClock

pytestmark = pytest.mark.django_db


def health(exchange: str = "bybit", **told: object) -> ExchangeHealth:
    row = ExchangeHealth(
        exchange=exchange,
        state="live",
        since=NOON,
        reason="",
        is_connected=True,
        last_heartbeat=NOON,
        last_event_at=None,
        message_count=3,
        error_count=0,
        unknown_value_count=0,
        refused_market_count=0,
        uptime_percent=None,
        last_error="",
    )
    return msgspec.structs.replace(row, **told)


def test_the_model_has_the_fields_of_the_event():
    stored = {field.name for field in StoredHealth._meta.get_fields()}
    assert stored - {"updated_at"} == set(ExchangeHealth.__struct_fields__)


def test_health_is_one_row_a_venue():
    record_health([health(), health("binance")], NOON)
    record_health([health(state="failed", is_connected=False, reason="HTTP 500")], NOON)
    rows = dict(StoredHealth.objects.values_list("exchange", "state"))
    assert rows == {"bybit": "failed", "binance": "live"}
    assert StoredHealth.objects.get(exchange="bybit").reason == "HTTP 500"


def test_uptime_is_the_connected_share_of_the_last_day():
    for hours, is_connected in ((30, False), (3, True), (2, True), (1, False), (0, True)):
        record_samples([health(is_connected=is_connected)], NOON - timedelta(hours=hours))
    assert uptime_percents(NOON) == {"bybit": 75.0}


def test_uptime_is_unknown_before_the_first_sample():
    assert uptime_percents(NOON) == {}


def test_samples_are_kept_seven_days():
    record_samples([health()], NOON - timedelta(days=8))
    record_samples([health()], NOON - timedelta(days=6))
    record_samples([health()], NOON)
    assert HealthSample.objects.count() == 2


def a_lease(clock: SteppingClock, holder: str) -> Lease:
    lease = Lease(clock)
    lease.holder = holder
    return lease


def test_a_second_worker_is_refused_while_the_first_one_renews():
    clock = SteppingClock()
    first, second = a_lease(clock, "a:1"), a_lease(clock, "b:2")
    first.acquire()

    def sleep_while_the_other_works(seconds: float) -> None:
        clock.sleep(seconds)
        first.renew()

    with pytest.raises(WorkerRunning, match=r"a:1 .* Stop it first"):
        second.acquire(sleep_while_the_other_works)


def test_takes_over_from_a_worker_that_died():
    clock = SteppingClock()
    a_lease(clock, "a:1").acquire()
    a_lease(clock, "b:2").acquire(clock.sleep)
    assert WorkerLease.objects.get().holder == "b:2"
    assert timedelta(seconds=5) <= clock.now - NOON < timedelta(seconds=6)


def test_takes_over_at_once_from_a_worker_that_stopped_in_order():
    clock = SteppingClock()
    first = a_lease(clock, "a:1")
    first.acquire()
    first.release()
    a_lease(clock, "b:2").acquire()
    assert clock.now == NOON


def test_a_worker_that_was_frozen_while_another_took_over_is_told_so():
    clock = SteppingClock()
    frozen = a_lease(clock, "a:1")
    frozen.acquire()
    a_lease(clock, "b:2").acquire(clock.sleep)
    with pytest.raises(LeaseLost, match="Another worker has taken over"):
        frozen.renew()
    assert WorkerLease.objects.get().holder == "b:2"


def test_what_keeps_the_worker_from_storing_is_said_with_its_sign_of_life():
    lease = a_lease(SteppingClock(), "a:1")
    lease.acquire()
    lease.renew("The disk is full.")
    assert WorkerLease.objects.get().trouble == "The disk is full."
    lease.renew()
    assert WorkerLease.objects.get().trouble == ""


def test_takes_over_at_once_from_a_worker_of_this_host_that_was_killed():
    clock = SteppingClock()
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    a_lease(clock, f"{socket.gethostname()}:{ended.pid}").acquire()
    a_lease(clock, "b:2").acquire(clock.sleep)
    assert clock.now == NOON


def test_waits_for_a_worker_of_this_host_that_lives():
    clock = SteppingClock()
    a_lease(clock, f"{socket.gethostname()}:{os.getpid()}").acquire()
    a_lease(clock, "b:2").acquire(clock.sleep)
    assert clock.now - NOON >= timedelta(seconds=5)
