"""Accounts are asked at the census's own pace; who fails is counted and stops nobody."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from aiohttp import web

from exchanges.census.asking import MOST_IN_A_ROW, Asking
from exchanges.pace import Pace
from tests.exchanges.census.conftest import FakeVenue, a_position, a_state, an_address

COINS = {"BTC": "BTCUSDT"}
SECONDS_PER_WEIGHT = 60 / 500


class VirtualTime:
    """Seconds that pass a thousandth at each turn of the event loop."""

    def __init__(self) -> None:
        self.now = 0.0

    async def sleep(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            await asyncio.sleep(0)

    async def run(self) -> None:
        while True:
            self.now += 0.001
            await asyncio.sleep(0)


class Sleeps(list[float]):
    """What was slept, at once."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


def at_once() -> Pace:
    return Pace(0.0, Sleeps())


async def ask(count: int, pace: Pace) -> Asking:
    asking = Asking(COINS, pace)
    await asking.run(map(an_address, range(count)))
    return asking


async def test_no_more_weight_is_spent_than_the_pace_allows(venue: FakeVenue):
    time, at = VirtualTime(), []

    def answer(user: str) -> web.Response:
        at.append(time.now)
        return web.json_response(a_state(a_position()))

    venue.answer = answer
    passing = asyncio.create_task(time.run())
    pace = Pace(SECONDS_PER_WEIGHT, time.sleep, lambda: time.now)
    asking = await ask(40, pace)
    passing.cancel()
    assert (asking.asked, asking.failed, len(asking.found)) == (40, 0, 40)
    assert len(set(venue.hits)) == 40
    for number, moment in enumerate(sorted(at)):
        assert moment >= number * 2 * SECONDS_PER_WEIGHT - 1e-6


async def test_who_fails_is_counted_and_the_others_are_asked(venue: FakeVenue):
    broken = {
        an_address(2): web.Response(status=500),
        an_address(5): web.Response(text="null"),
        an_address(7): web.Response(text="not JSON"),
    }

    def answer(user: str) -> web.Response:
        return broken.get(user) or web.json_response(a_state(a_position()))

    venue.answer = answer
    asking = await ask(12, at_once())
    assert (asking.asked, asking.failed, asking.trouble) == (12, 3, "")
    assert set(asking.found) == set(map(an_address, range(12))) - set(broken)
    assert Counter(venue.hits) == Counter(map(an_address, range(12)))


async def test_when_it_was_too_often_everybody_waits_as_long_as_the_venue_says(venue: FakeVenue):
    refused: set[str] = set()

    def answer(user: str) -> web.Response:
        if user == an_address(3) and user not in refused:
            refused.add(user)
            return web.Response(status=429, headers={"Retry-After": "33"})
        return web.json_response(a_state())

    venue.answer = answer
    sleeps = Sleeps()
    asking = await ask(6, Pace(0.0, sleeps))
    assert 33.0 in sleeps
    assert (asking.asked, asking.failed, len(asking.found)) == (6, 0, 6)


@pytest.mark.parametrize(("status", "most"), [(429, 16), (403, 4)])
async def test_a_venue_that_refuses_the_census_is_left_alone(
    venue: FakeVenue, status: int, most: int
):
    venue.answer = lambda user: web.Response(status=status)
    asking = await ask(500, at_once())
    assert f"HTTP {status}" in asking.trouble
    assert len(venue.hits) <= most


async def test_an_outage_ends_the_pass(venue: FakeVenue):
    venue.answer = lambda user: web.Response(status=502)
    asking = await ask(500, at_once())
    assert "HTTP 502" in asking.trouble
    assert MOST_IN_A_ROW <= len(venue.hits) < MOST_IN_A_ROW + 4
