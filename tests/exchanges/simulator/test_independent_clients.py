"""A client that we did not write, ccxt.pro, reads the simulated venues as if they were real.

It asks their REST for the contracts, subscribes in its own way and tells what it saw.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import ccxt.pro
import pytest

from exchanges.simulator import Simulator
from exchanges.simulator.contracts import Side
from exchanges.simulator.venues import venue_types

from .conftest import SOON

# Our contract, ccxt's name of it, and a price and size on the contract's grid.
WATCHED = [
    ("binance", "BTCUSDT", "BTC/USDT:USDT", 82_000.5, 0.25),
    ("binance", "1000PEPEUSDT", "1000PEPE/USDT:USDT", 0.0049123, 20_000),
    ("binance", "BTCUSDT_261225", "BTC/USDT:USDT-261225", 82_400.1, 1.5),
    ("binance", "BTCUSD_PERP", "BTC/USD:BTC", 82_000.5, 40),
    ("bybit", "BTCUSDT", "BTC/USDT:USDT", 82_000.25, 0.25),
    ("bybit", "BTCPERP", "BTC/USDC:USDC", 82_000.5, 0.01),
    ("bybit", "BTCUSDT-25DEC26", "BTC/USDT:USDT-261225", 82_400.25, 1.5),
    ("bybit", "BTCUSD", "BTC/USD:BTC", 82_000.5, 12_000),
    ("bybit", "BTCUSDZ26", "BTC/USD:BTC-261225", 82_400.5, 300),
    ("okx", "BTC-USDT-SWAP", "BTC/USDT:USDT", 82_000.5, 12),
    ("okx", "BTC-USDT-261225", "BTC/USDT:USDT-261225", 82_400.5, 1.5),
    ("okx", "BTC-USD-SWAP", "BTC/USD:BTC", 82_000.5, 7),
]
SIMULATED = [case for case in WATCHED if case[0] in venue_types()]

# ccxt passes on the venue's own word: the order's side, but Bybit's is the position's.
WORDS: dict[str, dict[Side, str]] = {
    "binance": {"long": "sell", "short": "buy"},
    "bybit": {"long": "buy", "short": "sell"},
    "okx": {"long": "sell", "short": "buy"},
}
MARKETS = {
    "binance": ["linear", "inverse"],
    "bybit": ["linear", "inverse"],
    "okx": ["swap", "future"],
}


def point_binance(client: Any, rest: str, socket: str) -> None:
    """COIN-M rows come on the one routed address; ccxt itself still asks the un-routed one."""
    client.urls["api"] |= {"fapiPublic": f"{rest}/fapi/v1", "dapiPublic": f"{rest}/dapi/v1"}
    client.urls["api"]["ws"] |= {"linear": f"{socket}/ws", "inverse": f"{socket}/market/ws"}


def point_bybit(client: Any, rest: str, socket: str) -> None:
    client.urls["api"]["public"] = rest
    for category in ("linear", "inverse"):
        client.urls["api"]["ws"]["public"][category] = f"{socket}/v5/public/{category}"


def point_okx(client: Any, rest: str, socket: str) -> None:
    client.urls["api"] |= {"rest": rest, "ws": f"{socket}/ws/v5"}


POINT = {"binance": point_binance, "bybit": point_bybit, "okx": point_okx}


@asynccontextmanager
async def pointed(exchange: str, simulator: Simulator) -> AsyncIterator[Any]:
    """ccxt's client of this venue, knowing no other address than the simulator's."""
    settings = {"options": {"fetchMarkets": {"types": MARKETS[exchange]}}, "timeout_on_exit": 0}
    client = getattr(ccxt.pro, exchange)(settings)
    client.has["fetchCurrencies"] = False
    POINT[exchange](client, simulator.url(exchange), simulator.ws_url(exchange))
    try:
        await client.load_markets()
        yield client
    finally:
        await client.close()


def size_seen(seen: dict[str, Any]) -> float:
    """What was filled in all; on Binance ccxt tells the last part only (`l`, not `z`)."""
    return float(seen["info"].get("z", seen["contracts"]))


@pytest.mark.parametrize(("exchange", "instrument", "symbol", "price", "size"), SIMULATED)
async def test_ccxt_sees_what_was_sent(
    exchange: str, instrument: str, symbol: str, price: float, size: float
) -> None:
    async with (
        Simulator(seed=1, rate=0, exchanges=[exchange]) as simulator,
        pointed(exchange, simulator) as client,
    ):
        sides: tuple[Side, ...] = ("long", "short", "long")
        for side in sides:
            watching = asyncio.create_task(client.watch_liquidations(symbol))
            await asyncio.sleep(0)
            await simulator.subscribed(exchange)
            sent = await simulator.send(exchange, instrument, side, price=price, size=size)
            async with asyncio.timeout(SOON):
                [seen] = await watching
            assert (seen["symbol"], seen["side"]) == (symbol, WORDS[exchange][side])
            assert (seen["price"], size_seen(seen), seen["timestamp"]) == (
                sent.price,
                sent.size,
                sent.time_ms,
            )
        assert simulator.totals()[exchange]["events"] == len(sides)


@pytest.mark.parametrize("exchange", sorted({case[0] for case in SIMULATED}))
async def test_ccxt_knows_every_contract_that_is_listed(exchange: str) -> None:
    listed = {contract.instrument for contract in venue_types()[exchange].listed}
    async with (
        Simulator(seed=1, rate=0, exchanges=[exchange]) as simulator,
        pointed(exchange, simulator) as client,
    ):
        assert {market["id"] for market in client.markets.values()} == listed
