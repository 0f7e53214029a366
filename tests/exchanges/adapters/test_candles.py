"""Candles: what each venue is asked for, and what its rows mean."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.adapters import adapters
from exchanges.adapters.base import Request
from exchanges.adapters.parts.candles import STEP_MS, pages
from exchanges.errors import MalformedFrame
from exchanges.events import Candle
from exchanges.instruments import Instrument
from tests.make import NOON

MS = int(NOON.timestamp() * 1000)
PRICES = ("80000.1", "80100.0", "79900.5", "80050.0")
LINEAR, INVERSE = Instrument("BTCUSDT", "BTC", "USDT"), Instrument("BTCUSD", "BTC", "USD", 1, True)
SWAP = Instrument("BTC-USDT-SWAP", "BTC", "USDT", 0.01)


def told(exchange: str, instrument: Instrument, *answers: object) -> tuple[list[str], list[Candle]]:
    """Ask for the half hour before noon; return the addresses asked and the candles."""
    asked = adapters()[exchange].candles(instrument, NOON - timedelta(minutes=30), NOON)
    urls: list[str] = []
    candles: list[Candle] = []
    bodies = iter(answers)
    step: Request | Sequence[Candle] | None = next(asked, None)
    while step is not None:
        if isinstance(step, Request):
            urls.append(step.url)
            step = asked.send(json.dumps(next(bodies)).encode())
        else:
            candles += step
            step = next(asked, None)
    return urls, candles


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def a_candle(exchange: str, symbol: str, volume: float) -> Candle:
    at = NOON - timedelta(minutes=5)
    return Candle(exchange, symbol, at, 80_000.1, 80_100.0, 79_900.5, 80_050.0, volume)


@pytest.mark.parametrize(
    ("instrument", "api", "volume"), [(LINEAR, "fapi", 7.5), (INVERSE, "dapi", 0.25)]
)
def test_binance_tells_base_units_in_different_places(
    instrument: Instrument, api: str, volume: float
):
    row = [MS - STEP_MS, *PRICES, "7.5", MS - 1, "0.25", 1200, "3.0", "0.1", "0"]
    [url], candles = told("binance", instrument, [row])
    assert url.startswith(f"https://{api}.binance.com/{api}/v1/klines?")
    assert query(url) == {
        "symbol": instrument.instrument_id,
        "interval": "5m",
        "limit": "499",
        "startTime": str(MS - 1_800_000),
        "endTime": str(MS - 1),
    }
    assert candles == [a_candle("binance", instrument.symbol, volume)]


@pytest.mark.parametrize(
    ("instrument", "category", "volume"), [(LINEAR, "linear", 7.5), (INVERSE, "inverse", 0.25)]
)
def test_bybit_tells_base_units_in_different_places(
    instrument: Instrument, category: str, volume: float
):
    row = [str(MS - STEP_MS), *PRICES, "7.5", "0.25"]
    [url], candles = told("bybit", instrument, {"retCode": 0, "result": {"list": [row]}})
    assert url.startswith("https://api.bybit.com/v5/market/kline?")
    assert query(url) == {
        "category": category,
        "symbol": instrument.instrument_id,
        "interval": "5",
        "limit": "1000",
        "start": str(MS - 1_800_000),
        "end": str(MS - 1),
    }
    assert candles == [a_candle("bybit", instrument.symbol, volume)]


def okx_row(place: int, confirm: str = "1") -> list[str]:
    """Return a row, the newest one at place 1."""
    return [str(MS - place * STEP_MS), *PRICES, "750", "7.5", "600375", confirm]


def test_okx_tells_base_units_and_what_is_closed():
    rows = [okx_row(place, "0" if place == 6 else "1") for place in range(1, 7)]
    [url], candles = told("okx", SWAP, {"code": "0", "data": rows})
    assert url.startswith("https://www.okx.com/api/v5/market/candles?")
    assert query(url) == {
        "instId": "BTC-USDT-SWAP",
        "bar": "5m",
        "limit": "100",
        "before": str(MS - 1_800_001),
        "after": str(MS),
    }
    assert len(candles) == 5
    assert candles[0] == a_candle("okx", "BTCUSDT", 7.5)


def test_okx_is_asked_for_its_history_where_the_recent_ones_end():
    recent, past = [okx_row(1), okx_row(2)], [okx_row(place) for place in range(2, 7)]
    urls, candles = told("okx", SWAP, {"code": "0", "data": recent}, {"code": "0", "data": past})
    assert [urlsplit(url).path for url in urls] == [
        "/api/v5/market/candles",
        "/api/v5/market/history-candles",
    ]
    assert query(urls[0]) == query(urls[1])
    times = [candle.opened_at for candle in candles]
    assert times == [NOON - place * timedelta(minutes=5) for place in range(1, 7)]


@pytest.mark.parametrize(
    ("exchange", "instrument", "answer"),
    [
        ("binance", LINEAR, {"code": -1121, "msg": "Invalid symbol."}),
        ("binance", LINEAR, [[MS, "80000"]]),
        ("bybit", LINEAR, {"retCode": 10001, "retMsg": "params error", "result": {}}),
        ("bybit", LINEAR, {"result": {"list": [["soon", *PRICES, "1", "1"]]}}),
        ("okx", SWAP, {"code": "50011", "msg": "Too Many Requests", "data": []}),
        ("okx", SWAP, {"code": "0", "data": [["1", *PRICES, "1", "1", "1", "1"]]}),
    ],
)
def test_an_answer_of_another_form_is_malformed(
    exchange: str, instrument: Instrument, answer: object
):
    with pytest.raises(MalformedFrame):
        told(exchange, instrument, answer, answer)


@given(candles=st.integers(0, 3000), size=st.integers(1, 1000))
def test_pages_cover_the_range_newest_first_and_none_is_too_large(candles: int, size: int):
    cut = list(pages(NOON, NOON + candles * timedelta(minutes=5), size))
    assert len(cut) == math.ceil(candles / size)
    assert sum((end - first) // STEP_MS for first, end in cut) == candles
    assert all(end - first <= size * STEP_MS for first, end in cut)
    assert all(a[0] == b[1] for a, b in zip(cut, cut[1:], strict=False))


def test_a_venue_that_is_not_asked_has_no_candles():
    silent = [a for a in adapters().values() if not a.candle_source]
    assert {a.name for a in adapters().values()} - {a.name for a in silent} == {
        "binance", "bybit", "okx",
    }  # fmt: skip
    assert all(list(a.candles(LINEAR, NOON - timedelta(hours=1), NOON)) == [] for a in silent)
