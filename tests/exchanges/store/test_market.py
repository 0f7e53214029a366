"""Market data in the store: each row once, what is missing, which tiers count."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchanges.errors import StoreUnavailable
from exchanges.events import Candle, LeverageTier, MarkCandle, OpenInterest
from exchanges.store import Writer, query
from exchanges.store.connection import INLINED_ROWS
from exchanges.store.inspect import status
from exchanges.store.market import (
    SERIES,
    SeriesRow,
    missing,
    most_liquidated,
    newest_tiers,
)
from tests.make import NOON, a_candle, a_liquidation, some_liquidations, tidy

STEP = timedelta(minutes=5)
# The examples of one test share a lake.
TURNS = count()


def at(number: int) -> datetime:
    return NOON + number * STEP


MAKERS: dict[type[SeriesRow], Callable[[str, str, datetime], SeriesRow]] = {
    Candle: lambda exchange, symbol, t: a_candle(exchange=exchange, symbol=symbol, opened_at=t),
    MarkCandle: lambda exchange, symbol, t: MarkCandle(exchange, symbol, t, 80_200.0, 79_900.0),
    OpenInterest: lambda exchange, symbol, t: OpenInterest(exchange, symbol, t, 54_321.5),
}
every_series = pytest.mark.parametrize("kind", SERIES, ids=lambda kind: SERIES[kind].name)


@every_series
def test_a_row_is_stored_once_whatever_is_given_again(
    lake: Writer, tmp_path: Path, kind: type[SeriesRow]
):
    make, table = MAKERS[kind], SERIES[kind].name
    first = make("binance", "BTCUSDT", at(0))
    assert lake.append_series([first, first, make("binance", "BTCUSDT", at(1))]) == 2
    assert lake.append_series([first, make("binance", "BTCUSDT", at(2))]) == 1
    assert lake.append_series([make("okx", "BTCUSDT", at(0))]) == 1
    assert lake.append_series([make("binance", "ETHUSDT", at(0))]) == 1
    assert lake.append_series([]) == 0
    where = "WHERE symbol = 'BTCUSDT' AND exchange = 'binance' ORDER BY ALL"
    rows = query(tmp_path / "lake", f"SELECT * FROM {table} {where}", {})
    last = make("binance", "BTCUSDT", at(2))
    assert rows[2] == tuple(getattr(last, name) for name in kind.__struct_fields__)
    tidy(lake)
    assert query(tmp_path / "lake", f"SELECT count(*) FROM {table}", {}) == [(5,)]
    [told] = [one for one in status(tmp_path / "lake").tables if one.table == table]
    assert told.rows == 5


def test_all_series_go_in_together_or_not_at_all(lake: Writer, tmp_path: Path):
    rows = [make("binance", "BTCUSDT", at(0)) for make in MAKERS.values()]
    assert lake.append_series(rows) == 3
    bad = OpenInterest("okx", "BTCUSDT", at(0), None)  # type: ignore[arg-type]
    with pytest.raises(StoreUnavailable):
        lake.append_series([a_candle(exchange="okx"), bad])
    assert query(tmp_path / "lake", "SELECT count(*) FROM candles", {}) == [(1,)]


def test_only_what_waits_in_the_catalog_counts_toward_a_flush(
    lake: Writer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("exchanges.store.writer.FLUSHED_ROWS", 2 * INLINED_ROWS)

    def series(number: int, rows: int) -> list[SeriesRow]:
        return [MAKERS[OpenInterest](f"venue {number}", "BTCUSDT", at(n)) for n in range(rows)]

    lake.append_series(series(0, INLINED_ROWS * 5))
    assert not lake.is_flush_due
    lake.append_series(series(1, INLINED_ROWS))
    lake.append_series(series(2, INLINED_ROWS))
    assert lake.is_flush_due


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=15
)
@given(
    numbers=st.lists(st.sets(st.integers(0, 11)), min_size=3, max_size=3),
    kind=st.sampled_from(list(SERIES)),
)
def test_what_is_missing_and_what_is_stored_is_the_whole(
    lake: Writer, numbers: list[set[int]], kind: type[SeriesRow]
):
    exchange, symbols = f"venue {next(TURNS)}", ("AUSDT", "BUSDT", "CUSDT")
    make = MAKERS[kind]
    lake.append_series(
        [make(exchange, s, at(n)) for s, own in zip(symbols, numbers, strict=True) for n in own]
    )
    found = missing(lake.lake, kind, exchange, symbols, at(0), at(12))
    assert list(found) == list(symbols)
    for (symbol, spans), stored in zip(found.items(), numbers, strict=True):
        lacking = [n for since, until in spans for n in range(12) if since <= at(n) < until]
        assert sorted(lacking) == sorted(set(range(12)) - stored), symbol
        assert spans == sorted(spans, reverse=True)
        assert all(since < until for since, until in spans)


def a_tier(symbol: str, floor: float, cap: float | None, rate: float = 0.004) -> LeverageTier:
    return LeverageTier("bybit", symbol, floor, cap, "usd", rate, 100.0, None)


def test_the_newest_tiers_count_and_only_those(lake: Writer):
    assert newest_tiers(lake.lake, "bybit", NOON) == {}
    lake.append_tiers([a_tier("BTCUSDT", 0, 1e6), a_tier("BTCUSDT", 1e6, 2e6, 0.01)], at(0))
    lake.append_tiers([a_tier("ETHUSDT", 0, None)], at(0))
    lake.append_tiers([a_tier("BTCUSDT", 0, 3e6, 0.005)], at(2))
    assert newest_tiers(lake.lake, "bybit", at(3)) == {
        "BTCUSDT": (a_tier("BTCUSDT", 0, 3e6, 0.005),),
        "ETHUSDT": (a_tier("ETHUSDT", 0, None),),
    }
    assert len(newest_tiers(lake.lake, "bybit", at(1))["BTCUSDT"]) == 2
    assert newest_tiers(lake.lake, "okx", at(3)) == {}


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
    busiest = partial(most_liquidated, lake.lake)
    assert busiest(["binance", "okx"], since, 9) == ["XRPUSDT", "SOLUSDT", "NEWUSDT"]
    assert busiest(["binance"], since, 1) == ["XRPUSDT"]


def test_a_store_that_is_away_is_said(lake: Writer, tmp_path: Path):
    lake.close()
    nowhere = tmp_path / "nowhere"
    for ask in (
        lambda: lake.append_series([a_candle()]),
        lambda: lake.append_tiers([a_tier("BTCUSDT", 0, None)], NOON),
        lambda: missing(nowhere, Candle, "binance", ["BTCUSDT"], at(0), at(1)),
        lambda: newest_tiers(nowhere, "bybit", NOON),
        lambda: most_liquidated(nowhere, ["binance"], NOON, 1),
    ):
        with pytest.raises(StoreUnavailable):
            ask()
