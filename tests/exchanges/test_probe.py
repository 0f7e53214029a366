"""What an operator is told about a venue."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from exchanges.events import Rejected
from exchanges.probe import Probed, judge, probe
from exchanges.simulator import Simulator
from tests.exchanges.test_recorder import health
from tests.make import NOON, a_liquidation

FRAME = '{"e": "forceOrder", "o": {"s": "BTCUSDT", "S": "SELL"}}'


def judged(*events: Any, marks: dict[str, float] | None = None, **told: object) -> Probed:
    return judge("binance", health("binance", **told), 9, events, marks or {})


def test_a_venue_that_sends_what_it_documents_is_ok():
    found = judged(a_liquidation(raw=FRAME), a_liquidation(raw=FRAME))
    assert (found.verdict, found.reason, found.liquidations, found.frames) == ("ok", "", 2, 9)
    assert (found.clock_difference_seconds, found.inside_mark_band) == (0.0, None)


def test_a_venue_without_an_event_is_quiet_not_ok():
    assert judged().verdict == "quiet"


def test_a_new_field_means_that_the_venue_changed():
    found = judged(a_liquidation(raw=FRAME.replace('"S"', '"sideNew"')))
    assert found.verdict == "changed"
    assert found.unknown_fields == ("sideNew",)


def test_a_frame_that_does_not_fit_means_that_the_venue_changed():
    found = judged(a_liquidation(raw=FRAME), Rejected("binance", NOON, "no price", "{}"))
    assert (found.verdict, found.reason) == ("changed", "malformed: no price")


def test_a_wrong_clock_is_said_with_its_difference():
    ahead = a_liquidation(raw=FRAME, exchange_time=NOON + timedelta(minutes=5))
    found = judged(ahead)
    assert (found.verdict, found.reason) == ("wrong clock", "our clock is -300 s from the venue's")


def test_what_a_venue_replays_says_nothing_about_its_clock():
    old = a_liquidation(raw=FRAME, exchange_time=NOON - timedelta(hours=3))
    assert judged(old, old, a_liquidation(raw=FRAME)).clock_difference_seconds == 0.0


def test_prices_are_held_against_the_venues_marks():
    rows = [a_liquidation(raw=FRAME, price=price) for price in (80_000.0, 8.0)]
    assert judged(*rows, marks={"BTCUSDT": 80_500.0}).inside_mark_band == 0.5


@pytest.mark.parametrize(("state", "verdict"), [("blocked", "blocked"), ("failed", "down")])
def test_a_venue_that_cannot_be_reached_says_why(state: str, verdict: str):
    found = judged(state=state, is_connected=False, reason="HTTP 451", last_heartbeat=None)
    assert (found.verdict, found.reason, found.is_reachable) == (verdict, "HTTP 451", False)


async def test_looks_at_venues_side_by_side(simulator: Simulator):
    await simulator.fault("bybit", "403", None)
    binance, bybit = await probe(["binance", "bybit"], 0.1, None)
    assert (binance.verdict, binance.is_acknowledged) == ("quiet", True)
    assert bybit.verdict == "down" and "HTTP 403" in bybit.reason
    assert binance.frames >= 1
