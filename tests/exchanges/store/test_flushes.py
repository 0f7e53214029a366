"""A reader that a flush crosses asks again, and one that insists keeps flushes waiting."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from exchanges.lake import CATALOG
from exchanges.store import Writer, query
from exchanges.store.flushes import flush_alone, undisturbed
from exchanges.store.held_open import held_open
from tests.make import some_liquidations

COUNT = "SELECT count(*) FROM liquidations"


class Reader:
    """Is crossed by a flush so many times, and counts how often it asked."""

    def __init__(self, folder: Path, crossed: int) -> None:
        self.folder = folder
        self.crossed = crossed
        self.asked = 0
        self.flushed: list[int] = []

    def ask(self) -> str:
        self.asked += 1
        if self.asked <= self.crossed:
            self.flushed.append(flush_alone(self.folder, lambda: 7))
        return f"answer {self.asked}"


def test_an_answer_that_no_flush_crossed_is_taken_at_once(tmp_path: Path):
    reader = Reader(tmp_path, crossed=0)
    assert undisturbed(tmp_path, reader.ask) == "answer 1"


def test_an_answer_that_a_flush_crossed_is_asked_for_again(tmp_path: Path):
    for crossed in (1, 2):
        reader = Reader(tmp_path, crossed)
        assert undisturbed(tmp_path, reader.ask) == f"answer {crossed + 1}"
        assert reader.flushed == [7] * crossed


def test_a_reader_that_is_crossed_every_time_keeps_the_next_flush_waiting(tmp_path: Path):
    reader = Reader(tmp_path, crossed=99)
    assert undisturbed(tmp_path, reader.ask) == "answer 4"
    assert reader.flushed == [7, 7, 7, 0]
    assert flush_alone(tmp_path, lambda: 5) == 5


def test_a_flush_of_the_store_is_seen_by_its_readers(lake: Writer, tmp_path: Path):
    folder = tmp_path / "lake"
    lake.append(some_liquidations(10))
    counts: list[int] = []

    def ask() -> int:
        counts.append(query(folder, COUNT, {})[0][0])
        if len(counts) == 1:
            for step in lake.flush_steps():
                lake.maintain(step)
        return len(counts)

    assert undisturbed(folder, ask) == 2
    assert counts == [10, 10]


def test_a_database_held_open_is_not_locked_by_those_who_close_it(tmp_path: Path):
    catalog, log = tmp_path / CATALOG, tmp_path / f"{CATALOG}-wal"

    def write() -> None:
        with closing(sqlite3.connect(catalog)) as connection, connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("CREATE TABLE IF NOT EXISTS numbers (number)")
            connection.execute("INSERT INTO numbers VALUES (1)")

    write()
    assert not log.exists()
    with held_open(catalog):
        write()
        assert log.exists()
    write()
    assert not log.exists()
