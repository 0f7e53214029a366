"""Clients are sent to a few at a time; everything else gets its turn in between."""

from __future__ import annotations

import asyncio

from heatmap.live.turns import Turns


async def test_a_few_a_round_and_everybody_in_the_end() -> None:
    turns, wakes = Turns(3), [asyncio.Event() for _ in range(8)]
    for wake in wakes:
        turns.ask(wake)
    awake = []
    for _ in range(4):
        await asyncio.sleep(0)
        awake.append([wake.is_set() for wake in wakes].count(True))
    assert awake == [3, 6, 8, 8]
    assert [wake.is_set() for wake in wakes[:3]] == [True] * 3


async def test_who_asks_later_has_a_turn_after_those_before() -> None:
    turns, first, later = Turns(1), asyncio.Event(), asyncio.Event()
    turns.ask(first)
    await first.wait()
    turns.ask(later)
    async with asyncio.timeout(1):
        await later.wait()


async def test_the_urgent_go_first() -> None:
    turns, wakes = Turns(1), [asyncio.Event() for _ in range(3)]
    for wake in wakes[:2]:
        turns.ask(wake)
    turns.ask(wakes[2], is_urgent=True)
    await asyncio.sleep(0)
    assert [wake.is_set() for wake in wakes] == [False, False, True]
