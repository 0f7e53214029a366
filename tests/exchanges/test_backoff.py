"""Waits grow as promised, and start over only when told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from exchanges.backoff import LONGEST_WAIT, Backoff


def test_waits_one_two_four_seconds_and_has_then_failed():
    backoff = Backoff()
    waits = []
    for _ in range(3):
        waits.append(backoff.next_wait())
        assert not backoff.has_failed
    assert waits == [1.0, 2.0, 4.0]
    backoff.next_wait()
    assert backoff.has_failed


@given(tries=st.integers(4, 500), chance=st.floats(0, 1))
def test_later_waits_have_jitter_and_a_ceiling_and_never_end(tries: int, chance: float):
    backoff = Backoff(lambda: chance)
    wait = [backoff.next_wait() for _ in range(tries)][-1]
    assert 4.0 <= wait <= LONGEST_WAIT


def test_honours_what_the_venue_asks_for():
    assert Backoff().next_wait(at_least=600.0) == 600.0


def test_starts_over_when_the_connection_has_proven_itself():
    backoff = Backoff()
    for _ in range(9):
        backoff.next_wait()
    backoff.reset()
    assert not backoff.has_failed
    assert backoff.next_wait() == 1.0
