"""Candles in the store: each once, and what is missing."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchanges.errors import StoreUnavailable
from exchanges.store import Writer, query
from exchanges.store.candles import missing, most_liquidated
from exchanges.store.inspect import status
from tests.make import NOON, a_candle, a_liquidation, some_liquidations, tidy

STEP = timedelta(minutes=5)
# The examples of one test share a lake.
TURNS = count()


def at(number: int) -> datetime:
    return NOON + number * STEP


def test_a_candle_is_stored_once_whatever_is_given_again(lake: Writer, tmp_path: Path):
    first = a_candle(opened_at=at(0))
    assert lake.append_candles([first, first, a_candle(opened_at=at(1))]) == 2
    assert lake.append_candles([first, a_candle(opened_at=at(2), close=81_000.0)]) == 1
    assert lake.append_candles([a_candle(exchange="okx", opened_at=at(0))]) == 1
    assert lake.append_candles([a_candle(symbol="ETHUSDT", opened_at=at(0))]) == 1
    assert lake.append_candles([]) == 0
    rows = "SELECT * FROM candles WHERE symbol = 'BTCUSDT' AND exchange = 'binance' ORDER BY ALL"
    assert query(tmp_path / "lake", rows, {})[2] == (
        "binance", "BTCUSDT", at(2), 80_000.0, 80_200.0, 79_900.0, 81_000.0, 12.5,
    )  # fmt: skip
    tidy(lake)
    assert query(tmp_path / "lake", "SELECT count(*) FROM candles", {}) == [(5,)]
    [table] = [one for one in status(tmp_path / "lake").tables if one.table == "candles"]
    assert table.rows == 5


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=15
)
@given(numbers=st.sets(st.integers(0, 11)))
def test_what_is_missing_and_what_is_stored_is_the_whole(lake: Writer, numbers: set[int]):
    exchange = f"venue {next(TURNS)}"
    lake.append_candles([a_candle(exchange=exchange, opened_at=at(n)) for n in numbers])
    spans = missing(lake.folder, exchange, "BTCUSDT", at(0), at(12))
    lacking = [n for since, until in spans for n in range(12) if since <= at(n) < until]
    assert sorted(lacking) == sorted(set(range(12)) - numbers)
    assert spans == sorted(spans, reverse=True)
    assert all(since < until for since, until in spans)


def test_the_busiest_symbols_are_those_with_most_value_on_these_venues(lake: Writer):
    lake.append(
        [
            *some_liquidations(2, symbol="SOLUSDT", value_usd=10.0),
            a_liquidation(event_id="binance:x", symbol="XRPUSDT", value_usd=100.0),
            a_liquidation(event_id="binance:n", symbol="NEWUSDT", value_usd=None),
            a_liquidation(event_id="gate:x", exchange="gate", symbol="ADAUSDT"),
            a_liquidation(event_id="binance:old", exchange_time=NOON - timedelta(days=2)),
        ]
    )
    since = NOON - timedelta(days=1)
    busiest = partial(most_liquidated, lake.folder)
    assert busiest(["binance", "okx"], since, 9) == ["XRPUSDT", "SOLUSDT", "NEWUSDT"]
    assert busiest(["binance"], since, 1) == ["XRPUSDT"]


def test_a_store_that_is_away_is_said(lake: Writer, tmp_path: Path):
    lake.close()
    nowhere = tmp_path / "nowhere"
    for ask in (
        lambda: lake.append_candles([a_candle()]),
        lambda: missing(nowhere, "binance", "BTCUSDT", at(0), at(1)),
        lambda: most_liquidated(nowhere, ["binance"], NOON, 1),
    ):
        with pytest.raises(StoreUnavailable):
            ask()
