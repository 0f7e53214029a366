"""A venue's state is what its sockets have earned."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from exchanges.adapters import adapters
from exchanges.health import HealthTracker, RollingCount
from exchanges.venue import usual_silence
from tests.make import NOON


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def changes() -> list[str]:
    return []


@pytest.fixture
def tracker(clock: Clock, changes: list[str]) -> HealthTracker:
    def note() -> None:
        changes.append("changed")

    return HealthTracker("bybit", timedelta(minutes=10), clock, note)


def test_climbs_from_off_to_live_only_by_what_is_proven(tracker: HealthTracker, clock: Clock):
    states = [tracker.snapshot().state]
    for step in ("connecting", "subscribed"):
        tracker.socket_is(0, step)
        states.append(tracker.snapshot().state)
    tracker.heartbeat()
    states.append(tracker.snapshot().state)
    tracker.message()
    states.append(tracker.snapshot().state)
    assert states == ["off", "connecting", "subscribed", "subscribed", "live"]
    assert tracker.snapshot().is_connected


def test_turns_silent_when_nothing_comes_for_too_long(tracker: HealthTracker, clock: Clock):
    tracker.socket_is(0, "subscribed")
    tracker.message()
    clock.forward(minutes=9)
    assert tracker.snapshot().state == "live"
    clock.forward(minutes=2)
    health = tracker.snapshot()
    assert (health.state, health.is_connected, health.since) == ("silent", False, clock.now)
    assert "more than 10 min" in health.reason
    tracker.message()
    assert tracker.snapshot().state == "live"


def test_is_silent_too_when_nothing_ever_came(tracker: HealthTracker, clock: Clock):
    tracker.socket_is(0, "subscribed")
    clock.forward(minutes=11)
    tracker.heartbeat()
    assert tracker.snapshot().state == "silent"


def test_a_new_subscription_has_to_prove_itself_anew(tracker: HealthTracker, clock: Clock):
    tracker.socket_is(0, "subscribed")
    tracker.message()
    clock.forward(seconds=5)
    tracker.socket_is(0, "reconnecting", "the connection broke off")
    clock.forward(seconds=5)
    tracker.socket_is(0, "subscribed")
    assert tracker.snapshot().state == "subscribed"


def test_a_venue_is_as_its_worst_socket(tracker: HealthTracker):
    tracker.socket_is(0, "subscribed")
    tracker.socket_is(1, "failed", "HTTP 500")
    tracker.message()
    health = tracker.snapshot()
    assert (health.state, health.reason, health.is_connected) == ("failed", "HTTP 500", False)
    tracker.socket_is(1, "subscribed")
    tracker.message()
    assert tracker.snapshot().state == "live"


def test_since_moves_with_the_state_and_not_with_its_reason(tracker: HealthTracker, clock: Clock):
    tracker.socket_is(0, "failed", "try 4 in 8 s")
    first = tracker.snapshot().since
    clock.forward(seconds=8)
    tracker.socket_is(0, "failed", "try 5 in 16 s")
    assert tracker.snapshot().since == first
    tracker.stop()
    assert (tracker.snapshot().state, tracker.snapshot().since) == ("off", clock.now)


def test_tells_each_change_once(tracker: HealthTracker, changes: list[str]):
    tracker.socket_is(0, "connecting")
    tracker.socket_is(0, "connecting")
    tracker.socket_is(0, "subscribed")
    for _ in range(5):
        tracker.message()
    assert len(changes) == 3


def test_counts_are_over_the_last_sixty_seconds(tracker: HealthTracker, clock: Clock):
    tracker.socket_is(0, "subscribed")
    for _ in range(3):
        tracker.message()
    tracker.error("no price")
    clock.forward(seconds=30)
    tracker.message()
    health = tracker.snapshot()
    assert (health.message_count, health.error_count, health.last_error) == (4, 1, "no price")
    clock.forward(seconds=31)
    health = tracker.snapshot()
    assert (health.message_count, health.error_count, health.last_error) == (1, 0, "no price")
    clock.forward(seconds=60)
    assert tracker.snapshot().message_count == 0


def test_a_rolling_count_stays_small_in_a_flood(clock: Clock):
    count = RollingCount()
    for _ in range(200):
        for _ in range(50):
            count.add(clock.now)
        clock.forward(seconds=1)
    assert count.total(clock.now) == 59 * 50
    assert len(count._seconds) <= 60


def test_the_silence_allowed_fits_the_venues_usual_rate():
    silence = {name: usual_silence(adapter) for name, adapter in adapters().items()}
    assert silence["binance"] == timedelta(minutes=2)
    assert timedelta(minutes=30) < silence["bybit"] < timedelta(minutes=33)
