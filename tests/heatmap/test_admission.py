"""Answers are made a few at a time, and a long one keeps nobody waiting."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from heatmap.admission import admitted


class Crowd:
    """An application whose answers begin and end when they are told to."""

    def __init__(self, at_once: int) -> None:
        self.inside: list[int] = []
        self.begin: dict[int, asyncio.Event] = {}
        self.go_on: dict[int, asyncio.Event] = {}
        self.end: dict[int, asyncio.Event] = {}
        self._application = admitted(self._answer, at_once)

    async def come(self, number: int) -> asyncio.Future[None]:
        for steps in (self.begin, self.go_on, self.end):
            steps[number] = asyncio.Event()
        asked = asyncio.ensure_future(self._application({"number": number}, None, self._send))
        await settle()
        return asked

    async def _answer(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        number = scope["number"]
        self.inside.append(number)
        await self.begin[number].wait()
        await send({"type": "http.response.start"})
        await send({"type": "http.response.body", "more_body": True})
        await self.go_on[number].wait()
        await send({"type": "http.response.body", "more_body": True})
        await self.end[number].wait()
        if number == 13:
            raise RuntimeError("a bug")

    async def _send(self, message: dict[str, Any]) -> None:
        pass


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_who_comes_when_all_places_are_taken_waits_in_line():
    crowd = Crowd(at_once=2)
    for number in range(4):
        await crowd.come(number)
    assert crowd.inside == [0, 1]
    crowd.begin[1].set()
    crowd.go_on[1].set()
    await settle()
    assert crowd.inside == [0, 1, 2]


async def test_who_has_sent_but_the_head_keeps_the_place():
    crowd = Crowd(at_once=1)
    await crowd.come(0)
    await crowd.come(1)
    crowd.begin[0].set()
    await settle()
    assert crowd.inside == [0]
    crowd.go_on[0].set()
    await settle()
    assert crowd.inside == [0, 1]


async def test_an_answer_that_is_being_sent_takes_no_place_and_gives_none_back_twice():
    crowd = Crowd(at_once=1)
    long = await crowd.come(0)
    crowd.begin[0].set()
    crowd.go_on[0].set()
    await settle()
    await crowd.come(1)
    assert crowd.inside == [0, 1]
    crowd.end[0].set()
    await long
    await crowd.come(2)
    assert crowd.inside == [0, 1]


async def test_who_breaks_or_leaves_the_line_makes_room():
    crowd = Crowd(at_once=1)
    broken = await crowd.come(13)
    gone, next_one = await crowd.come(1), await crowd.come(2)
    gone.cancel()
    for steps in (crowd.begin, crowd.go_on, crowd.end):
        steps[13].set()
    with pytest.raises(RuntimeError):
        await broken
    await settle()
    assert crowd.inside == [13, 2]
    next_one.cancel()
