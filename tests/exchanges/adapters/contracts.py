"""Contracts and rows that several tests of market data use."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from exchanges.instruments import Instrument
from tests.exchanges.adapters.asking import MS, STEP_MS
from tests.make import NOON

PRICES = ("80000.1", "80100.0", "79900.5", "80050.0")
BTC = Instrument("BTCUSDT", "BTC", "USDT")
INVERSE = Instrument("BTCUSD", "BTC", "USD", 1, True)
SWAP = Instrument("BTC-USDT-SWAP", "BTC", "USDT", 0.01)
GATE = Instrument("BTC_USDT", "BTC", "USDT", 0.0001)
GATE_INVERSE = Instrument("BTC_USD", "BTC", "USD", 1.0, True)
DERIBIT = Instrument("BTC-PERPETUAL", "BTC", "USD", 1.0, True)
DYDX = Instrument("BTC-USD", "BTC", "USD")
COIN = Instrument("BTC", "BTC", "USDT")
AT = NOON - timedelta(minutes=5)
AT_MS = MS - STEP_MS
BAR = dict(zip("ohlc", PRICES, strict=True))
DYDX_CANDLES: dict[str, Any] = {
    "candles": [
        {
            "startedAt": "2026-11-22T11:55:00.000Z",
            "ticker": "BTC-USD",
            "open": "80000.1",
            "high": "80100.0",
            "low": "79900.5",
            "close": "80050.0",
            "baseTokenVolume": "7.5",
            "usdVolume": "600000",
            "trades": 12,
            "startingOpenInterest": "54.0594",
        }
    ]
}
