"""An outage lasts from the last sign of life to the next proof."""

from __future__ import annotations

from exchanges.health import HealthTracker, Outage
from tests.exchanges.conftest import SetClock


def test_a_short_outage_is_remembered_from_the_last_sign_of_life(
    tracker: HealthTracker, clock: SetClock
):
    tracker.socket_is(0, "subscribed")
    tracker.heartbeat()
    heard_at = clock.now
    clock.forward(seconds=3)
    tracker.socket_is(0, "reconnecting", "the connection broke off")
    clock.forward(seconds=1)
    tracker.socket_is(0, "subscribed")
    assert tracker.outages == [
        Outage(heard_at, clock.now, "reconnecting: the connection broke off")
    ]


def test_an_outage_of_one_of_many_sockets_begins_when_that_socket_fell_silent(
    tracker: HealthTracker, clock: SetClock
):
    for number in (0, 1):
        tracker.socket_is(number, "subscribed")
    heard_at = clock.now
    clock.forward(seconds=40)
    tracker.heartbeat()
    tracker.socket_is(1, "reconnecting", "no pong", heard_at=heard_at)
    clock.forward(seconds=1)
    tracker.socket_is(1, "subscribed")
    assert tracker.outages == [Outage(heard_at, clock.now, "reconnecting: no pong")]


def test_a_copy_that_is_long_gone_does_not_begin_the_outage_of_the_other(
    tracker: HealthTracker, clock: SetClock
):
    tracker.socket_is(0, "subscribed")
    tracker.socket_is(0, "reconnecting", "broken", copy=1, heard_at=clock.now)
    clock.forward(seconds=3600)
    tracker.heartbeat()
    heard_at = clock.now
    clock.forward(seconds=2)
    tracker.socket_is(0, "reconnecting", "broken, too", heard_at=heard_at)
    tracker.socket_is(0, "subscribed")
    assert [outage.start for outage in tracker.outages] == [heard_at]
