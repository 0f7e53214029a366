"""Open interest: base units of one side, whatever the venue counts."""

from __future__ import annotations

import math
from typing import Any

import pytest

from exchanges.instruments import Instrument, Instruments
from tests.exchanges.adapters.asking import HALF_AN_HOUR, market, told
from tests.exchanges.adapters.contracts import (
    AT,
    AT_MS,
    BTC,
    COIN,
    DERIBIT,
    DYDX,
    DYDX_CANDLES,
    GATE,
    GATE_INVERSE,
    INVERSE,
    SWAP,
)


def statistic(**own: Any) -> dict[str, Any]:
    return {"sumOpenInterest": "900", "sumOpenInterestValue": "1.25", "timestamp": AT_MS} | own


MARK_KLINE = {"result": {"list": [[str(AT_MS), "80000", "80100", "79900", "80050"]]}}
PAST: list[Any] = [
    ("binance", BTC, [[statistic(symbol="BTCUSDT")]], 900.0),
    ("binance", INVERSE, [[statistic(pair="BTCUSD", contractType="PERPETUAL")]], 1.25),
    (
        "bybit",
        BTC,
        [{"result": {"list": [{"openInterest": "1800", "timestamp": str(AT_MS)}]}}],
        900.0,
    ),
    (
        "bybit",
        BTC,
        [
            {
                "result": {
                    "list": [
                        {
                            "openInterest": "1800",
                            "singleOpenInterest": "901",
                            "timestamp": str(AT_MS),
                        }
                    ]
                }
            }
        ],
        901.0,
    ),
    (
        "bybit",
        INVERSE,
        [{"result": {"list": [{"openInterest": "160000", "timestamp": AT_MS}]}}, MARK_KLINE],
        1.0,
    ),
    ("okx", SWAP, [{"code": "0", "data": [[str(AT_MS), "90000", "900", "72000000"]]}], 900.0),
    (
        "gate",
        GATE,
        [[{"time": AT_MS // 1000, "open_interest": "18000000", "mark_price": "80000"}]],
        900.0,
    ),
    (
        "gate",
        GATE_INVERSE,
        [[{"time": AT_MS // 1000, "open_interest": 160_000, "mark_price": "80000"}]],
        1.0,
    ),
    ("dydx", DYDX, [DYDX_CANDLES], 54.0594),
]


@pytest.mark.parametrize(("exchange", "instrument", "answers", "quantity"), PAST)
def test_past_open_interest_is_in_base_units_and_of_one_side(
    exchange: str, instrument: Instrument, answers: list[object], quantity: float
):
    _, [row] = told(market(exchange).open_interest(instrument, *HALF_AN_HOUR), *answers)
    assert (row.exchange, row.symbol, row.at) == (exchange, instrument.symbol, AT)
    assert math.isclose(row.quantity, quantity)


NOTHING: dict[str, Any] = {"result": {"list": []}}
NOW: list[Any] = [
    (
        "bybit",
        BTC,
        [
            {
                "result": {
                    "list": [
                        {"symbol": "BTCUSDT", "markPrice": "80000", "openInterest": "1800"},
                        {"symbol": "NEWUSDT", "markPrice": "", "openInterest": ""},
                    ]
                }
            },
            NOTHING,
        ],
        900.0,
    ),
    (
        "bybit",
        INVERSE,
        [
            NOTHING,
            {
                "result": {
                    "list": [
                        {
                            "symbol": "BTCUSD",
                            "markPrice": "80000",
                            "openInterest": "160000",
                            "singleOpenInterest": "80000",
                        }
                    ]
                }
            },
        ],
        1.0,
    ),
    (
        "okx",
        SWAP,
        [
            {
                "code": "0",
                "data": [
                    {"instId": "BTC-USDT-SWAP", "oi": "90000", "oiCcy": "900", "oiUsd": "72000000"}
                ],
            }
        ],
        900.0,
    ),
    (
        "hyperliquid",
        COIN,
        [
            [
                {
                    "universe": [
                        {"name": "OLD", "maxLeverage": 3, "isDelisted": True},
                        {"name": "BTC", "maxLeverage": 40, "marginTableId": 56},
                    ]
                },
                [
                    {"openInterest": "0.0", "markPx": None},
                    {"openInterest": "900.0", "markPx": "80000.0"},
                ],
            ]
        ],
        900.0,
    ),
    (
        "bitget",
        BTC,
        [{"data": [{"symbol": "BTCUSDT", "openInterest": "900", "markPrice": "80000"}]}],
        900.0,
    ),
    (
        "gate",
        GATE,
        [[{"name": "BTC_USDT", "position_size": 9_000_000, "mark_price": "80000"}], [], []],
        900.0,
    ),
    (
        "dydx",
        DYDX,
        [
            {
                "markets": {
                    "BTC-USD": {
                        "ticker": "BTC-USD",
                        "initialMarginFraction": "0.02",
                        "maintenanceMarginFraction": "0.012",
                        "openInterest": "900",
                        "oraclePrice": "80000",
                    }
                }
            }
        ],
        900.0,
    ),
    (
        "deribit",
        DERIBIT,
        [
            {
                "result": [
                    {
                        "instrument_name": "BTC-PERPETUAL",
                        "open_interest": 80_000,
                        "mark_price": 80_000.0,
                    }
                ]
            }
        ],
        1.0,
    ),
]


@pytest.mark.parametrize(("exchange", "instrument", "answers", "quantity"), NOW)
def test_what_is_open_now_is_in_base_units_and_of_one_side(
    exchange: str, instrument: Instrument, answers: list[object], quantity: float
):
    _, [reading] = told(market(exchange).readings(Instruments([instrument])), *answers)
    assert reading.instrument_id == instrument.instrument_id
    assert math.isclose(reading.quantity, quantity)
    assert math.isclose(reading.price, 80_000.0)
