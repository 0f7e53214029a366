"""A backup taken while a worker writes is whole, and comes back with the same totals."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from exchanges.errors import StoreUnavailable
from exchanges.store import Writer, query
from exchanges.store.backup import back_up, restore
from exchanges.store.inspect import verify
from exchanges.store.maintenance import compact
from tests.make import a_liquidation

COUNT = "SELECT count(*), sum(value_usd), count(DISTINCT event_id) FROM liquidations"


def batch(number: int, count: int):
    ids = [f"binance:{number}:{n}" for n in range(count)]
    return [a_liquidation(event_id=one, value_usd=0.5) for one in ids]


def write(writer: Writer, stop: threading.Event, counts: list[int]) -> None:
    for number in range(1_000):
        count = 510 if number % 3 == 0 else 20
        writer.append(batch(number, count))
        counts.append(count)
        if stop.is_set():
            return


def test_a_backup_beside_a_writer_has_whole_batches_only(tmp_path: Path):
    stop, counts = threading.Event(), list[int]()
    with Writer(tmp_path / "data" / "lake") as writer:
        writing = threading.Thread(target=write, args=(writer, stop, counts))
        writing.start()
        while len(counts) < 5:
            time.sleep(0.001)
        least = len(counts)
        back_up(tmp_path / "data", tmp_path / "backup", None)
        most = len(counts) + 1
        stop.set()
        writing.join()
    restore(tmp_path / "backup", tmp_path / "again")
    [(rows, value, ids)] = query(tmp_path / "again" / "lake", COUNT, {})
    possible = [sum(counts[:number]) for number in range(least, most + 1)]
    assert rows == ids and rows in possible and value == rows / 2


def test_what_was_backed_up_outlives_its_source_and_can_be_written_to(tmp_path: Path):
    with Writer(tmp_path / "data" / "lake") as writer:
        for number in range(8):
            writer.append(batch(number, 510 if number % 2 else 30))
    files = back_up(tmp_path / "data", tmp_path / "backup", None)
    shutil.rmtree(tmp_path / "data")
    assert restore(tmp_path / "backup", tmp_path / "again") == files
    lake = tmp_path / "again" / "lake"
    assert query(lake, COUNT, {}) == [(2160, 1080.0, 2160)] and list(verify(lake)) == []
    with Writer(lake) as writer:
        assert len(writer.append([*batch(8, 600), *batch(0, 30)])) == 600
    list(compact(lake, datetime.now(UTC) + timedelta(days=2)))
    assert query(lake, COUNT, {}) == [(2760, 1380.0, 2760)] and list(verify(lake)) == []
    assert restore(tmp_path / "backup", tmp_path / "third") == files


def test_site_journal_and_contract_lists_come_along(tmp_path: Path):
    data = tmp_path / "data"
    Writer(data / "lake").close()
    for name in ("journal", "instruments"):
        (data / name).mkdir()
        (data / name / "file").write_text(name)
    with closing(sqlite3.connect(data / "site.sqlite3")) as site, site:
        site.execute("PRAGMA journal_mode=WAL")
        site.execute("CREATE TABLE one (n)")
        site.execute("INSERT INTO one VALUES (7)")
        site.commit()
        back_up(data, tmp_path / "backup", data / "site.sqlite3")
    restore(tmp_path / "backup", tmp_path / "again")
    assert (tmp_path / "again" / "journal" / "file").read_text() == "journal"
    assert (tmp_path / "again" / "instruments" / "file").read_text() == "instruments"
    with closing(sqlite3.connect(tmp_path / "again" / "site.sqlite3")) as site:
        assert site.execute("SELECT n FROM one").fetchall() == [(7,)]


def test_nothing_is_overwritten(tmp_path: Path):
    Writer(tmp_path / "data" / "lake").close()
    back_up(tmp_path / "data", tmp_path / "backup", None)
    with pytest.raises(StoreUnavailable, match="is not empty"):
        back_up(tmp_path / "data", tmp_path / "backup", None)
    with pytest.raises(StoreUnavailable, match="already holds lake"):
        restore(tmp_path / "backup", tmp_path / "data")


def test_what_is_no_backup_or_no_store_is_said(tmp_path: Path):
    with pytest.raises(StoreUnavailable, match="is no backup"):
        restore(tmp_path, tmp_path / "again")
    with pytest.raises(StoreUnavailable, match="There is no store"):
        back_up(tmp_path / "nothing", tmp_path / "backup", None)


def test_a_file_that_is_missing_already_is_said(tmp_path: Path):
    with Writer(tmp_path / "data" / "lake") as writer:
        writer.append(batch(0, 600))
    next((tmp_path / "data").rglob("*.parquet")).unlink()
    with pytest.raises(StoreUnavailable, match="store verify"):
        back_up(tmp_path / "data", tmp_path / "backup", None)
