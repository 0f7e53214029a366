"""The job in the worker: what it freezes, when, and that it is never said twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from exchanges.store import Writer, query
from heatmap.forecast import job, model
from heatmap.forecast.columns import digest, read_columns
from heatmap.zones import engine
from tests.heatmap.forecast.bench import (
    DAY,
    START,
    Bench,
    days,
    frozen_at,
    said,
    state_file,
    store_market,
)

pytestmark = pytest.mark.django_db(transaction=True)

HALF_HOUR = timedelta(minutes=30)
FIVE = timedelta(minutes=5)


async def test_three_days_at_once_and_in_turns_over_restarts_freeze_the_same(
    bench: Bench, lake: Writer, tmp_path: Path
):
    series = days(3)
    store_market(lake, series)
    for candle in (2 * DAY, 2 * DAY + 1, 2 * DAY + 9, 2 * DAY + 100, 3 * DAY):
        await bench.at_close(candle)
        bench.restarted()
    stepped = bench.columns()
    assert frozen_at(stepped) == [START + n * HALF_HOUR for n in range(1, 3 * 48 + 1)]
    assert len(stepped) == 2 * len(frozen_at(stepped))
    state_file(tmp_path).unlink()
    lake._connection.execute("DELETE FROM zone_columns")
    bench.restarted()
    await bench.at_close(3 * DAY)
    assert said(bench.columns()) == said(stepped)


async def test_trouble_is_over_with_the_first_columns_that_are_stored_not_with_the_last(
    bench: Bench, lake: Writer, monkeypatch: pytest.MonkeyPatch
):
    store_market(lake, days(3))
    monkeypatch.setattr(job, "COLUMNS_PER_WRITE", 8)
    told_after: list[int] = []
    bench.job._context = replace(
        bench.job._context, tell_trouble=lambda words: told_after.append(len(bench.columns()))
    )
    await bench.at_close(3 * DAY)
    assert 0 < told_after[0] < told_after[-1] == len(bench.columns())


async def test_a_replay_writes_no_column_again_and_changes_none(
    bench: Bench, lake: Writer, tmp_path: Path
):
    store_market(lake, days(1))
    await bench.at_close(DAY - 20)
    before = bench.columns()
    state_file(tmp_path).unlink()
    bench.restarted()
    await bench.at_close(DAY)
    after = bench.columns()
    assert after[: len(before)] == before
    assert len(after) == 2 * len(frozen_at(after)) == 2 * 48


async def test_a_column_says_truly_when_it_was_written(bench: Bench, lake: Writer):
    series = days(1)
    store_market(lake, series, 0, DAY - 6)
    await bench.at_close(DAY - 6)
    store_market(lake, series, DAY - 6, DAY)
    await bench.at_close(DAY)
    written = {frozen: written for *_, frozen, _, _, _, _, _, _, written in bench.columns()}
    late = {at for at, on in written.items() if on - at > FIVE}
    assert late == {at for at in written if at < START + (DAY - 6) * FIVE}
    assert written[START + DAY * FIVE] == bench.now


async def test_candles_without_their_open_interest_are_waited_for_but_not_for_ever(
    bench: Bench, lake: Writer
):
    store_market(lake, days(1))
    lake._connection.execute(
        'DELETE FROM open_interest WHERE "at" >= $at', {"at": START + (DAY - 1) * FIVE}
    )
    await bench.at_close(DAY)
    assert frozen_at(bench.columns())[-1] == START + (DAY - 6) * FIVE
    await bench.at_close(DAY, after=timedelta(minutes=3))
    assert frozen_at(bench.columns())[-1] == START + DAY * FIVE


async def test_an_exchange_that_is_late_holds_up_no_other(lake: Writer, bench: Bench):
    both = Bench(lake, ("binance", "bybit"))
    store_market(lake, days(1))
    store_market(lake, days(1, seed=1, exchange="bybit"), 0, DAY - 3)
    await both.at_close(DAY)
    assert frozen_at(both.columns())[-1] == START + DAY * FIVE
    assert frozen_at(both.columns("bybit"))[-1] == START + (DAY - 6) * FIVE
    assert not both.snapshots()
    await both.at_close(DAY, after=timedelta(minutes=4))
    assert set(both.snapshots()) == {START + DAY * FIVE}


async def test_no_model_begins_before_the_past_is_gathered(bench: Bench, lake: Writer):
    store_market(lake, days(1))
    bench.complete.clear()
    await bench.at_close(DAY)
    assert not bench.columns()
    bench.complete.add("binance")
    await bench.at_close(DAY)
    assert bench.columns()


async def test_a_model_with_a_bug_rests_and_others_go_on(
    bench: Bench, lake: Writer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    both = Bench(lake, ("binance", "bybit"))
    series = days(1.1)
    store_market(lake, series, 0, DAY)
    store_market(lake, days(1, seed=1, exchange="bybit"))
    whole = engine.advance

    def breaks(state: Any, series: Any, *rest: Any, **told: Any) -> Any:
        if series.exchange == "binance":
            raise ZeroDivisionError("a bug")
        return whole(state, series, *rest, **told)

    with monkeypatch.context() as patched:
        patched.setattr(model, "advance", breaks)
        await both.at_close(DAY)
    assert not both.columns() and both.columns("bybit")
    assert "binance BTCUSDT: its model met a bug" in caplog.text and "a bug" in caplog.text
    await both.at_close(DAY, after=timedelta(minutes=2))
    assert not both.columns()
    store_market(lake, series, DAY, DAY + 13)
    await both.at_close(DAY + 12, after=timedelta(minutes=1))
    assert frozen_at(both.columns())[-1] == START + (DAY + 12) * FIVE


async def test_a_snapshot_is_named_by_the_columns_and_its_parts_sum_to_its_value(
    lake: Writer, bench: Bench
):
    both = Bench(lake, ("binance", "bybit"))
    store_market(lake, days(2))
    store_market(lake, days(2, seed=1, exchange="bybit", price=6.01e4))
    await both.at_close(2 * DAY)
    zones = query(both.lake, "SELECT * FROM zones", {})
    assert zones
    at = START + 2 * DAY * FIVE
    again = digest(read_columns(both.lake, "BTCUSDT", at - FIVE, at))
    for name, _, frozen, _, low, high, value, parts, *_ in zones:
        assert name == again and frozen == at and low < high
        assert sum(parts.values()) == pytest.approx(value) and value > 0
        assert set(parts) == {"binance", "bybit"}
    assert {one[-2] for one in zones} == {"low"}, "nothing was recorded yet"


async def test_a_snapshot_is_made_once(bench: Bench, lake: Writer):
    store_market(lake, days(2))
    await bench.at_close(2 * DAY)
    first = bench.snapshots()
    assert first
    await bench.at_close(2 * DAY, after=timedelta(minutes=2))
    bench.restarted()
    await bench.at_close(2 * DAY, after=timedelta(minutes=3))
    assert bench.snapshots() == first


async def test_a_file_that_cannot_be_read_costs_a_replay_and_nothing_else(
    bench: Bench, lake: Writer, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    store_market(lake, days(1))
    await bench.at_close(DAY - 6)
    before = bench.columns()
    state_file(tmp_path).write_bytes(state_file(tmp_path).read_bytes()[:1000])
    bench.restarted()
    await bench.at_close(DAY)
    assert "the model starts anew" in caplog.text
    assert bench.columns()[: len(before)] == before
    assert frozen_at(bench.columns())[-1] == START + DAY * FIVE


def test_contracts_that_are_not_listed_yet_are_looked_for_again_soon(bench: Bench):
    bench.now = START + timedelta(seconds=25)
    assert bench.job._next_look([]) - bench.now == timedelta(seconds=15)
