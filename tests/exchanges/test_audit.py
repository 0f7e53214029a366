"""The journal tells whether the store has what was received."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from msgspec.structs import replace

from exchanges.audit import Audit, audit
from exchanges.journal import Journal
from exchanges.store import Writer
from exchanges.store.connection import connect
from exchanges.storing import Storing
from tests.make import NOON, some_liquidations

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def journal(lake: Writer, tmp_path: Path) -> Journal:
    """A journal of 30 stored rows of two venues, and 5 that wait."""
    journal = Journal(tmp_path / "journal")
    journal.append(some_liquidations(20, adapter_version=1))
    of_bybit = [replace(row, event_id=f"bybit:{n}", exchange="bybit")
                for n, row in enumerate(some_liquidations(10))]  # fmt: skip
    journal.append(of_bybit)
    Storing(journal, lake).step()
    journal.append([replace(row, event_id=f"late:{row.event_id}") for row in of_bybit[:5]])
    return journal


def audited(tmp_path: Path) -> Audit:
    return audit(tmp_path / "lake", tmp_path / "journal")


def tampered(lake: Writer, tmp_path: Path, sql: str) -> None:
    """Change the store behind its back."""
    lake.close()
    connection: duckdb.DuckDBPyConnection = connect(tmp_path / "lake", read_only=False)
    connection.execute(sql)
    connection.close()


def test_what_is_stored_as_received_is_sound_and_what_waits_is_not_missed(
    journal: Journal, tmp_path: Path
):
    assert audited(tmp_path) == Audit(30, {})


def test_what_is_missing_is_named_by_venue_and_hour_with_its_dollars(
    lake: Writer, journal: Journal, tmp_path: Path
):
    tampered(lake, tmp_path, "DELETE FROM liquidations WHERE event_id IN ('bybit:1', 'bybit:2')")
    [(where, difference)] = audited(tmp_path).differences.items()
    assert where == ("bybit", NOON)
    assert (difference.missing_rows, difference.missing_usd) == (2, 160_000.0)
    assert difference.differing_rows == 0


def test_other_dollars_are_found_but_not_where_another_adapter_read_the_row_again(
    lake: Writer, journal: Journal, tmp_path: Path
):
    change = "UPDATE liquidations SET value_usd = 1 WHERE event_id = 'binance:3'"
    again = change.replace("value_usd = 1", "value_usd = 1, adapter_version = 2")
    tampered(lake, tmp_path, f"{change}; {again.replace('binance:3', 'binance:4')}")
    [(where, difference)] = audited(tmp_path).differences.items()
    assert where == ("binance", NOON)
    assert (difference.missing_rows, difference.differing_rows) == (0, 1)
