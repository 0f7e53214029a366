"""What simulated venues push beside liquidations, as their documents have it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from exchanges.simulator import Simulator
from exchanges.simulator.venues import venue_types

from .conftest import Clock, Talk, talk

BTC_SWAP = {"channel": "mark-price", "instId": "BTC-USDT-SWAP"}
BTC_TICKER = {"instType": "usdt-futures", "topic": "ticker", "symbol": "BTCUSDT"}
BTC_CONTEXT = {"type": "activeAssetCtx", "coin": "BTC"}
STATUS = {"channel": "status", "key": "liq:global"}
PATHS: dict[str, str] = {
    "binance": "/market/ws/!markPrice@arr",
    "aster": "/stream?streams=!forceOrder@arr/!markPrice@arr",
    "bybit": "/v5/public/linear",
    "okx": "/ws/v5/public",
    "bitget": "/v3/ws/public",
    "gate": "/v4/ws/usdt",
    "hyperliquid": "/ws",
    "deribit": "/ws/api/v2",
    "kraken": "/ws/v1",
    "dydx": "/v4/ws",
    "lighter": "/stream",
    "bitfinex": "/ws/2",
}
ASKED: dict[str, dict[str, Any]] = {
    "bybit": {"op": "subscribe", "args": ["tickers.BTCUSDT"]},
    "okx": {"id": "7", "op": "subscribe", "args": [BTC_SWAP]},
    "bitget": {"op": "subscribe", "args": [BTC_TICKER]},
    "gate": {"channel": "futures.tickers", "event": "subscribe", "payload": ["BTC_USDT"]},
    "hyperliquid": {"method": "subscribe", "subscription": BTC_CONTEXT},
    "deribit": {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "public/subscribe",
        "params": {"channels": ["trades.future.BTC.100ms"]},
    },
    "kraken": {"event": "subscribe", "feed": "trade", "product_ids": ["PF_XBTUSD"]},
    "dydx": {"type": "subscribe", "channel": "v4_trades", "id": "BTC-USD"},
    "lighter": {"type": "subscribe", "channel": "trade/1"},
    "bitfinex": {"event": "subscribe"} | STATUS,
}
# Frames that come before what is waited for: greetings, answers, snapshots.
BEFORE = {"binance": 0, "aster": 0, "bybit": 1, "okx": 1, "bitget": 1, "gate": 2, "hyperliquid": 1}
BEFORE |= {"deribit": 1, "kraken": 3, "dydx": 2, "lighter": 2, "bitfinex": 2}


@asynccontextmanager
async def asked(name: str, clock: Clock) -> AsyncIterator[tuple[Simulator, Talk]]:
    """A venue without a market, and a socket that is subscribed there."""
    async with (
        Simulator(rate=0, exchanges=[name], clock=clock) as simulator,
        talk(simulator, name, PATHS[name]) as socket,
    ):
        if name in ASKED:
            await socket.socket.send(json.dumps(ASKED[name]))
        await socket.waiting(BEFORE[name])
        yield simulator, socket


async def pushed(name: str, clock: Clock) -> Any:
    """Return what comes once the time of a push is over."""
    async with asked(name, clock) as (_, socket):
        assert await socket.is_quiet()
        clock.now += venue_types()[name].beside_seconds
        return await socket.read()


@pytest.mark.parametrize("name", PATHS)
async def test_it_goes_on_when_liquidations_are_kept_back_and_ends_in_silence(
    name: str, clock: Clock
) -> None:
    async with asked(name, clock) as (simulator, socket):
        simulator.set_fault(name, "mute", None)
        clock.now += venue_types()[name].beside_seconds
        assert await socket.read()
        simulator.set_fault(name, "silent", None)
        clock.now += venue_types()[name].beside_seconds
        assert await socket.is_quiet()


async def test_a_muted_venue_sends_no_liquidation(clock: Clock) -> None:
    async with asked("lighter", clock) as (simulator, socket):
        simulator.set_fault("lighter", "mute", None)
        await simulator.send("lighter", "1", "long", price=82_000, size=1)
        assert await socket.is_quiet() and simulator.totals()["lighter"]["events"] == 0


async def test_mark_prices_come_bare_or_wrapped(clock: Clock) -> None:
    marks = await pushed("binance", clock)
    assert {"BTCUSDT", "BTCUSD_PERP"} < {mark["s"] for mark in marks}
    assert marks[0]["e"] == "markPriceUpdate" and float(marks[0]["p"]) > 0
    wrapped = await pushed("aster", clock)
    assert wrapped["stream"] == "!markPrice@arr" and wrapped["data"][0]["s"] == "BTCUSDT"


async def test_the_mark_is_the_price_of_the_last_liquidation(clock: Clock) -> None:
    async with asked("okx", clock) as (simulator, socket):
        liquidations = {"channel": "liquidation-orders", "instType": "SWAP"}
        await socket.ask(op="subscribe", args=[liquidations])
        await simulator.send("okx", "BTC-USDT-SWAP", "long", price=81_234.5, size=1)
        await socket.read()
        clock.now += 1
        told = await socket.read()
    assert told["arg"] == BTC_SWAP
    assert [(row["instId"], row["markPx"]) for row in told["data"]] == [
        ("BTC-USDT-SWAP", "81234.5")
    ]


async def test_tickers_and_contexts_have_the_mark(clock: Clock) -> None:
    bybit = await pushed("bybit", clock)
    assert (bybit["topic"], bybit["data"]["symbol"]) == ("tickers.BTCUSDT", "BTCUSDT")
    bitget = await pushed("bitget", clock)
    assert bitget["arg"] == BTC_TICKER and float(bitget["data"][0]["markPrice"]) > 0
    gate = await pushed("gate", clock)
    assert gate["result"][0]["contract"] == "BTC_USDT"
    hyperliquid = await pushed("hyperliquid", clock)
    assert hyperliquid["data"]["coin"] == "BTC" and hyperliquid["data"]["ctx"]["markPx"]


async def test_tapes_have_trades_that_nobody_was_forced_to(clock: Clock) -> None:
    [deribit] = (await pushed("deribit", clock))["params"]["data"]
    assert "liquidation" not in deribit and deribit["instrument_name"] == "BTC-PERPETUAL"
    assert (await pushed("kraken", clock))["type"] == "fill"
    [dydx] = (await pushed("dydx", clock))["contents"]["trades"]
    assert dydx["type"] == "LIMIT"
    lighter = await pushed("lighter", clock)
    assert lighter["trades"] and not lighter["liquidation_trades"]


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("bybit", {"op": "subscribe", "args": ["tickers.NOSUCH"]}),
        ("okx", {"op": "subscribe", "args": [{"channel": "mark-price", "instId": "NO-SUCH"}]}),
        ("bitget", {"op": "subscribe", "args": [BTC_TICKER | {"symbol": "NOSUCH"}]}),
    ],
)
async def test_what_is_of_no_contract_is_refused(
    name: str, request_: dict[str, Any], clock: Clock
) -> None:
    async with (
        Simulator(rate=0, exchanges=[name], clock=clock) as simulator,
        talk(simulator, name, PATHS[name]) as socket,
    ):
        answer = await socket.ask(**request_)
        clock.now += 5
        assert await socket.is_quiet()
    assert answer.get("event") == "error" or answer.get("success") is False
