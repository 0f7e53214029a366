"""Coming back after a loss: what was missed follows, or the client is told that it is gone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from exchanges.live import LivePush
from tests.heatmap.live.clients import Client, opened, pushing
from tests.heatmap.live.conftest import Limit
from tests.make import a_liquidation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stored")]


async def push_some(push: LivePush, *keys: int) -> None:
    for key in keys:
        await push.liquidations([a_liquidation(event_id=f"binance:{key}")])
        await push.flush()
        # Each is to be a frame of its own.
        await asyncio.sleep(0.12)


async def left_behind(push: LivePush, *keys: int) -> Client:
    """Return a client that has seen some liquidations and has lost its socket."""
    async with opened() as client:
        await client.subscribe("BTCUSDT")
        await push_some(push, *keys)
        for _ in keys:
            await client.next_of("liquidations")
    return client


def again(client: Client, seq: int | None = None) -> str:
    number = client.last_seq if seq is None else seq
    return f"/ws/live?resume_from={client.welcome['connection']}:{number}"


def keys(frames: list[dict[str, Any]]) -> list[int]:
    found = [frame for frame in frames if frame["type"] == "liquidations"]
    return [int(row["event_id"].split(":")[1]) for frame in found for row in frame["rows"]]


async def test_what_was_missed_follows_and_then_what_is_new(layer: Any) -> None:
    push = pushing(layer)
    client = await left_behind(push, 1, 2)
    await push_some(push, 3, 4)
    async with opened(again(client)) as back:
        assert back.welcome["resumed"] is True
        assert back.welcome["connection"] == client.welcome["connection"]
        assert back.welcome["seq"] == client.last_seq
        await push_some(push, 5)
        while len(keys(back.frames)) < 3:
            await back.next()
    assert keys(back.frames) == [3, 4, 5]
    numbers = [frame["seq"] for frame in back.frames if frame["type"] != "welcome"]
    assert numbers == [client.last_seq + n for n in (1, 2, 3)]


async def test_frames_that_got_lost_on_the_wire_follow_too(layer: Any) -> None:
    push = pushing(layer)
    client = await left_behind(push, 1, 2)
    async with opened(again(client, client.last_seq - 1)) as back:
        await back.next_of("liquidations")
    assert keys(back.frames) == [2]


async def test_a_number_that_is_no_longer_kept_gives_a_fresh_beginning(
    layer: Any, limit: Limit
) -> None:
    limit(kept_frames=2)
    push = pushing(layer)
    client = await left_behind(push, 1, 2, 3, 4)
    async with opened(again(client, 1)) as back:
        assert back.welcome["resumed"] is False
        assert (await back.next())["type"] == "health"
        await push_some(push, 5)
        await back.next_of("liquidations")
    assert keys(back.frames) == [5]


@pytest.mark.parametrize("seq", ["99", "0"])
async def test_a_connection_that_nobody_knows_gives_a_fresh_beginning(layer: Any, seq: str) -> None:
    async with opened(f"/ws/live?resume_from=made-up:{seq}") as client:
        assert client.welcome["resumed"] is False
        assert client.welcome["connection"] != "made-up"


async def test_a_number_from_the_future_gives_a_fresh_beginning(layer: Any) -> None:
    client = await left_behind(pushing(layer), 1)
    async with opened(again(client, 10_000)) as back:
        assert back.welcome["resumed"] is False


async def test_after_a_while_nothing_is_kept(layer: Any, limit: Limit) -> None:
    limit(keep_seconds=0.05)
    client = await left_behind(pushing(layer), 1)
    await asyncio.sleep(0.1)
    async with opened(again(client)) as back:
        assert back.welcome["resumed"] is False
        assert back.welcome["connection"] != client.welcome["connection"]


async def test_of_too_many_who_left_the_first_are_forgotten(layer: Any, limit: Limit) -> None:
    limit(kept_sessions=1)
    push = pushing(layer)
    first, second = await left_behind(push), await left_behind(push)
    await asyncio.sleep(0.05)
    async with opened(again(first, 1)) as back:
        assert back.welcome["connection"] != first.welcome["connection"]
    async with opened(again(second, 1)) as back:
        assert back.welcome["connection"] == second.welcome["connection"]


async def test_a_client_who_comes_back_before_its_old_socket_is_gone_takes_over(layer: Any) -> None:
    push = pushing(layer)
    async with opened() as old:
        await old.subscribe("BTCUSDT")
        await push_some(push, 1)
        await old.next_of("liquidations")
        async with opened(again(old)) as back:
            assert back.welcome["resumed"] is True
            assert await old.closing() == 4409
            await old.socket.disconnect()
            await push_some(push, 2)
            await back.next_of("liquidations")
    assert keys(back.frames) == [2]
