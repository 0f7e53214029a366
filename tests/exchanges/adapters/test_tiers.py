"""Leverage tiers: what each venue's answer means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from exchanges.adapters import adapters
from exchanges.errors import HistoryUnavailable, MalformedFrame
from exchanges.events import LeverageTier
from exchanges.history import told as fetched
from exchanges.instruments import Instrument
from exchanges.pace import Pace
from exchanges.plausible import why_no_tiers
from tests.exchanges.adapters.asking import address, market, told

BTC = Instrument("BTCUSDT", "BTC", "USDT")
INVERSE = Instrument("BTCUSD", "BTC", "USD", 1, True)
SWAP = Instrument("BTC-USDT-SWAP", "BTC", "USDT", 0.01)
GATE = Instrument("BTC_USDT", "BTC", "USDT", 0.0001)
COIN = Instrument("BTC", "BTC", "USDT")


def limit(value: str, rate: str, margin: str, leverage: str, deduction: str) -> dict[str, Any]:
    return {
        "symbol": "BTCUSDT",
        "riskLimitValue": value,
        "maintenanceMargin": rate,
        "initialMargin": margin,
        "maxLeverage": leverage,
        "mmDeduction": deduction,
    }


CASES: list[Any] = [
    (
        "bybit",
        BTC,
        {
            "result": {
                "list": [
                    limit("2000000", "0.005", "0.01", "100.00", ""),
                    limit("2600000", "0.0056", "0.0111", "90.00", "1200"),
                ]
            }
        },
        "usd",
        [(0, 2e6, 0.005, 100, 0), (2e6, 2.6e6, 0.0056, 90, 1200)],
    ),
    (
        "bybit",
        INVERSE,
        {"result": {"list": [limit("150", "0.5", "1", "100.00", "")]}},
        "base",
        [(0, 150, 0.005, 100, 0)],
    ),
    (
        "okx",
        SWAP,
        {
            "code": "0",
            "data": [
                {"instFamily": "BTC-USDT", "minSz": "3001", "maxSz": "6000", "mmr": "0.005",
                 "maxLever": "100"},
                {"instFamily": "BTC-USDT", "minSz": "0", "maxSz": "3000", "mmr": "0.004",
                 "maxLever": "125"},
                {"instFamily": "ETH-USDT", "minSz": "0", "maxSz": "1", "mmr": "0.1",
                 "maxLever": "1"},
            ],
        },
        "base",
        [(0, 30, 0.004, 125, 0), (30, 60, 0.005, 100, 0)],
    ),
    (
        "hyperliquid",
        COIN,
        {
            "universe": [{"name": "BTC", "maxLeverage": 40, "marginTableId": 56}],
            "marginTables": [
                [
                    56,
                    {
                        "description": "tiered 40x",
                        "marginTiers": [
                            {"lowerBound": "0.0", "maxLeverage": 40},
                            {"lowerBound": "150000000.0", "maxLeverage": 20},
                        ],
                    },
                ]
            ],
        },
        "usd",
        [(0, 1.5e8, 0.0125, 40, 0), (1.5e8, None, 0.025, 20, 1_875_000)],
    ),
    (
        "bitget",
        BTC,
        {
            "data": [
                {"tier": "1", "minTierValue": "0", "maxTierValue": "100000", "leverage": "125",
                 "mmr": "0.004"}
            ]
        },
        "usd",
        [(0, 1e5, 0.004, 125, None)],
    ),
    (
        "gate",
        GATE,
        [
            {"tier": 1, "risk_limit": "20000", "maintenance_rate": "0.004", "leverage_max": "125",
             "initial_rate": "0.008", "deduction": "0"}
        ],
        "usd",
        [(0, 20_000, 0.004, 125, 0)],
    ),
    (
        "dydx",
        Instrument("BTC-USD", "BTC", "USD"),
        {
            "markets": {
                "BTC-USD": {
                    "ticker": "BTC-USD",
                    "initialMarginFraction": "0.02",
                    "maintenanceMarginFraction": "0.012",
                    "openInterest": "1",
                    "oraclePrice": "80000",
                }
            }
        },
        "usd",
        [(0, None, 0.012, 50, 0)],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("exchange", "instrument", "answer", "unit", "ladder"), CASES)
def test_tiers_are_read_as_the_venue_means_them(
    exchange: str, instrument: Instrument, answer: object, unit: Any, ladder: list[Any]
):
    _, tiers = told(market(exchange).leverage_tiers([instrument], {}), answer)
    assert tiers == [
        LeverageTier(exchange, instrument.symbol, floor, cap, unit, rate, leverage, deduction)
        for floor, cap, rate, leverage, deduction in ladder
    ]
    assert not why_no_tiers(tiers)


def test_okx_is_asked_for_five_families_at_a_time():
    swaps = [Instrument(f"C{n}-USDT-SWAP", f"C{n}", "USDT") for n in range(7)]
    empty = {"code": "0", "data": []}
    requests, tiers = told(market("okx").leverage_tiers(swaps, {}), empty, empty)
    families = [address(request)[1]["instFamily"].split(",") for request in requests]
    assert [len(some) for some in families] == [5, 2] and tiers == []


def test_a_market_without_a_margin_is_malformed():
    answer = {"markets": {"X-USD": {
        "ticker": "X-USD", "initialMarginFraction": "0", "maintenanceMarginFraction": "0",
    }}}  # fmt: skip
    with pytest.raises(MalformedFrame):
        told(market("dydx").leverage_tiers([Instrument("X-USD", "X", "USD")], {}), answer)


BRACKETS = [
    {
        "symbol": "BTCUSDT",
        "notionalCoef": 1.0,
        "brackets": [
            {"bracket": 1, "initialLeverage": 150, "notionalCap": 300000, "notionalFloor": 0,
             "maintMarginRatio": 0.004, "cum": 0.0},
            {"bracket": 2, "initialLeverage": 100, "notionalCap": 800000, "notionalFloor": 300000,
             "maintMarginRatio": 0.005, "cum": 300.0},
        ],
    },
    {
        "symbol": "BTCUSD",
        "brackets": [
            {"bracket": 1, "initialLeverage": 125, "qtyCap": 5, "qtyFloor": 0,
             "maintMarginRatio": 0.004, "cum": 0.0},
        ],
    },
]  # fmt: skip


async def tiers_of(file: Path) -> list[LeverageTier]:
    adapter = adapters()["binance"]
    asked = adapter.market.leverage_tiers([BTC, INVERSE], {"tiers": str(file)})
    found = fetched("leverage tiers", asked, adapter, Pace(0.0))
    return [tier async for some in found for tier in some]


async def test_binances_tiers_come_from_the_operators_file(tmp_path: Path):
    file = tmp_path / "my tiers.json"
    file.write_bytes(msgspec.json.encode(BRACKETS))
    assert await tiers_of(file) == [
        LeverageTier("binance", "BTCUSDT", 0.0, 300_000.0, "usd", 0.004, 150.0, 0.0),
        LeverageTier("binance", "BTCUSDT", 300_000.0, 800_000.0, "usd", 0.005, 100.0, 300.0),
        LeverageTier("binance", "BTCUSD", 0.0, 5.0, "base", 0.004, 125.0, 0.0),
    ]


@pytest.mark.parametrize("text", [None, "<html>", '[{"symbol": "BTCUSDT"}]'])
async def test_a_file_that_cannot_be_read_is_said(tmp_path: Path, text: str | None):
    file = tmp_path / "tiers.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(HistoryUnavailable, match="Binance leverage tiers"):
        await tiers_of(file)
