"""What is in the store, and what is missing from it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from exchanges.errors import StoreUnavailable
from exchanges.lake import CATALOG
from exchanges.store import Writer
from exchanges.store.inspect import status, verify
from exchanges.store.maintenance import compact
from tests.make import NOON, a_liquidation


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Path]:
    """A lake with a file of Bybit's at noon, one of Binance's and OKX's later, 20 rows inlined."""
    with Writer(tmp_path) as writer:
        writer.append([of("bybit", n, NOON + timedelta(minutes=n % 50)) for n in range(600)])
        later = NOON + timedelta(hours=3, minutes=20)
        mixed = [
            of(("binance", "okx")[n % 2], n, later + timedelta(hours=n % 2)) for n in range(700)
        ]
        writer.append(mixed)
        writer.append([of("gate", n, NOON) for n in range(20)])
        yield tmp_path


def of(exchange: str, number: int, moment: datetime):
    return a_liquidation(
        event_id=f"{exchange}:{number}",
        exchange=exchange,
        exchange_time=moment,
        received_time=moment,
        value_usd=0.1,
    )


def file_of(folder: Path, place: int) -> Path:
    return sorted((folder / "data" / "main" / "liquidations").glob("*.parquet"))[place]


def test_status_counts_rows_files_and_what_is_inlined(filled: Path):
    found = status(filled)
    [table] = [one for one in found.tables if one.table == "liquidations"]
    assert (table.rows, table.inlined_rows, table.files) == (1320, 20, 2)
    assert table.bytes == file_of(filled, 0).stat().st_size + file_of(filled, 1).stat().st_size
    assert {one.exchange: one.rows for one in found.exchanges} == {
        "bybit": 600,
        "binance": 350,
        "okx": 350,
        "gate": 20,
    }
    [bybit] = [one for one in found.exchanges if one.exchange == "bybit"]
    assert (bybit.oldest, bybit.newest) == (NOON, NOON + timedelta(minutes=49))
    assert bybit.value_usd == pytest.approx(60.0)
    assert (found.trouble, found.unneeded_files) == ("", 0)
    assert found.snapshots >= 4 and found.catalog_bytes > 0


def test_deleted_rows_are_not_counted(filled: Path):
    list(compact(filled, NOON + timedelta(days=1, hours=2), keep_days=1))
    [table] = [one for one in status(filled).tables if one.table == "liquidations"]
    assert table.rows == 700


def test_a_whole_store_has_no_damage(filled: Path):
    assert list(verify(filled)) == []


def test_a_removed_file_is_found_with_the_hours_and_venues_in_it(filled: Path):
    for file in [file_of(filled, 0), file_of(filled, 1)]:
        file.unlink()
    bybit, mixed = sorted(verify(filled), key=lambda damage: damage.exchanges, reverse=True)
    bybit, mixed = (bybit, mixed) if bybit.exchanges == "bybit" else (mixed, bybit)
    assert (bybit.exchanges, bybit.hours, bybit.file.rows) == ("bybit", (NOON, NOON), 600)
    assert mixed.exchanges == "binance to okx, by name"
    assert mixed.hours == (NOON + timedelta(hours=3), NOON + timedelta(hours=4))
    assert "cannot be found" in bybit.reason


def test_a_file_cut_short_or_overwritten_is_found(filled: Path):
    whole = file_of(filled, 0).read_bytes()
    file_of(filled, 0).write_bytes(whole[:-100])
    file_of(filled, 1).write_bytes(b"x" * file_of(filled, 1).stat().st_size)
    reasons = sorted(damage.reason for damage in verify(filled))
    assert reasons[0] == "cannot be read as Parquet" and "bytes, not" in reasons[1]


def test_a_file_of_other_rows_is_found(filled: Path):
    other = filled.parent / "other"
    with Writer(other / "lake") as writer:
        writer.append([of("bybit", n, NOON + timedelta(minutes=n % 50)) for n in range(601)])
    [file] = (other / "lake").rglob("liquidations/*.parquet")
    size = file_of(filled, 0).stat().st_size
    content = file.read_bytes()
    # Of the size the catalog says: only the footer tells.
    file_of(filled, 0).write_bytes(content[-size:].rjust(size, b"x"))
    [damage] = verify(filled)
    assert "rows, not 600" in damage.reason or "cannot be read" in damage.reason


def test_a_damaged_catalog_is_said(filled: Path):
    catalog = filled / CATALOG
    for log in filled.glob(f"{CATALOG}-*"):
        log.unlink()
    content = bytearray(catalog.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    catalog.write_bytes(content)
    with pytest.raises(StoreUnavailable, match="catalog"):
        list(verify(filled))


def test_where_there_is_no_store_it_is_said(tmp_path: Path):
    with pytest.raises(StoreUnavailable, match="no store"):
        status(tmp_path / "nothing")
