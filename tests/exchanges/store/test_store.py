"""The lake in a temporary folder: what goes in comes out, once, in any process."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.errors import RowsRefused, StoreUnavailable
from exchanges.events import Liquidation
from exchanges.journal import Position
from exchanges.store import Writer, prepare, query
from exchanges.store import migrations as migrations_module
from exchanges.store.connection import connect
from exchanges.store.tables import table_of
from tests.make import NOON, a_liquidation, some_liquidations, tidy

COUNT = "SELECT count(*), sum(value_usd) FROM liquidations"


def test_a_row_comes_back_as_it_was_stored(tmp_path: Path):
    row = a_liquidation(
        symbol="1000PEPEUSDT",
        quantity=None,
        value_usd=None,
        exchange_time=NOON + timedelta(milliseconds=123),
        raw='{"text": "quotes \' \\" and \\u00e9 and 币安"}',
    )
    with Writer(tmp_path) as writer:
        assert writer.append([row]) == [row]
    names = ", ".join(Liquidation.__struct_fields__)
    [stored] = query(tmp_path, f"SELECT {names} FROM liquidations", {})
    assert stored == msgspec.structs.astuple(row)


@settings(max_examples=3, deadline=None)
@given(
    values=st.lists(st.none() | st.floats(1e-9, 1e12, allow_nan=False), min_size=1, max_size=300)
)
def test_numbers_are_stored_exactly(
    tmp_path_factory: pytest.TempPathFactory, values: list[float | None]
):
    folder = tmp_path_factory.mktemp("lake")
    rows = [a_liquidation(event_id=str(n), value_usd=v) for n, v in enumerate(values)]
    with Writer(folder) as writer:
        writer.append(rows)
    stored = query(folder, "SELECT value_usd FROM liquidations ORDER BY event_id::INT", {})
    assert [value for (value,) in stored] == values


def test_the_same_rows_again_add_nothing_not_even_after_a_restart(tmp_path: Path):
    rows = some_liquidations(700, value_usd=1.25)
    with Writer(tmp_path) as writer:
        assert len(writer.append(rows[:500] + rows[:200])) == 500
        assert writer.append(rows) == rows[500:]
    with Writer(tmp_path) as writer:
        tidy(writer)
        assert writer.append(rows) == []
    assert query(tmp_path, COUNT, {}) == [(700, 875.0)]


def test_journal_positions_are_committed_with_the_rows_or_not_at_all(tmp_path: Path):
    with Writer(tmp_path) as writer:
        writer.append(some_liquidations(1), {"binance": Position(1, 20), "bybit": Position(2, 5)})
        writer.append([], {"binance": Position(2, 10)})
        bad = msgspec.structs.replace(a_liquidation(event_id="b"), price=None)
        with pytest.raises(RowsRefused):
            writer.append([bad], {"binance": Position(3, 30)})
    with Writer(tmp_path) as writer:
        assert writer.positions() == {"binance": Position(2, 10), "bybit": Position(2, 5)}


def test_a_reader_sees_each_commit_of_a_running_writer(tmp_path: Path):
    with Writer(tmp_path) as writer:
        for count in range(1, 4):
            writer.append([a_liquidation(event_id=f"binance:{count}")])
            assert query(tmp_path, COUNT, {})[0][0] == count


def test_another_process_reads_while_the_writer_is_open_and_after_it_closed(tmp_path: Path):
    script = (
        "import sys; from pathlib import Path; from exchanges.store import query;"
        f"print(query(Path(sys.argv[1]), {COUNT!r}, {{}}))"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with Writer(tmp_path) as writer:
        writer.append(some_liquidations(600, value_usd=2.0))
        beside = subprocess.run(command, capture_output=True, text=True, check=True)
    after = subprocess.run(command, capture_output=True, text=True, check=True)
    assert beside.stdout == after.stdout == "[(600, 1200.0)]\n"


def test_a_failed_append_stores_nothing_of_its_batch(tmp_path: Path):
    with Writer(tmp_path) as writer:
        bad = msgspec.structs.replace(a_liquidation(event_id="b"), price=None)
        with pytest.raises(RowsRefused, match="takes no such row"):
            writer.append([a_liquidation(event_id="a"), bad])
        assert query(tmp_path, COUNT, {})[0][0] == 0
        assert len(writer.append([a_liquidation(event_id="a")])) == 1


def test_reading_before_anything_was_stored_says_what_to_do(tmp_path: Path):
    with pytest.raises(StoreUnavailable, match="Start the worker"):
        query(tmp_path / "none", COUNT, {})


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        prepare(tmp_path / "file" / "lake")


def test_a_schema_file_is_applied_once_and_a_broken_one_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    prepare(tmp_path / "lake")
    schema = tmp_path / "schema"
    schema.mkdir()
    (schema / "9001_one.sql").write_text("CREATE TABLE one (n INTEGER);")
    (schema / "9002_broken.sql").write_text("CREATE TABLE two (n INTEGER); SELECT nonsense;")
    monkeypatch.setattr(migrations_module, "SCHEMA", schema)
    connection = connect(tmp_path / "lake", read_only=False)
    with pytest.raises(Exception, match="nonsense"):
        migrations_module.migrate(connection)
    tables = {name for (name,) in connection.execute("SELECT name FROM (SHOW TABLES)").fetchall()}
    assert "one" in tables
    assert "two" not in tables
    (schema / "9002_broken.sql").unlink()
    assert migrations_module.migrate(connection) == []
    connection.close()


def test_planning_on_a_broken_connection_is_said_and_the_writer_goes_on_after_it(tmp_path: Path):
    with Writer(tmp_path) as writer:
        writer._connection.close()
        for plan in (writer.flush_steps, lambda: writer.maintenance_steps(NOON, 0)):
            with pytest.raises(StoreUnavailable, match="tidied up"):
                plan()
        writer.reopen()
        assert len(writer.append([a_liquidation(event_id="b")])) == 1


def test_the_store_is_opened_anew_for_its_memory_without_a_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("exchanges.store.writer.REOPENED_AFTER", 2)
    monkeypatch.setattr("exchanges.store.reader.RENEWED_AFTER", 3)
    with Writer(tmp_path) as writer:
        opened = {id(writer._connection)}
        for number in range(5):
            assert len(writer.append(some_liquidations(number + 1))) == 1
            opened.add(id(writer._connection))
            assert query(tmp_path, COUNT, {})[0][0] == number + 1
    assert len(opened) > 1


def test_a_commit_lasts_though_the_store_was_opened_again_during_its_transaction(tmp_path: Path):
    prepare(tmp_path)
    with connect(tmp_path, read_only=False) as first:
        first.register("new_rows", table_of(some_liquidations(10)))
        first.execute("BEGIN")
        first.execute("INSERT INTO liquidations BY NAME SELECT * FROM new_rows")
        first.execute("SELECT count(*) FROM liquidations")
        with connect(tmp_path, read_only=False) as second:
            second.execute("BEGIN")
            second.execute("SELECT count(*) FROM liquidations")
            first.execute("COMMIT")
    assert query(tmp_path, "SELECT count(*) FROM liquidations", {}) == [(10,)]


def test_of_two_tellings_of_an_event_the_first_is_stored(tmp_path: Path):
    first, later = (a_liquidation(price=price) for price in (80_000.0, 80_500.0))
    with Writer(tmp_path) as writer:
        assert writer.append([first, later]) == [first]
        assert writer.append([later]) == []
    assert query(tmp_path, "SELECT price FROM liquidations", {}) == [(80_000.0,)]
