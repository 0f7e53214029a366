"""Reasons in words a person can act on."""

from __future__ import annotations

import asyncio
import socket

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError
from websockets.frames import Close

from exchanges.endpoints import resolve
from exchanges.errors import ConnectionRefused
from exchanges.trouble import explain, seconds_to_wait


async def test_a_name_that_does_not_resolve():
    with pytest.raises(OSError) as caught:
        async with connect("ws://no-such-host.invalid/", open_timeout=5, proxy=None):
            pass
    assert "name resolution failed" in explain(caught.value)


async def test_a_port_where_nothing_listens():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(OSError) as caught:
        async with connect(f"ws://127.0.0.1:{port}/", proxy=None):
            pass
    assert explain(caught.value) == "connection refused: nothing listens there"


def test_other_failures():
    assert explain(TimeoutError()) == "no answer in time"
    assert explain(ConnectionClosedError(None, None)) == "the connection broke off"
    closed = ConnectionClosedError(Close(1008, "too many topics"), None)
    assert explain(closed) == "the venue closed the connection (code 1008: too many topics)"
    assert explain(ConnectionRefused("subscription refused: x")) == "subscription refused: x"
    assert explain(asyncio.IncompleteReadError(b"", 1)).startswith("IncompleteReadError")


def test_retry_after_counts_only_when_it_is_a_number():
    assert seconds_to_wait({"Retry-After": "17"}) == 17.0
    assert seconds_to_wait({"Retry-After": "Sun, 22 Nov 2026 12:00:00 GMT"}) == 0.0
    assert seconds_to_wait({}) == 0.0


def test_an_address_from_the_environment_replaces_the_host_and_keeps_the_path(
    monkeypatch: pytest.MonkeyPatch,
):
    url = "wss://stream.example.com/v5/public/linear?x=1"
    assert resolve("bybit", url) == url
    monkeypatch.setenv("LIQSITE_BYBIT_WS_URL", "ws://127.0.0.1:9/bybit/")
    assert resolve("bybit", url) == "ws://127.0.0.1:9/bybit/v5/public/linear?x=1"
    assert resolve("bybit", "https://api.example.com/v5/x") == "https://api.example.com/v5/x"
    assert resolve("binance", url) == url
