"""A venue's state is what its sockets have earned."""

from __future__ import annotations

from exchanges.health import HealthTracker, RollingCount
from tests.exchanges.conftest import SetClock


def test_climbs_from_off_to_live_only_by_what_is_proven(tracker: HealthTracker, clock: SetClock):
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


def still_there(tracker: HealthTracker, clock: SetClock, **span: float) -> None:
    """Let time go on with frames of no meaning."""
    clock.forward(**span)
    tracker.heartbeat()


def test_turns_silent_when_nothing_comes_for_too_long(tracker: HealthTracker, clock: SetClock):
    tracker.socket_is(0, "subscribed")
    tracker.message()
    still_there(tracker, clock, minutes=138)
    assert tracker.snapshot().state == "live"
    still_there(tracker, clock, minutes=1)
    health = tracker.snapshot()
    assert (health.state, health.is_connected, health.since) == ("silent", False, clock.now)
    assert health.reason.startswith("no liquidation for 2.3 h; at its slowest pace")
    tracker.message()
    assert tracker.snapshot().state == "live"


def test_is_silent_too_when_nothing_ever_came(tracker: HealthTracker, clock: SetClock):
    tracker.socket_is(0, "subscribed")
    still_there(tracker, clock, minutes=139)
    assert tracker.snapshot().state == "silent"


def test_is_silent_when_not_even_pings_are_answered(tracker: HealthTracker, clock: SetClock):
    tracker.socket_is(0, "subscribed")
    clock.forward(seconds=61)
    health = tracker.snapshot()
    assert (health.state, "nothing at all for 61 s" in health.reason) == ("silent", True)
    tracker.heartbeat()
    assert tracker.snapshot().state == "subscribed"


def test_is_silent_when_the_control_stream_stops(tracker: HealthTracker, clock: SetClock):
    tracker.socket_is(0, "subscribed", has_control=True)
    still_there(tracker, clock, seconds=14)
    tracker.delivered(0)
    still_there(tracker, clock, seconds=15)
    assert tracker.snapshot().state == "subscribed"
    still_there(tracker, clock, seconds=1)
    health = tracker.snapshot()
    assert (health.state, "control stream (tickers) for 16 s" in health.reason) == ("silent", True)
    tracker.delivered(0)
    assert tracker.snapshot().state == "subscribed"


def test_the_control_stream_ends_a_silence_of_its_own_without_being_asked(
    tracker: HealthTracker, clock: SetClock, changes: list[str]
):
    tracker.socket_is(0, "subscribed", has_control=True)
    still_there(tracker, clock, seconds=16)
    tracker.snapshot()
    before = len(changes)
    tracker.delivered(0)
    assert len(changes) == before + 1


def test_each_socket_is_held_to_its_own_control_stream(tracker: HealthTracker, clock: SetClock):
    tracker.socket_is(0, "subscribed", has_control=True)
    tracker.socket_is(1, "subscribed", has_control=True)
    tracker.socket_is(2, "subscribed")
    still_there(tracker, clock, seconds=16)
    tracker.delivered(0)
    tracker.delivered(2)
    assert tracker.snapshot().state == "silent"
    tracker.delivered(1)
    assert tracker.snapshot().state == "subscribed"


def test_a_control_stream_proves_nothing_of_the_liquidations(
    tracker: HealthTracker, clock: SetClock
):
    tracker.socket_is(0, "subscribed", has_control=True)
    for _ in range(139 * 6):
        still_there(tracker, clock, seconds=10)
        tracker.delivered(0)
    assert tracker.snapshot().reason.startswith("no liquidation")


def test_a_subscription_is_as_its_best_copy(tracker: HealthTracker, clock: SetClock):
    tracker.socket_is(0, "subscribed", copy=0)
    tracker.socket_is(0, "failed", "HTTP 500", copy=1)
    tracker.message()
    assert tracker.snapshot().state == "live"
    clock.forward(seconds=1)
    tracker.socket_is(0, "reconnecting", "cut", copy=0)
    health = tracker.snapshot()
    assert (health.state, health.reason) == ("reconnecting", "cut")
    tracker.socket_is(0, "subscribed", copy=1)
    assert tracker.snapshot().state == "subscribed"


def test_the_venue_is_as_its_worst_subscription_whatever_its_copies(tracker: HealthTracker):
    for copy in (0, 1):
        tracker.socket_is(0, "subscribed", copy=copy)
        tracker.socket_is(1, "blocked", "HTTP 403", copy=copy)
    assert tracker.snapshot().state == "blocked"
    tracker.socket_is(1, "subscribed", copy=1)
    assert tracker.snapshot().state == "subscribed"


def test_one_copy_that_delivers_is_enough(tracker: HealthTracker, clock: SetClock):
    for copy in (0, 1):
        tracker.socket_is(0, "subscribed", copy=copy, has_control=True)
    still_there(tracker, clock, seconds=16)
    tracker.delivered(0, copy=1)
    assert tracker.snapshot().state == "subscribed"
    still_there(tracker, clock, seconds=16)
    assert tracker.snapshot().state == "silent"


def test_a_further_copy_takes_nothing_from_what_is_proven(tracker: HealthTracker, clock: SetClock):
    tracker.socket_is(0, "subscribed", copy=0)
    tracker.message()
    clock.forward(seconds=5)
    tracker.socket_is(0, "subscribed", copy=1)
    assert tracker.snapshot().state == "live"
    tracker.socket_is(0, "reconnecting", "replaced", copy=0)
    tracker.socket_is_gone(0, copy=0)
    assert tracker.snapshot().state == "live"


def test_a_new_subscription_has_to_prove_itself_anew(tracker: HealthTracker, clock: SetClock):
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


def test_since_moves_with_the_state_and_not_with_its_reason(
    tracker: HealthTracker, clock: SetClock
):
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


def test_counts_are_over_the_last_sixty_seconds(tracker: HealthTracker, clock: SetClock):
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


def test_a_rolling_count_stays_small_in_a_flood(clock: SetClock):
    count = RollingCount()
    for _ in range(200):
        for _ in range(50):
            count.add(clock.now)
        clock.forward(seconds=1)
    assert count.total(clock.now) == 59 * 50
    assert len(count._seconds) <= 60


def test_what_a_venue_refused_is_said_while_the_rest_is_live(tracker: HealthTracker):
    tracker.socket_is(0, "subscribed", "refused in part (1): no such topic")
    tracker.socket_is(1, "subscribed")
    assert tracker.snapshot().reason == "refused in part (1): no such topic"
    tracker.message()
    assert tracker.snapshot().state == "live"
    assert tracker.snapshot().reason == "refused in part (1): no such topic"


def test_a_venue_whose_messages_cannot_be_kept_has_failed_until_they_can(tracker: HealthTracker):
    tracker.socket_is(0, "subscribed")
    tracker.pause("The disk is full.")
    assert (tracker.snapshot().state, tracker.snapshot().reason) == ("failed", "The disk is full.")
    tracker.pause("")
    assert tracker.snapshot().state == "subscribed"


def test_words_of_a_venue_are_such_as_every_database_takes(tracker: HealthTracker):
    tracker.start()
    tracker.error("said \x00 this")
    tracker.socket_is(0, "failed", "closed: \x00")
    told = tracker.snapshot()
    assert (told.last_error, told.reason) == ("said \\x00 this", "closed: \\x00")
