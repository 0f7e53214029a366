"""Equal rows of a venue without ids are events of their own; a frame sent again is not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from exchanges import equals
from exchanges.equals import Equals
from exchanges.events import Heartbeat, Liquidation
from tests.make import a_liquidation


def row(key: str) -> Liquidation:
    return a_liquidation(event_id=f"gate:{key}:0")


def ids(numbers: Equals, frame: bytes, *keys: str) -> list[str]:
    events = numbers.number(frame, [row(key) for key in keys])
    return [event.event_id for event in events if isinstance(event, Liquidation)]


def test_equal_rows_of_several_frames_are_counted_on():
    numbers = Equals()
    assert ids(numbers, b"1", "a", "b", "a") == ["gate:a:0", "gate:b:0", "gate:a:1"]
    assert ids(numbers, b"2", "a") == ["gate:a:2"]


def test_a_frame_that_comes_again_holds_no_liquidations():
    numbers = Equals()
    assert ids(numbers, b"1", "a") == ["gate:a:0"]
    assert ids(numbers, b"1", "a") == []
    assert list(numbers.number(b"1", [Heartbeat()])) == [Heartbeat()]


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=1), max_size=20))
def test_two_connections_number_what_both_deliver_alike(frames: list[list[str]]):
    first, second = Equals(), Equals()
    told = [ids(first, b"%d" % n, *keys) for n, keys in enumerate(frames)]
    assert told == [ids(second, b"%d" % n, *keys) for n, keys in enumerate(frames)]
    flat = [one for part in told for one in part]
    assert len(set(flat)) == len(flat) == sum(map(len, frames))


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(equals, "REMEMBERED", 2)
    numbers = Equals()
    for n in range(5):
        ids(numbers, b"%d" % n, str(n))
    assert len(numbers._counts) == 2 and len(numbers._frames) == 2
    assert ids(numbers, b"x", "0") == ["gate:0:0"]
