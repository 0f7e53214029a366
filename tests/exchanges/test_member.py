"""What one of several workers may claim, and what is kept from it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from exchanges.errors import WorkerRunning
from exchanges.member import FORGOTTEN, Member
from exchanges.models import LEASE_SECONDS, Claim, WorkerLease
from exchanges.recorder import Lease
from heatmap.health import worker_state, workers_running
from tests.make import NOON, SteppingClock

pytestmark = pytest.mark.django_db

NAMES = ("exchange okx", "exchange gate")


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


def a_member(clock: SteppingClock, name: str) -> Member:
    member = Member(name, clock)
    member.holder = f"host-of-{name}:1"
    member.acquire(clock.sleep)
    return member


def take_all(member: Member) -> set[str]:
    return {free.name for free in member.look(NAMES).free if member.take(free)}


def test_what_nobody_has_is_free_and_what_one_has_is_not(clock: SteppingClock):
    first, second = a_member(clock, "a"), a_member(clock, "b")
    assert take_all(first) == set(NAMES)
    assert first.look(NAMES).mine == set(NAMES)
    assert take_all(second) == set()
    assert (second.look(NAMES).mine, second.look(NAMES).workers) == (set(), 2)


def test_of_two_who_saw_the_same_free_claim_one_gets_it(clock: SteppingClock):
    first, second, third = (a_member(clock, name) for name in "abc")
    seen = [member.look(NAMES).free[0] for member in (first, second)]
    assert [first.take(seen[0]), second.take(seen[1])] == [True, False]
    clock.sleep(LEASE_SECONDS)
    second.renew()
    third.renew()
    seen = [member.look(NAMES).free[0] for member in (second, third)]
    assert [third.take(seen[1]), second.take(seen[0])] == [True, False]
    assert third.claimed() == {seen[1].name}


def test_the_claims_of_a_dead_worker_are_free_since_its_last_sign(clock: SteppingClock):
    first, second = a_member(clock, "a"), a_member(clock, "b")
    take_all(first)
    clock.sleep(LEASE_SECONDS - 0.5)
    second.renew()
    assert second.look(NAMES).free == []
    clock.sleep(0.5)
    free = second.look(NAMES).free
    assert {one.last_sign for one in free} == {NOON}
    assert take_all(second) == set(NAMES)
    assert first.claimed() == set()


def test_what_is_given_up_is_free_at_once(clock: SteppingClock):
    first, second = a_member(clock, "a"), a_member(clock, "b")
    take_all(first)
    clock.sleep(1)
    first.give_up(NAMES[0])
    [free] = second.look(NAMES).free
    assert (free.name, free.last_sign) == (NAMES[0], clock.now)
    second.give_up(NAMES[1])  # Not its own.
    assert first.claimed() == {NAMES[1]}


def test_a_worker_that_comes_back_with_its_journal_has_its_claims(clock: SteppingClock):
    take_all(a_member(clock, "a"))
    clock.sleep(2)
    again = a_member(clock, "a")
    assert again.look(NAMES).mine == set(NAMES)
    assert again.stopped_at == NOON


def test_the_only_worker_and_one_of_several_keep_each_other_out(clock: SteppingClock):
    member = a_member(clock, "a")
    alone = Lease(clock)

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        member.renew()

    with pytest.raises(WorkerRunning, match="host-of-a:1"):
        alone.acquire(sleep)
    member.release()
    alone.holder = "alone:1"
    alone.acquire()

    def sleep_beside(seconds: float) -> None:
        clock.sleep(seconds)
        alone.renew()

    late = Member("b", clock)
    late.holder = "late:1"
    with pytest.raises(WorkerRunning, match="alone:1"):
        late.acquire(sleep_beside)


def test_two_with_one_journal_do_not_run(clock: SteppingClock):
    first, second = a_member(clock, "a"), Member("a", clock)
    second.holder = "elsewhere:1"

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        first.renew()

    with pytest.raises(WorkerRunning, match="host-of-a:1"):
        second.acquire(sleep)


def test_the_site_tells_several_workers_as_one(clock: SteppingClock):
    first = a_member(clock, "a")
    clock.sleep(1)
    second = a_member(clock, "b")
    first.renew("The store is away.")
    second.renew("The store is away.")
    told = worker_state(clock.now)
    assert told == {"is_running": True, "since": NOON, "message": "The store is away."}
    assert workers_running(clock.now) == 2
    first.release()
    assert worker_state(clock.now)["is_running"]
    second.release()
    assert worker_state(clock.now)["since"] == clock.now


def test_workers_that_are_long_gone_are_forgotten(clock: SteppingClock):
    take_all(a_member(clock, "a"))
    clock.now += FORGOTTEN + timedelta(seconds=1)
    later = a_member(clock, "b")
    assert [lease.name for lease in WorkerLease.objects.all()] == ["worker b"]
    assert len(later.look(NAMES).free) == Claim.objects.count() == 2
