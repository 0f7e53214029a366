"""One program writes the store at a time, and a tool hides nothing of the worker before it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from exchanges.alone import alone
from exchanges.errors import WorkerRunning
from exchanges.models import LEASE_SECONDS, WorkerLease
from exchanges.recorder import Lease
from tests.make import NOON, SteppingClock

pytestmark = pytest.mark.django_db


def a_worker(clock: SteppingClock, holder: str = "host:1") -> Lease:
    lease = Lease(clock)
    lease.holder = holder
    return lease


def test_a_running_worker_is_named_and_not_disturbed():
    clock = SteppingClock()
    a_worker(clock).acquire()
    refusal = r"host:1 is writing .* Stop it before compacting\."
    with pytest.raises(WorkerRunning, match=refusal), alone("compacting", clock):
        pass
    assert WorkerLease.objects.get().holder == "host:1"


def test_no_worker_starts_meanwhile_and_one_does_afterwards():
    clock = SteppingClock()
    worker = a_worker(clock)
    with alone("compacting", clock) as renew:

        def sleep(seconds: float) -> None:
            clock.sleep(seconds)
            renew()

        with pytest.raises(WorkerRunning, match="compacting"):
            worker.acquire(sleep)
    worker.acquire(clock.sleep)
    assert [lease.holder for lease in WorkerLease.objects.all()] == ["host:1"]


def test_the_time_without_a_worker_is_still_known():
    clock = SteppingClock()
    before = a_worker(clock)
    before.acquire()
    before.release()
    clock.now += timedelta(hours=1)
    with alone("compacting", clock):
        clock.now += timedelta(minutes=1)
    after = a_worker(clock, "host:2")
    after.acquire(clock.sleep)
    assert after.stopped_at == NOON


def test_a_tool_that_was_killed_lapses():
    clock = SteppingClock()
    holding = alone("compacting", clock)
    holding.__enter__()
    with pytest.raises(WorkerRunning):
        alone("renormalizing", clock).__enter__()
    clock.now += timedelta(seconds=LEASE_SECONDS)
    with alone("renormalizing", clock):
        pass
