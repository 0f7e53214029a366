"""Tidying up in small steps: nothing is lost, files become few, old rows and files go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from exchanges.errors import StoreUnavailable
from exchanges.events import Liquidation
from exchanges.journal import Position
from exchanges.store import Writer, query
from exchanges.store.catalog import inlined_rows, live_files, open_catalog
from exchanges.store.connection import connect
from exchanges.store.maintenance import (
    FILES_KEPT,
    SNAPSHOTS_KEPT,
    Step,
    compact,
    flush_steps,
    forget_before,
    steps,
)
from tests.make import NOON, a_liquidation, some_liquidations, tidy

COUNT = "SELECT count(*), sum(value_usd) FROM liquidations"


def fill(folder: Path, batches: int = 12, rows: int = 510) -> None:
    """Store batches of which every other one is small enough to stay in the catalog."""
    with Writer(folder) as writer:
        for number in range(batches):
            count = rows if number % 2 else 30
            ids = [f"binance:{number}:{n}" for n in range(count)]
            writer.append([a_liquidation(event_id=one, value_usd=1.25) for one in ids])


@pytest.fixture
def lake_connection(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    fill(tmp_path)
    with closing(connect(tmp_path, read_only=False)) as connection:
        yield connection


def files(folder: Path) -> int:
    return len(list(folder.rglob("*.parquet")))


def test_a_round_keeps_every_row_and_leaves_one_file_a_table(
    tmp_path: Path, lake_connection: duckdb.DuckDBPyConnection
):
    before = query(tmp_path, COUNT, {})
    for step in steps(lake_connection, datetime.now(UTC)):
        step(lake_connection)
    assert query(tmp_path, COUNT, {}) == before == [(3240, 4050.0)]
    with open_catalog(tmp_path) as catalog:
        assert inlined_rows(catalog)["liquidations"] == 0
        assert [f.rows for f in live_files(catalog) if f.table == "liquidations"] == [3240]


def test_in_a_file_the_rows_of_a_symbol_lie_together_and_in_the_order_of_time(tmp_path: Path):
    with Writer(tmp_path) as writer:
        for batch in range(4):
            writer.append([a_mixed_row(f"{batch}:{n}", n) for n in range(600 if batch % 2 else 40)])
        tidy(writer)
    with open_catalog(tmp_path) as catalog:
        [file] = [file.path for file in live_files(catalog) if file.table == "liquidations"]
    found = duckdb.sql(f"SELECT symbol, exchange_time FROM '{file}'").fetchall()
    assert len(found) == 1280
    assert found == sorted(found)


def a_mixed_row(name: str, number: int) -> Liquidation:
    symbol = ("SOLUSDT", "BTCUSDT", "ETHUSDT")[number % 3]
    moment = NOON - timedelta(seconds=number)
    return a_liquidation(event_id=f"binance:{name}", symbol=symbol, exchange_time=moment)


def test_merged_files_stay_until_no_reader_can_need_them(
    tmp_path: Path, lake_connection: duckdb.DuckDBPyConnection
):
    now = datetime.now(UTC)
    for moment in (now, now + SNAPSHOTS_KEPT / 2):
        for step in steps(lake_connection, moment):
            step(lake_connection)
    merged = files(tmp_path)
    assert merged > 5
    for moment in (now + SNAPSHOTS_KEPT, now + SNAPSHOTS_KEPT + FILES_KEPT):
        for step in steps(lake_connection, moment + timedelta(minutes=1)):
            step(lake_connection)
    assert files(tmp_path) < merged / 2
    assert query(tmp_path, COUNT, {}) == [(3240, 4050.0)]


def test_a_reader_in_the_middle_of_a_query_outlives_a_round(
    tmp_path: Path, lake_connection: duckdb.DuckDBPyConnection
):
    with closing(connect(tmp_path, read_only=True)) as reader:
        rows = reader.execute("SELECT raw FROM liquidations")
        seen = len(rows.fetchmany(5))
        for step in steps(lake_connection, datetime.now(UTC)):
            step(lake_connection)
        assert seen + len(rows.fetchall()) == 3240


def test_flushing_alone_empties_the_catalog(
    tmp_path: Path, lake_connection: duckdb.DuckDBPyConnection
):
    done = {step.name: step(lake_connection) for step in flush_steps(lake_connection)}
    assert done["flush liquidations"] == 180
    assert query(tmp_path, COUNT, {}) == [(3240, 4050.0)]


def test_what_is_too_old_is_forgotten_a_day_at_a_time(tmp_path: Path):
    with Writer(tmp_path) as writer:
        for day in range(5):
            moment = NOON + timedelta(days=day)
            ids = [f"binance:{day}:{n}" for n in range(10)]
            writer.append([a_liquidation(event_id=one, exchange_time=moment) for one in ids])
    limit = NOON + timedelta(days=2)
    with closing(connect(tmp_path, read_only=False)) as connection:
        assert [forget_before(connection, limit) for _ in range(3)] == [10, 10, 0]
    assert query(tmp_path, "SELECT min(exchange_time), count(*) FROM liquidations", {}) == [
        (limit, 30)
    ]


def test_of_the_journals_positions_the_newest_of_each_exchange_stay(tmp_path: Path):
    with Writer(tmp_path) as writer:
        for segment, offset in ((1, 900), (2, 10), (2, 400)):
            writer.append([], {"bybit": Position(segment, offset), "okx": Position(1, offset)})
        tidy(writer)
        assert writer.positions() == {"bybit": Position(2, 400), "okx": Position(1, 900)}
    assert query(tmp_path, "SELECT count(*) FROM journal_positions", {}) == [(2,)]


def test_without_a_limit_nothing_is_forgotten(
    tmp_path: Path, lake_connection: duckdb.DuckDBPyConnection
):
    far = datetime.now(UTC) + timedelta(days=10_000)
    assert not [one for one in steps(lake_connection, far) if one.name == "forget"]
    kept = steps(lake_connection, NOON + timedelta(days=31), keep_days=30)
    for step in kept:
        step(lake_connection)
    assert query(tmp_path, COUNT, {}) == [(0, None)]


def test_compacting_goes_on_until_nothing_is_left_to_do(tmp_path: Path):
    fill(tmp_path, batches=40)
    done = list(compact(tmp_path, datetime.now(UTC)))
    assert sum(count for name, count in done if name.startswith("merge")) >= 20
    last_round = done[len(done) // 2 :]
    assert not any(count for name, count in last_round if name.startswith("merge"))
    assert query(tmp_path, COUNT, {}) == [(10_800, 13_500.0)]


def test_a_step_that_fails_is_said_by_name(lake_connection: duckdb.DuckDBPyConnection):
    step = Step("break", lambda connection: len(connection.execute("SELECT x").fetchall()))
    with pytest.raises(StoreUnavailable, match=r"tidied up \(break\)"):
        step(lake_connection)


def test_appending_goes_on_after_a_round(tmp_path: Path):
    with Writer(tmp_path) as writer:
        writer.append(some_liquidations(700, value_usd=1.0))
    list(compact(tmp_path, datetime.now(UTC)))
    more = some_liquidations(710, value_usd=1.0)
    with Writer(tmp_path) as writer:
        assert writer.append(more) == more[700:]


def test_a_reader_from_before_a_flush_reads_on(tmp_path: Path):
    fill(tmp_path)
    assert query(tmp_path, COUNT, {}) == [(3240, 4050.0)]
    list(compact(tmp_path, datetime.now(UTC)))
    with Writer(tmp_path) as writer:
        writer.append(some_liquidations(3, value_usd=1.0))
    assert query(tmp_path, COUNT, {}) == [(3243, 4053.0)]
