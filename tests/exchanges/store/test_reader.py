"""A question to the store ends: by its answer, by its limits, or because nobody waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from exchanges.errors import QueryCancelled, QueryTooLarge, QueryTooLong, SnapshotGone
from exchanges.store import (
    Limits,
    Writer,
    cancellable,
    limit_queries,
    query,
    snapshot,
    stream,
)
from exchanges.store.limits import limits
from tests.make import NOON, some_liquidations, tidy

ENDLESS = "SELECT sum(a.range * b.range) FROM range(10_000_000) a, range(10_000_000) b"
COUNT = "SELECT count(*) FROM liquidations"


@pytest.fixture(autouse=True)
def _limits_as_they_were() -> Iterator[None]:
    before = limits()
    yield
    limit_queries(before)


def test_a_query_that_takes_too_long_is_stopped_and_others_go_on(lake_folder: Path):
    limit_queries(Limits(seconds=0.05))
    begun = time.monotonic()
    with pytest.raises(QueryTooLong, match="more than 0.05 s.*Ask for less"):
        query(lake_folder, ENDLESS, {})
    assert time.monotonic() - begun < 5
    limit_queries(Limits())
    assert query(lake_folder, COUNT, {}) == [(1000,)]


def test_a_batch_that_takes_too_long_is_stopped(lake_folder: Path):
    limit_queries(Limits(seconds=0.05))
    with pytest.raises(QueryTooLong):
        list(stream(lake_folder, ENDLESS, {}, 100))


def test_a_slow_reader_of_a_stream_is_not_a_slow_query(lake_folder: Path):
    limit_queries(Limits(seconds=0.5))
    batches = stream(lake_folder, "SELECT event_id FROM liquidations", {}, 100)
    with closing(batches):
        next(batches)
        time.sleep(0.6)
        assert sum(batch.num_rows for batch in batches) == 900


def test_a_query_that_needs_too_much_memory_is_refused(tmp_path: Path):
    with Writer(tmp_path) as writer:
        writer.append(some_liquidations(10))
        limit_queries(Limits(memory="20MB", threads=1))
        query(tmp_path, COUNT, {})
    with pytest.raises(QueryTooLarge, match="20MB"):
        query(tmp_path, "SELECT list(repeat('x', 1000) || i) FROM range(200_000) n(i)", {})


def test_a_cancelled_query_ends_at_once_and_nothing_more_begins(lake_folder: Path):
    with cancellable() as cancellation:
        threading.Timer(0.05, cancellation.cancel).start()
        begun = time.monotonic()
        with pytest.raises(QueryCancelled):
            query(lake_folder, ENDLESS, {})
        assert time.monotonic() - begun < 5
        with pytest.raises(QueryCancelled):
            query(lake_folder, COUNT, {})
    assert query(lake_folder, COUNT, {}) == [(1000,)]


def test_cancelling_one_leaves_the_others_alone(lake_folder: Path):
    with cancellable() as one:
        one.cancel()
    with cancellable():
        assert query(lake_folder, COUNT, {}) == [(1000,)]


def test_a_stream_is_all_rows_in_batches_and_an_empty_one_has_its_columns(lake_folder: Path):
    sql = "SELECT event_id, value_usd FROM liquidations WHERE symbol = $symbol ORDER BY event_id"
    batches = list(stream(lake_folder, sql, {"symbol": "BTCUSDT"}, 300))
    assert sum(batch.num_rows for batch in batches) == 1000
    assert max(batch.num_rows for batch in batches) <= 300
    [empty] = stream(lake_folder, sql, {"symbol": "NONE"}, 300)
    assert (empty.num_rows, empty.schema.names) == (0, ["event_id", "value_usd"])


def test_a_snapshot_stays_what_it_was_when_rows_come_and_files_are_tidied(tmp_path: Path):
    with Writer(tmp_path) as writer:
        writer.append(some_liquidations(10))
        before = snapshot(tmp_path)
        writer.append(some_liquidations(30))
        tidy(writer)
        sql = f"{COUNT} AT (VERSION => $snapshot)"
        assert query(tmp_path, sql, {"snapshot": before}) == [(10,)]
        assert query(tmp_path, COUNT, {}) == [(30,)]
        with pytest.raises(SnapshotGone, match="Leave `snapshot` out"):
            query(tmp_path, sql, {"snapshot": 10**6})


def test_readers_and_writers_survive_a_change_of_the_schema_and_its_tidying(tmp_path: Path):
    with Writer(tmp_path) as writer:
        writer.append(some_liquidations(10))
        writer._connection.execute("ALTER TABLE liquidations ADD COLUMN other INTEGER")
        assert query(tmp_path, COUNT, {}) == [(10,)]
        with Writer(tmp_path) as another:
            tidy(another)
        assert query(tmp_path, COUNT, {}) == [(10,)]
        [batch] = stream(tmp_path, COUNT, {}, 10)
        assert batch.to_pylist() == [{"count_star()": 10}]


def test_a_lake_just_made_has_nothing_that_its_first_tidying_takes_away(tmp_path: Path):
    with Writer(tmp_path) as writer, Writer(tmp_path) as another:
        assert another.append(some_liquidations(10)) and query(tmp_path, COUNT, {}) == [(10,)]
        tidy(writer)
        assert len(another.append(some_liquidations(20))) == 10
        assert query(tmp_path, COUNT, {}) == [(20,)]


@pytest.fixture
def lake_folder(tmp_path: Path) -> Path:
    """A lake with 1,000 rows."""
    with Writer(tmp_path) as writer:
        writer.append(some_liquidations(1000, exchange_time=NOON))
    return tmp_path
