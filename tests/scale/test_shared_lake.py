"""A lake with its catalog in PostgreSQL and its files in a bucket, and what writes to it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from exchanges.errors import StoreUnavailable
from exchanges.events import Liquidation
from exchanges.journal import Position
from exchanges.lake import Lake, Place
from exchanges.store import Writer, query, snapshot
from tests.make import a_liquidation
from tests.scale.cluster import a_lake
from tests.scale.servers import Server, create_database, free_port

COUNT = "SELECT count(*), count(DISTINCT event_id) FROM liquidations"


@pytest.fixture(scope="module")
def shared(postgres: Server, bucket: Server, folder: Path) -> Place:
    create_database(postgres, "alone")
    return a_lake(postgres, bucket, folder, "alone")


@pytest.fixture
def writer(shared: Place) -> Iterator[Writer]:
    with Writer(shared, "a") as writer:
        yield writer


def rows(shared: Place) -> tuple[int, int]:
    [(count, distinct)] = query(shared, COUNT, {})
    return count, distinct


def append_all(writer: Writer, batches: list[list[Liquidation]]) -> list[int]:
    """Return how many rows of each batch were new."""
    return [len(writer.append(batch)) for batch in batches]


def test_each_event_is_stored_once_whoever_of_two_writes_it(shared: Place, writer: Writer):
    """Both are given the same batches at the same time, small ones and one that is a file."""
    batches = [
        [a_liquidation(event_id=f"{size}:{number}") for number in range(size)]
        for size in (1, 30, 600)
    ]
    before = rows(shared)[0]
    with Writer(shared, "b") as other, ThreadPoolExecutor(2) as threads:
        jobs = [threads.submit(append_all, one, batches) for one in (writer, other)]
        new = [sum(counts) for counts in zip(*(job.result() for job in jobs), strict=True)]
    assert new == [1, 30, 600]
    assert rows(shared) == (before + 631, before + 631)


def test_each_worker_goes_on_where_its_own_journal_ended(shared: Place, writer: Writer):
    writer.append([], {"binance": Position(1, 20)})
    with Writer(shared, "b") as other:
        other.append([], {"binance": Position(7, 5)})
        assert other.positions()["binance"] == Position(7, 5)
    assert writer.positions()["binance"] == Position(1, 20)


def tidy_up(writer: Writer, now: datetime) -> Counter[str]:
    """Do what matters of a round of maintenance; return how much each kind of step changed."""
    done = Counter[str]()
    for step in writer.maintenance_steps(now, 0):
        if step.name.endswith(("of liquidations", "flush liquidations", "snapshots", "up files")):
            done[step.name] += step.beside_readers(writer._connection, writer.lake)
    return done


def test_tidying_up_keeps_every_row_and_what_readers_may_still_need(shared: Place, writer: Writer):
    writer.append([a_liquidation(event_id=f"tidy-{i}") for i in range(50)])
    before, seen = rows(shared), snapshot(shared)
    now = datetime.now(UTC)
    assert not tidy_up(writer, now)["clean up files"]
    assert rows(shared) == before
    assert snapshot(shared) > seen
    later = tidy_up(writer, now + timedelta(hours=2))
    assert later["expire snapshots"] and later["clean up files"]
    assert rows(shared) == before


def test_a_store_that_is_away_is_said_without_its_password(shared: Place):
    assert isinstance(shared, Lake)
    away = f"postgres://liqsite:hunter2@127.0.0.1:{free_port()}/postgres"
    lake = Lake(away, shared.data, is_shared=True, s3=shared.s3)
    for ask in (lambda: query(lake, COUNT, {}), lambda: Writer(lake)):
        with pytest.raises(StoreUnavailable) as told:
            ask()
        assert "refused" in str(told.value)
        assert "hunter2" not in str(told.value)
    assert "hunter2" not in repr(lake) + str(lake)
    assert "secret=" not in repr(lake)


def test_whenever_the_catalog_is_killed_the_store_is_away_and_no_row_is_refused(
    shared: Place, writer: Writer, postgres: Server
):
    """In the middle of queries and commits, which DuckDB reports in many ways."""
    written = 0
    for number in range(4):
        with ThreadPoolExecutor(2) as threads:
            jobs = [threads.submit(until_away, ask) for ask in asking(shared, writer, number)]
            time.sleep(0.4)
            postgres.stop()
            done = [job.result() for job in jobs]
        written += done[0]
        postgres.start()
        writer.reopen()
    found = query(shared, "SELECT count(*) FROM liquidations WHERE event_id LIKE 'often-%'", {})
    assert found[0][0] >= written > 0


def asking(shared: Place, writer: Writer, number: int) -> list[Callable[[], object]]:
    moment = iter(range(10_000))
    return [
        lambda: writer.append([a_liquidation(event_id=f"often-{number}-{next(moment)}")]),
        lambda: rows(shared),
    ]


def until_away(ask: Callable[[], object]) -> int:
    """Return how often it was answered before the store was away; any other error is one."""
    for answered in range(10_000):
        try:
            ask()
        except StoreUnavailable:
            return answered
    raise AssertionError("the store never went away")


def test_readers_and_writer_go_on_after_the_catalog_was_killed(
    shared: Place, writer: Writer, postgres: Server
):
    before = rows(shared)[0]
    postgres.stop()
    with pytest.raises(StoreUnavailable):
        writer.append([a_liquidation(event_id="while away")])
    with pytest.raises(StoreUnavailable):
        rows(shared)
    postgres.start()
    writer.reopen()
    assert len(writer.append([a_liquidation(event_id="while away")])) == 1
    assert rows(shared)[0] == before + 1
