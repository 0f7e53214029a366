"""A client who does not read: warned, cut down to the newest frames, and closed."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heatmap.live.frames import PONG, Frame, body
from heatmap.live.limits import Limits
from heatmap.live.outlet import Outlet
from heatmap.live.sent import SentLastMinute
from heatmap.live.session import FrameQueue, Session, TooSlow
from heatmap.live.turns import Turns
from tests.heatmap.live.contract import checked

QUICK = replace(Limits(), frames_per_second=10_000, bytes_per_second=10_000_000)


class Wire:
    """A socket that can be stopped, as Daphne's transport or as another server's `send`."""

    def __init__(self) -> None:
        self.texts: list[dict[str, Any]] = []
        self.flows = asyncio.Event()
        self.flows.set()
        self.outlet = Outlet(self.send, 65_536)

    async def send(self, message: dict[str, Any]) -> None:
        """Take a message, when the wire flows."""
        await self.flows.wait()
        self.texts.append(json.loads(message["text"]))

    async def until(self, count: int) -> None:
        """Wait for so many messages."""
        async with asyncio.timeout(5):
            while len(self.texts) < count:
                await asyncio.sleep(0.001)


def missed(number: int) -> str:
    return body("missed", symbols=["BTCUSDT"], message=f"{number:0100d}")


@pytest.fixture
def session() -> Session:
    limits = replace(QUICK, waiting_bytes=1_000, slow_seconds=0.2)
    return Session("10.0.0.7", limits, SentLastMinute(), Turns(50))


async def test_a_client_who_stops_is_warned_and_later_gets_the_newest(session: Session) -> None:
    wire = Wire()
    session.attach(wire.outlet, PONG, None)
    running = asyncio.create_task(session.run(wire.outlet))
    await wire.until(1)
    wire.outlet.pauseProducing()
    for number in range(100):
        session.offer(missed(number))
    await wire.until(2)
    assert session.is_slow
    assert checked(wire.texts[1])["dropped_messages"] > 80
    for number in range(100, 110):
        session.offer(missed(number))
    wire.outlet.resumeProducing()
    await wire.until(8)
    running.cancel()
    again, *newest = wire.texts[2:]
    assert checked(again)["dropped_messages"] == 10
    numbers = [frame["seq"] for frame in newest]
    assert numbers == [*range(111 - len(numbers), 111)]
    assert wire.texts[1]["dropped_messages"] + 10 + len(numbers) == 110
    assert not session.is_slow


async def test_a_client_who_does_not_go_on_is_given_up(session: Session) -> None:
    wire = Wire()
    session.attach(wire.outlet, PONG, None)
    wire.outlet.pauseProducing()
    with pytest.raises(TooSlow):
        await session.run(wire.outlet)


async def test_on_servers_that_wait_for_the_client_it_is_the_same(session: Session) -> None:
    wire = Wire()
    wire.flows.clear()
    session.attach(wire.outlet, PONG, None)
    for number in range(100):
        session.offer(missed(number))
    assert session.dropped > 80
    with pytest.raises(TooSlow):
        await session.run(wire.outlet)


@given(st.lists(st.integers(0, 300)), st.integers(1, 10), st.integers(1, 1000))
def test_what_waits_is_bounded_and_what_went_is_counted(
    sizes: list[int], most_frames: int, most_bytes: int
) -> None:
    queue, gone = FrameQueue(most_frames, most_bytes), 0
    for number, size in enumerate(sizes):
        gone += queue.add(Frame(number, "x" * size))
        assert len(queue) <= most_frames
        assert len(queue) == 1 or sum(len(frame.body) for frame in queue) <= most_bytes
    assert gone + len(queue) == len(sizes)
    assert [frame.seq for frame in queue] == [*range(gone, len(sizes))]


def test_what_was_sent_is_counted_for_a_minute() -> None:
    at = 0.0
    sent = SentLastMinute(lambda: at)
    for second in range(120):
        at = float(second)
        sent.count()
        assert len(sent._by_second) <= 61
    assert sent.total == 60
    at = 1000.0
    assert sent.total == 0
