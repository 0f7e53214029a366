"""When a venue's silence is not plausible: by its own pace, by the market, by what else comes."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.adapters import adapters
from exchanges.silence import CONSECUTIVE, PATIENCE, Market, Pace, Silence, span
from exchanges.venue import silence_of
from tests.make import NOON


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def steady(silence: Silence, gap: float, count: int, start: float = 0.0) -> float:
    """Let liquidations come evenly; return when the last did."""
    for number in range(count):
        silence.note(after(start + number * gap))
    return start + (count - 1) * gap


def test_at_first_a_fifth_of_the_stated_rate_is_plausible():
    silence = Silence("binance", 35.0)
    silence.restart(NOON)
    allowed = PATIENCE * 5 * 60 / 35
    assert 230 < allowed < 240
    assert silence.reason(after(allowed - 1)) == ""
    assert silence.reason(after(allowed + 1)).startswith("no liquidation for 4 min")


def test_a_thousand_moments_teach_a_quicker_pace():
    silence = Silence("binance", 35.0)
    silence.restart(NOON)
    last = steady(silence, 1.0, 1_000 + CONSECUTIVE)
    assert silence.reason(after(last + 27)) == ""
    reason = silence.reason(after(last + 29))
    assert "one in 1 s" in reason and "up to 28 s is plausible" in reason


def test_a_few_moments_do_not():
    silence = Silence("binance", 35.0)
    silence.restart(NOON)
    last = steady(silence, 1.0, 200)
    assert silence.reason(after(last + 200)) == ""


def test_a_slower_pace_is_learned_at_once():
    silence = Silence("bybit", 2.0)
    silence.restart(NOON)
    last = steady(silence, 400.0, CONSECUTIVE + 1)
    assert silence.reason(after(last + PATIENCE * 400 - 10)) == ""
    assert silence.reason(after(last + PATIENCE * 400 + 10))


def test_the_slowest_pace_of_the_day_counts_and_is_forgotten_after_it():
    pace = Pace(lambda: 0.5, well_known=1)
    for number in range(CONSECUTIVE + 1):
        pace.note(number * 10.0, hour=0)
    pace.restart(1000.0)
    for number in range(CONSECUTIVE):
        pace.note(1001.0 + number, hour=5)
    assert [pace.slowest_gap(hour) for hour in (23, 24, 28, 29)] == [10.0, 1.0, 1.0, 0.5]


def test_a_burst_counts_as_one_moment():
    market = Market()
    silence = Silence("a", 60.0, market=market)
    silence.restart(NOON)
    for number in range(50):
        silence.note(after(number / 1000))
    assert market.others("") == 1


def test_the_first_liquidation_ends_a_silence():
    silence = Silence("a", 60.0)
    silence.restart(NOON)
    assert silence.reason(after(1_000))
    silence.note(after(1_000))
    assert silence.reason(after(1_001)) == ""


def test_a_silence_teaches_no_more_than_was_allowed():
    silence = Silence("a", 60.0)
    silence.restart(NOON)
    last = steady(silence, 1.0, 1_100)
    last = steady(silence, 1.0, CONSECUTIVE + 1, start=last + 9_000.0)
    assert silence.reason(after(last + 60))


def test_connecting_anew_begins_the_wait_anew():
    silence = Silence("a", 60.0)
    silence.restart(NOON)
    steady(silence, 1.0, 5)
    silence.restart(after(9_000))
    assert silence.reason(after(9_001)) == ""
    assert silence.reason(after(9_000 + PATIENCE * 5 + 1))


def markets() -> tuple[Silence, Silence]:
    """Two venues of one market; the first usually has nine in ten of the liquidations."""
    market = Market()
    large, small = Silence("large", 0.9, market=market), Silence("small", 0.1, market=market)
    for silence in (large, small):
        silence.restart(NOON)
    return large, small


def test_while_the_others_are_busy_silence_is_not_plausible():
    large, small = markets()
    last = steady(small, 1.0, 15)
    assert math.floor(PATIENCE * 5 / 9) == 15
    assert large.reason(after(last + 20)) == ""
    last = steady(small, 1.0, 41, start=last + 1)
    reason = large.reason(after(last))
    assert "while the other venues had 56" in reason
    large.note(after(last + 1))
    assert large.reason(after(last + 2)) == ""


def test_a_small_venue_may_be_silent_while_a_large_one_is_busy():
    large, small = markets()
    last = steady(large, 1.0, 1_000)
    assert small.reason(after(last)) == ""


def test_venues_tell_of_the_same_fall_up_to_half_a_minute_apart():
    large, small = markets()
    steady(small, 0.25, 100)
    assert large.reason(after(29)) == ""
    assert large.reason(after(31))


def test_alone_no_market_can_be_busier():
    market = Market()
    alone = Silence("a", 1.0, market=market)
    alone.restart(NOON)
    assert market.usual_gap("a") == 0.0
    assert alone.reason(after(60)) == ""


def test_a_control_stream_may_pause_three_times_as_long_as_is_plausible():
    silence = Silence(control="mark prices", control_seconds=5.0)
    assert silence.control_reason(timedelta(seconds=15)) == ""
    reason = silence.control_reason(timedelta(seconds=16))
    assert reason == "nothing of the control stream (mark prices) for 16 s; up to 15 s is plausible"
    assert Silence().control_reason(timedelta(days=1)) == ""


def test_three_pings_may_go_unanswered():
    silence = Silence(heartbeat_seconds=20.0)
    assert silence.heartbeat_reason(timedelta(seconds=60)) == ""
    assert "every 20 s" in silence.heartbeat_reason(timedelta(seconds=61))
    assert Silence().heartbeat_reason(timedelta(days=1)) == ""


@pytest.mark.parametrize("name", adapters())
def test_every_venue_may_be_quiet_for_two_minutes_and_few_for_a_day(name: str):
    silence = silence_of(adapters()[name], Market())
    silence.restart(NOON)
    assert silence.reason(after(120)) == ""
    assert silence.reason(after(60 * 86_400))


@pytest.mark.parametrize("name", [n for n, a in adapters().items() if a.quiet_rate_per_minute < 1])
def test_a_truly_quiet_venue_stays_plausible_for_an_hour_in_any_hour(name: str):
    rate = adapters()[name].quiet_rate_per_minute
    silence, random, at = silence_of(adapters()[name], Market()), Random(3), 0.0
    silence.restart(NOON)
    for _ in range(300):
        assert silence.reason(after(at + 3600)) == ""
        at += random.expovariate(rate / 60)
        assert silence.reason(after(at)) == ""
        silence.note(after(at))


@given(
    rate=st.floats(0.02, 600),
    gaps=st.lists(st.floats(0.3, 5_000), min_size=CONSECUTIVE + 2, max_size=80),
)
def test_no_gap_is_implausible_that_is_like_those_before(rate: float, gaps: list[float]):
    silence, at = Silence("a", rate), 0.0
    silence.restart(NOON)
    for gap in gaps:
        silence.note(after(at := at + gap))
    assert silence.reason(after(at + min(gaps))) == ""


@pytest.mark.parametrize(("seconds", "words"), [(45, "45 s"), (720, "12 min"), (12_600, "3.5 h")])
def test_spans_are_told_in_words(seconds: float, words: str):
    assert span(seconds) == words
