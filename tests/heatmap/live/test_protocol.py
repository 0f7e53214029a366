"""What a client may say to the live socket, and when the server closes it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.test import AsyncClient
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from heatmap.live.limits import Limits
from heatmap.live.messages import Refused, Subscribe, extended, read_message
from liqsite.asgi import application
from tests.heatmap.live.clients import PAGE, Client, opened
from tests.heatmap.live.conftest import Limit, Stored

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("layer", "stored")]


async def test_a_welcome_comes_first_then_health() -> None:
    async with opened() as client:
        assert client.welcome["resumed"] is False
        assert client.welcome["seq"] == 0
        assert (await client.next())["type"] == "health"


async def test_subscriptions_are_said_back_and_add_up() -> None:
    async with opened() as client:
        first = await client.subscribe("ETHUSDT", exchanges=["okx", "bybit"], min_value=10_000)
        assert first["symbols"] == ["ETHUSDT"]
        assert first["exchanges"] == ["bybit", "okx"]
        second = await client.subscribe("BTCUSDT")
        assert second["symbols"] == ["BTCUSDT", "ETHUSDT"]
        assert (second["min_value"], len(second["exchanges"])) == (0, 13)
        await client.say("unsubscribe", symbols=["ETHUSDT"])
        assert (await client.next())["symbols"] == ["BTCUSDT"]
        await client.say("unsubscribe")
        assert await client.next() == {"type": "subscribed", "symbols": []}


async def test_ping_is_answered() -> None:
    async with opened() as client:
        await client.say("ping")
        assert await client.next_of("pong")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("INVALID_MESSAGE", "x"),
        ("INVALID_MESSAGE", "[]"),
        ("INVALID_MESSAGE", "{}"),
        ("INVALID_MESSAGE", "[" * 1000),
        ("INVALID_MESSAGE", '{"action": "ping"}' + " " * 5000),
        ("INVALID_MESSAGE", '{"action": "ping", "more": 1}'),
        ("INVALID_MESSAGE", '{"action": "subscribe"}'),
        ("INVALID_MESSAGE", '{"action": "subscribe", "symbols": []}'),
        ("INVALID_MESSAGE", '{"action": "subscribe", "symbols": "BTCUSDT"}'),
        ("INVALID_ACTION", '{"action": "dance"}'),
        ("INVALID_ACTION", '{"action": 7}'),
        ("INVALID_SYMBOL", '{"action": "subscribe", "symbols": ["BTC\'USDT"]}'),
        ("INVALID_SYMBOL", '{"action": "unsubscribe", "symbols": [""]}'),
    ],
)
async def test_what_cannot_be_followed_is_refused_and_the_socket_stays(
    code: str, text: str
) -> None:
    async with opened() as client:
        await client.socket.send_to(text_data=text)
        assert (await client.next_of("error"))["code"] == code
        await client.say("ping")
        assert await client.next_of("pong")


@pytest.mark.parametrize(
    "wrong",
    [
        {"exchanges": ["binanc"]},
        {"exchanges": []},
        {"min_value": -1},
        {"min_value": "much"},
        {"update_interval": 0.01},
        {"update_interval": 3600},
        {"snapshot": "yes"},
    ],
)
async def test_wrong_values_of_a_subscription_are_refused(wrong: dict[str, Any]) -> None:
    async with opened() as client:
        await client.say("subscribe", symbols=["BTCUSDT"], **wrong)
        assert (await client.next_of("error"))["code"] == "INVALID_MESSAGE"


async def test_an_eleventh_symbol_is_refused() -> None:
    async with opened() as client:
        await client.subscribe(*(f"COIN{n}USDT" for n in range(10)))
        await client.say("subscribe", symbols=["BTCUSDT"])
        assert "1 to 10" in (await client.next_of("error"))["message"]


async def test_bytes_are_refused() -> None:
    async with opened() as client:
        await client.socket.send_to(bytes_data=b'{"action": "ping"}')
        assert (await client.next_of("error"))["code"] == "INVALID_MESSAGE"


@given(st.text() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_nothing_that_is_said_breaks_the_reading(text: str) -> None:
    with pytest.raises(Refused):
        read_message(text, Limits())


@given(st.lists(st.text(max_size=45), max_size=12))
def test_a_subscription_has_1_to_10_symbols_that_can_be_some(symbols: list[str]) -> None:
    try:
        wanted = extended(None, Subscribe(symbols), Limits())
    except Refused:
        return
    assert 1 <= len(wanted.symbols) <= 10
    assert all(2 <= len(symbol) <= 40 for symbol in wanted.symbols)


async def test_who_talks_too_much_is_told_and_then_closed(limit: Limit) -> None:
    limit(messages_per_second=0.001, messages_at_once=3, frames_per_second=1000)
    async with opened() as client:
        for _ in range(4):
            await client.say("ping")
        assert (await client.next_of("error"))["code"] == "RATE_LIMITED"
        for _ in range(4):
            await client.say("ping")
        assert await client.closing() == 4429


async def test_who_says_nothing_is_told_and_closed(limit: Limit) -> None:
    limit(silent_seconds=0.05)
    async with opened() as client:
        assert (await client.next_of("warning"))["code"] == "CONNECTION_UNSTABLE"
        assert await client.closing() == 4408


async def test_who_pings_is_not_closed(limit: Limit) -> None:
    limit(silent_seconds=0.5, frames_per_second=1000)
    async with opened() as client:
        for _ in range(80):
            await client.say("ping")
            await client.next_of("pong")
            await asyncio.sleep(0.01)


async def test_an_address_has_so_many_sockets_and_no_more(settings: Settings) -> None:
    settings.LIQSITE_SOCKETS_PER_ADDRESS = 2
    async with opened() as first, opened():
        third = Client("/ws/live")
        await third.open()
        assert third.welcome["code"] == "RATE_LIMITED"
        assert await third.closing() == 4429
        await third.socket.disconnect()
        await first.socket.disconnect()
        async with opened() as fourth:
            assert fourth.welcome["type"] == "welcome"


async def test_behind_a_proxy_it_says_the_address(settings: Settings) -> None:
    settings.LIQSITE_SOCKETS_PER_ADDRESS = 1
    settings.LIQSITE_PROXIES = 1
    for address in (b"made up, 10.0.0.1", b"10.0.0.2"):
        client = Client("/ws/live", [*PAGE, (b"x-forwarded-for", address)])
        await client.open()
        assert client.welcome["type"] == "welcome"


@pytest.mark.parametrize("query", ["x=1", "resume_from=", "resume_from=a:b", "resume_from=a:-1"])
async def test_parameters_that_are_none_are_refused(query: str) -> None:
    client = Client(f"/ws/live?{query}")
    await client.open()
    assert client.welcome["code"] == "INVALID_MESSAGE"
    assert await client.closing() == 4400


@pytest.mark.parametrize("headers", [[], [(b"origin", b"http://evil.example")]])
async def test_pages_of_others_are_refused(headers: Any) -> None:
    socket = WebsocketCommunicator(application, "/ws/live", headers=headers)
    assert await socket.connect() == (False, 1000)


@pytest.mark.parametrize("path", ["/ws/nothing", "/ws/health", "/ws/liquidations"])
async def test_an_unknown_address_is_refused(path: str) -> None:
    socket = WebsocketCommunicator(application, path, headers=PAGE)
    assert await socket.connect() == (False, 1000)


async def test_stats_tell_sockets_frames_and_symbols(async_client: AsyncClient) -> None:
    async with opened() as first, opened() as second:
        await first.subscribe("BTCUSDT", "ETHUSDT")
        await second.subscribe("BTCUSDT")
        answer = (await async_client.get("/ws/stats")).json()
    assert answer["active_connections"] == 2
    assert answer["subscriptions_by_symbol"] == {"BTCUSDT": 2, "ETHUSDT": 1}
    assert answer["messages_sent_1m"] >= 6
    assert answer["slow_consumers"] == 0


async def test_after_the_last_client_nothing_is_left(
    layer: Any, limit: Limit, stored: Stored
) -> None:
    limit(keep_seconds=0.0)
    before = asyncio.all_tasks()
    async with opened() as client:
        await client.subscribe("BTCUSDT")
        assert layer.groups
    async with asyncio.timeout(5):
        while layer.groups or asyncio.all_tasks() - before:
            await asyncio.sleep(0.005)
