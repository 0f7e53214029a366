"""What holds for the market data of every venue."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.adapters import adapters
from exchanges.adapters.market.base import MarketData, Source, pages, perpetuals
from exchanges.adapters.market.rows import Rung, with_deductions
from exchanges.errors import MalformedFrame
from exchanges.instruments import Instrument, Instruments
from tests.exchanges.adapters.asking import HALF_AN_HOUR, MS, STEP_MS, market, told
from tests.exchanges.adapters.contracts import (
    AT_MS,
    BTC,
    COIN,
    DERIBIT,
    DYDX,
    GATE,
    INVERSE,
    PRICES,
    SWAP,
)
from tests.make import NOON

MALFORMED: list[Any] = [
    ("binance", BTC, {"code": -1121, "msg": "Invalid symbol."}),
    ("binance", BTC, [[MS, "80000"]]),
    ("bybit", BTC, {"retCode": 10001, "retMsg": "params error", "result": {}}),
    ("bybit", BTC, {"result": {"list": [["soon", *PRICES, "1", "1"]]}}),
    ("okx", SWAP, {"code": "50011", "msg": "Too Many Requests", "data": []}),
    ("okx", SWAP, {"code": "0", "data": [["1", *PRICES, "1", "1", "1", "1"]]}),
    ("hyperliquid", COIN, None),
    ("bitget", BTC, {"code": "40034", "msg": "Parameter does not exist", "data": None}),
    ("gate", GATE, {"label": "CONTRACT_NOT_FOUND", "message": "not found"}),
    (
        "deribit",
        DERIBIT,
        {"jsonrpc": "2.0", "error": {"code": -32602, "message": "Invalid params"}},
    ),
    ("deribit", DERIBIT, {"result": {"status": "ok", "ticks": [AT_MS], "open": []}}),
    ("dydx", DYDX, {"errors": [{"msg": "no such market"}]}),
]


@pytest.mark.parametrize(("exchange", "instrument", "answer"), MALFORMED)
def test_an_answer_of_another_form_is_malformed(
    exchange: str, instrument: Instrument, answer: object
):
    with pytest.raises(MalformedFrame):
        told(market(exchange).candles(instrument, *HALF_AN_HOUR), answer, answer)


@given(candles=st.integers(0, 3000), size=st.integers(1, 1000))
def test_pages_cover_the_range_newest_first_and_none_is_too_large(candles: int, size: int):
    cut = list(pages(NOON, NOON + candles * timedelta(minutes=5), size))
    assert len(cut) == math.ceil(candles / size)
    assert sum((end - first) // STEP_MS for first, end in cut) == candles
    assert all(end - first <= size * STEP_MS for first, end in cut)
    assert all(a[0] == b[1] for a, b in zip(cut, cut[1:], strict=False))


@given(steps=st.lists(st.tuples(st.floats(1, 1e6), st.floats(0.001, 0.05)), min_size=1, max_size=8))
def test_deductions_leave_no_step_in_the_maintenance_margin(steps: list[tuple[float, float]]):
    cap, rungs = 0.0, []
    for width, rate in steps:
        cap += width
        rungs.append(Rung(cap, rate, 10.0))
    found = list(with_deductions(rungs))
    assert found[0].deduction == 0
    for below, above in zip(found, found[1:], strict=False):
        edge = below.cap or 0.0
        one, other = (edge * r.maintenance_rate - (r.deduction or 0.0) for r in (below, above))
        assert math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-6)


def test_a_symbols_perpetual_is_the_one_with_the_shortest_name():
    dated = Instrument("BTCUSDT_261225", "BTC", "USDT")
    listed = Instruments([dated, BTC, INVERSE])
    assert perpetuals(listed) == {"BTCUSDT": BTC, "BTCUSD": INVERSE}
    assert perpetuals(listed, ["BTCUSDT", "NOTLISTED"]) == {"BTCUSDT": BTC}


@pytest.mark.parametrize("name", adapters())
def test_states_a_source_for_each_thing_that_it_tells_and_for_nothing_else(name: str):
    data = adapters()[name].market
    methods = {
        "candle_source": data.candles,
        "mark_source": data.mark_candles,
        "open_interest_source": data.open_interest,
        "reading_source": data.readings,
        "tier_source": data.leverage_tiers,
    }
    for source, method in methods.items():
        is_told = getattr(type(data), method.__name__) is not getattr(MarketData, method.__name__)
        stated: Source | None = getattr(data, source)
        assert is_told == (stated is not None and bool(stated.rule)), source
    assert data.exchange == (name if data.candle_source else "")
    module = Path(__file__).parents[3] / "exchanges" / "adapters" / "market" / f"{name}.py"
    assert module.exists() == bool(data.candle_source)


def test_a_venue_that_states_nothing_asks_for_nothing():
    since, until = NOON - timedelta(hours=1), NOON
    asked = _everything(adapters()["aster"].market, since, until)
    assert [list(generator) for generator in asked] == [[]] * 5


def _everything(data: MarketData, since: datetime, until: datetime) -> list[Any]:
    return [
        data.candles(BTC, since, until),
        data.mark_candles(BTC, since, until),
        data.open_interest(BTC, since, until),
        data.readings(Instruments()),
        data.leverage_tiers([BTC], {}),
    ]
