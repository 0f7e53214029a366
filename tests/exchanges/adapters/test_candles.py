"""Candles of trades and marks: what each venue is asked for, and what its rows mean."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from exchanges.events import Candle
from exchanges.instruments import Instrument
from tests.exchanges.adapters.asking import HALF_AN_HOUR, MS, STEP_MS, address, market, told
from tests.exchanges.adapters.contracts import (
    AT,
    AT_MS,
    BAR,
    BTC,
    COIN,
    DERIBIT,
    DYDX,
    DYDX_CANDLES,
    GATE,
    GATE_INVERSE,
    INVERSE,
    PRICES,
    SWAP,
)
from tests.make import NOON

CANDLES: list[Any] = [
    ("binance", BTC, [[AT_MS, *PRICES, "7.5", MS - 1, "0.25", 1200, "3.0", "0.1", "0"]], 7.5),
    ("binance", INVERSE, [[AT_MS, *PRICES, "7.5", MS - 1, "0.25", 1200, "3", "1", "0"]], 0.25),
    ("bybit", BTC, {"retCode": 0, "result": {"list": [[str(AT_MS), *PRICES, "7.5", "1"]]}}, 7.5),
    ("bybit", INVERSE, {"result": {"list": [[str(AT_MS), *PRICES, "7.5", "0.25"]]}}, 0.25),
    ("hyperliquid", COIN, [BAR | {"t": AT_MS, "T": MS - 1, "i": "5m", "n": 3, "v": "7.5"}], 7.5),
    ("bitget", BTC, {"code": "00000", "data": [[str(AT_MS), *PRICES, "7.5", "600000"]]}, 7.5),
    ("gate", GATE, [BAR | {"t": AT_MS // 1000, "v": 75_000, "sum": "600000"}], 7.5),
    ("gate", GATE_INVERSE, [BAR | {"t": AT_MS // 1000, "v": 80_050}], 1.0),
    (
        "deribit",
        DERIBIT,
        {
            "jsonrpc": "2.0",
            "result": {
                "status": "ok", "ticks": [AT_MS], "volume": [7.5], "cost": [600_000.0],
                "open": [80000.1], "high": [80100.0], "low": [79900.5], "close": [80050.0],
            },
        },
        7.5,
    ),
    (
        "dydx",
        DYDX,
        DYDX_CANDLES,
        7.5,
    ),
]  # fmt: skip
WINDOWS: dict[str, tuple[str, dict[str, Any]]] = {
    "binance": (
        "https://fapi.binance.com/fapi/v1/klines",
        {
            "symbol": "BTCUSDT", "interval": "5m", "limit": "499",
            "startTime": str(MS - 1_800_000), "endTime": str(MS - 1),
        },
    ),
    "bybit": (
        "https://api.bybit.com/v5/market/kline",
        {
            "category": "linear", "symbol": "BTCUSDT", "interval": "5", "limit": "1000",
            "start": str(MS - 1_800_000), "end": str(MS - 1),
        },
    ),
    "bitget": (
        "https://api.bitget.com/api/v3/market/candles",
        {
            "category": "USDT-FUTURES", "symbol": "BTCUSDT", "type": "MARKET", "interval": "5m",
            "limit": "1000", "startTime": str(MS - 1_800_000), "endTime": str(MS - 1),
        },
    ),
    "gate": (
        "https://api.gateio.ws/api/v4/futures/usdt/candlesticks",
        {
            "contract": "BTC_USDT", "interval": "5m",
            "from": str(MS // 1000 - 1800), "to": str(MS // 1000 - 1),
        },
    ),
    "hyperliquid": (
        "https://api.hyperliquid.xyz/info",
        {
            "type": "candleSnapshot",
            "req": {
                "coin": "BTC", "interval": "5m", "startTime": MS - 1_800_000, "endTime": MS - 1,
            },
        },
    ),
    "deribit": (
        "https://www.deribit.com/api/v2/public/get_tradingview_chart_data",
        {
            "instrument_name": "BTC-PERPETUAL", "resolution": "5",
            "start_timestamp": str(MS - 1_800_000), "end_timestamp": str(MS - 1),
        },
    ),
    "dydx": (
        "https://indexer.dydx.trade/v4/candles/perpetualMarkets/BTC-USD",
        {
            "resolution": "5MINS", "limit": "1000",
            "fromISO": "2026-11-22T11:30:00.000Z", "toISO": "2026-11-22T12:00:00.000Z",
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(("exchange", "instrument", "answer", "volume"), CANDLES)
def test_candles_have_their_volume_in_base_units(
    exchange: str, instrument: Instrument, answer: object, volume: float
):
    [request], [candle] = told(market(exchange).candles(instrument, *HALF_AN_HOUR), answer)
    prices = (80_000.1, 80_100.0, 79_900.5, 80_050.0)
    assert candle == Candle(exchange, instrument.symbol, AT, *prices, volume)
    if exchange in WINDOWS and not (instrument.is_inverse and exchange != "deribit"):
        assert address(request) == WINDOWS[exchange]


MARKS: list[Any] = [
    ("binance", BTC, "markPriceKlines", [[AT_MS, *PRICES, "0", MS - 1, "0", 1, "0", "0", "0"]]),
    ("bybit", BTC, "mark-price-kline", {"result": {"list": [[str(AT_MS), *PRICES]]}}),
    ("bitget", BTC, "MARK", {"data": [[str(AT_MS), *PRICES, "0", "0"]]}),
    ("gate", GATE, "mark_BTC_USDT", [BAR | {"t": AT_MS // 1000}]),
]


@pytest.mark.parametrize(("exchange", "instrument", "place", "answer"), MARKS)
def test_of_mark_prices_the_reach_is_kept(
    exchange: str, instrument: Instrument, place: str, answer: object
):
    [request], [candle] = told(market(exchange).mark_candles(instrument, *HALF_AN_HOUR), answer)
    assert place in request.url
    assert (candle.exchange, candle.symbol) == (exchange, instrument.symbol)
    assert (candle.opened_at, candle.high, candle.low) == (AT, 80_100.0, 79_900.5)


def okx_row(place: int, confirm: str = "1") -> list[str]:
    """Return a row, the newest one at place 1."""
    return [str(MS - place * STEP_MS), *PRICES, "750", "7.5", "600375", confirm]


def test_okx_tells_base_units_and_what_is_closed():
    rows = [okx_row(place, "0" if place == 6 else "1") for place in range(1, 7)]
    answer = {"code": "0", "data": rows}
    [request], candles = told(market("okx").candles(SWAP, *HALF_AN_HOUR), answer)
    assert address(request) == (
        "https://www.okx.com/api/v5/market/candles",
        {
            "instId": "BTC-USDT-SWAP",
            "bar": "5m",
            "limit": "100",
            "before": str(MS - 1_800_001),
            "after": str(MS),
        },
    )
    assert len(candles) == 5
    assert (candles[0].opened_at, candles[0].volume) == (AT, 7.5)


def test_okx_is_asked_for_its_history_where_the_recent_ones_end():
    recent, past = [okx_row(1), okx_row(2)], [okx_row(place) for place in range(2, 7)]
    answers = [{"code": "0", "data": rows} for rows in (recent, past)]
    requests, candles = told(market("okx").candles(SWAP, *HALF_AN_HOUR), *answers)
    places = [address(request)[0].rpartition("/")[2] for request in requests]
    assert places == ["candles", "history-candles"]
    assert address(requests[0])[1] == address(requests[1])[1]
    times = [candle.opened_at for candle in candles]
    assert times == [NOON - place * timedelta(minutes=5) for place in range(1, 7)]


def test_okx_mark_prices_have_no_volumes():
    rows = [[str(MS - place * STEP_MS), *PRICES, "1"] for place in range(1, 7)]
    answer = {"code": "0", "data": rows}
    [request], candles = told(market("okx").mark_candles(SWAP, *HALF_AN_HOUR), answer)
    assert request.url.startswith("https://www.okx.com/api/v5/market/mark-price-candles?")
    assert {(candle.high, candle.low) for candle in candles} == {(80_100.0, 79_900.5)}
