"""cryptofeed reads the simulated venues as if they were real.

It is collected where cryptofeed 3 is installed, which needs Python 3.13: `make bench` has it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptofeed import exchanges as venues
from cryptofeed import feed
from cryptofeed.connection import Routes, WSAsyncConn
from cryptofeed.defines import LIQUIDATIONS

from exchanges.simulator import Simulator
from exchanges.simulator.contracts import Side

from .conftest import eventually

CLASSES = {"binance": "BinanceFutures", "bybit": "Bybit"}
# cryptofeed passes on the venue's own word: the order's side, but Bybit's is the position's.
WORDS: dict[str, dict[Side, str]] = {
    "binance": {"long": "sell", "short": "buy"},
    "bybit": {"long": "buy", "short": "sell"},
}


def plain_connection(address: str, *args: Any, **options: Any) -> WSAsyncConn:
    """Return a connection without TLS, which cryptofeed otherwise refuses."""
    connection = WSAsyncConn(address.replace("ws://", "wss://", 1), *args, **options)
    connection.address = address
    return connection


def pointed(exchange: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the feed's class, knowing no other addresses than the simulator's."""
    kind = getattr(venues, CLASSES[exchange])
    socket, rest = kind.websocket_endpoints[0], kind.rest_endpoints[0]
    path = socket.address.removeprefix("wss://").partition("/")[2]
    address = "/".join(filter(None, (simulator.ws_url(exchange), path)))
    routes = rest.routes
    if exchange == "bybit":
        # It asks for linear, inverse and spot; only linear is simulated.
        routes = Routes([routes.instruments[0]] * 2)
    monkeypatch.setattr(kind, "websocket_endpoints", [replace(socket, address=address)])
    monkeypatch.setattr(
        kind, "rest_endpoints", [replace(rest, address=simulator.url(exchange), routes=routes)]
    )
    return kind


@asynccontextmanager
async def running(kind: Any, seen: list[Any]) -> AsyncIterator[None]:
    """Run a feed of one contract's liquidations into a list."""

    async def callback(liquidation: Any, received: float) -> None:
        seen.append(liquidation)

    one = kind(
        symbols=["BTC-USDT-PERP"], channels=[LIQUIDATIONS], callbacks={LIQUIDATIONS: callback}
    )
    stop = asyncio.Event()
    task = asyncio.create_task(one.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


@pytest.mark.parametrize("exchange", CLASSES)
async def test_cryptofeed_sees_what_was_sent(
    exchange: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(feed, "WSAsyncConn", plain_connection)
    seen: list[Any] = []
    sides: tuple[Side, ...] = ("long", "short")
    async with (
        Simulator(seed=1, rate=0, exchanges=[exchange]) as simulator,
        running(pointed(exchange, simulator, monkeypatch), seen),
    ):
        await simulator.subscribed(exchange)
        sent = [
            await simulator.send(exchange, "BTCUSDT", side, price=82_000.5, size=0.25)
            for side in sides
        ]
        await eventually(lambda: len(seen) == len(sent))
    for liquidation, row in zip(seen, sent, strict=True):
        assert liquidation.symbol == "BTC-USDT-PERP"
        assert liquidation.side == WORDS[exchange][row.side]
        assert float(liquidation.quantity) == row.size
        # Of Binance it tells the order's limit `p`, not the average fill `ap`.
        told = liquidation.raw.get("o", liquidation.raw)
        assert float(liquidation.price) == float(told["p"])
        assert float(told.get("ap", told["p"])) == row.price
