"""The journal keeps what it was given: whole, in order, fairly, and within its limits."""

from __future__ import annotations

import errno
import os
from base64 import b64decode
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.errors import JournalPaused
from exchanges.events import Liquidation, Rejected
from exchanges.journal import Journal, Limits, Position, log, read_entries, segment
from tests.make import NOON, some_liquidations

REJECTED = Rejected("binance", NOON, "malformed", "not JSON")


def rows(count: int, exchange: str = "binance") -> list[Liquidation]:
    return some_liquidations(count, exchange=exchange)


def read_all(journal: Journal) -> list[Liquidation]:
    found = []
    while journal.has_more:
        batch = journal.read(1_000)
        found += batch.liquidations
        journal.stored(batch.positions)
    return found


def test_what_was_appended_is_read_whole_and_in_order(tmp_path: Path):
    journal = Journal(tmp_path / "journal")
    given = rows(2_500)
    journal.append(given[:2_100])  # More than one record holds.
    journal.append(given[2_100:])
    journal.append([REJECTED])
    assert read_all(journal) == given
    entries = list(read_entries(tmp_path / "journal" / "binance"))
    assert [one for entry in entries for one in entry.rejected] == [REJECTED]
    assert not journal.has_more


def test_what_was_not_stored_is_read_again_by_the_next_process(tmp_path: Path):
    first = Journal(tmp_path / "journal")
    first.append(rows(3))
    batch = first.read(10)
    first.append(rows(5)[3:])
    del first  # Killed: nothing is closed, nothing in order.
    assert read_all(Journal(tmp_path / "journal", batch.positions)) == rows(5)[3:]
    assert read_all(Journal(tmp_path / "journal", {})) == rows(5)


def test_a_record_that_a_killed_worker_left_half_written_ends_its_segment_only(tmp_path: Path):
    first = Journal(tmp_path / "journal")
    first.append(rows(2))
    first.append(rows(3)[2:])
    first.close()
    file = tmp_path / "journal" / "binance" / "00000001.log"
    os.truncate(file, file.stat().st_size - 5)
    second = Journal(tmp_path / "journal")
    second.append(rows(4)[3:])
    assert [row.event_id for row in read_all(second)] == ["binance:0", "binance:1", "binance:3"]


@given(cut=st.integers(min_value=0, max_value=400), flip=st.integers(min_value=0, max_value=400))
def test_a_damaged_segment_never_gives_a_wrong_row(
    tmp_path_factory: pytest.TempPathFactory, cut: int, flip: int
):
    folder = tmp_path_factory.mktemp("damaged") / "journal"
    journal = Journal(folder)
    for row in rows(3):
        journal.append([row])
    journal.close()
    file = folder / "binance" / "00000001.log"
    content = bytearray(file.read_bytes())
    content[flip % len(content)] ^= 0xFF
    file.write_bytes(content[: len(content) - cut])
    found = [row for entry in read_entries(folder / "binance") for row in entry.liquidations]
    assert found == rows(3)[: len(found)]


def test_segments_are_rotated_compressed_once_stored_and_dropped_when_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(log, "SEGMENT_BYTES", 2_000)
    journal = Journal(tmp_path / "journal", limits=Limits(keep_hours=1))
    for row in rows(20):
        journal.append([row])
    names = sorted(file.name for file in (tmp_path / "journal" / "binance").iterdir())
    assert names[:2] == ["00000001.log", "00000002.log"]
    journal.tidy()
    assert all(file.suffix == ".log" for file in (tmp_path / "journal" / "binance").iterdir())
    assert read_all(journal) == rows(20)
    journal.tidy()
    packed = segment.segments(tmp_path / "journal" / "binance")[1]
    assert packed.name == "00000001.log.gz"
    again = [row for e in read_entries(tmp_path / "journal" / "binance") for row in e.liquidations]
    assert again == rows(20)
    os.utime(packed, (0, 0))
    journal.tidy()
    assert not packed.exists()


def test_a_compressed_segment_is_read_from_any_record_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(log, "SEGMENT_BYTES", 2_000)
    journal = Journal(tmp_path / "journal")
    for row in rows(20):
        journal.append([row])
    first = journal.read(2)
    read_all(journal)
    journal.tidy()
    journal.close()
    restored = Journal(tmp_path / "journal", first.positions)
    assert read_all(restored) == rows(20)[2:]


def test_stored_segments_go_before_the_limit_is_passed_and_waiting_ones_never(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(log, "SEGMENT_BYTES", 2_000)
    journal = Journal(tmp_path / "journal", limits=Limits(most_mib=0, free_mib=0))
    for row in rows(20):
        journal.append([row])
    first = journal.read(10)
    journal.stored(first.positions)
    journal.tidy()
    assert read_all(journal) == rows(20)[10:]
    assert 1 not in segment.segments(tmp_path / "journal" / "binance")


def test_a_flood_does_not_starve_the_others(tmp_path: Path):
    journal = Journal(tmp_path / "journal")
    for row in rows(3_000):
        journal.append([row])
    journal.append(rows(10, "bybit"))
    batch = journal.read(1_000)
    venues = [row.exchange for row in batch.liquidations]
    assert venues.count("bybit") == 10
    assert venues.count("binance") == 990


def test_a_full_disk_leaves_no_half_record_and_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    journal = Journal(tmp_path / "journal")
    journal.append(rows(1))

    def write_a_part(file: int, content: bytes) -> int:
        if len(content) < 300:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(file, content[:-200])

    real = os.write
    monkeypatch.setattr(os, "write", write_a_part)
    with pytest.raises(JournalPaused, match="No space left on device"):
        journal.append(rows(2)[1:])
    monkeypatch.setattr(os, "write", real)
    assert "cannot be written" in journal.check()
    journal.append(rows(3)[2:])
    assert journal.check() == ""
    assert [row.event_id for row in read_all(journal)] == ["binance:0", "binance:2"]


def test_too_little_room_and_too_much_waiting_are_said_before_anything_breaks(tmp_path: Path):
    scarce = Journal(tmp_path / "journal", limits=Limits(free_mib=1_000_000_000))
    assert "The disk is full" in scarce.check()
    with pytest.raises(JournalPaused, match="Make room"):
        scarce.append(rows(1))
    slow = Journal(tmp_path / "slow", limits=Limits(most_mib=0, free_mib=0))
    for row in rows(2_000):
        slow.append([row])
    assert "wait in the journal" in slow.check()
    read_all(slow)
    assert slow.check() == ""


def test_room_is_held_back_and_given_when_the_disk_is_full(tmp_path: Path):
    reserve = tmp_path / "journal" / "reserve"
    Journal(tmp_path / "journal", limits=Limits(free_mib=0)).check()
    assert reserve.stat().st_size == 16 * 1024 * 1024
    Journal(tmp_path / "journal", limits=Limits(free_mib=1_000_000_000)).check()
    assert not reserve.exists()


def test_room_that_is_held_back_is_not_counted_as_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    free = 210 * 1024 * 1024  # Enough without the reserve, and too little with it.
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))
    journal = Journal(tmp_path / "journal", limits=Limits(free_mib=200))
    assert all("The disk is full" in journal.check() for _ in range(3))


def test_a_segment_that_cannot_be_made_safe_does_not_block_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def broken(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(log, "SEGMENT_BYTES", 1)
    journal = Journal(tmp_path / "journal")
    journal.append(rows(1))
    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", broken)
        journal.append(rows(2)[1:])
    journal.append(rows(3)[2:])
    assert read_all(journal) == rows(3)


def test_one_batch_is_bounded_in_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(log, "READ_BYTES", 5_000)
    journal = Journal(tmp_path / "journal")
    for number in range(20):
        journal.append([Rejected("binance", NOON, str(number), "x" * 1_000)])
    sizes = []
    while journal.has_more:
        batch = journal.read(1_000)
        sizes.append(len(batch.rejected))
        journal.stored(batch.positions)
    assert sum(sizes) == 20 and max(sizes) < 12


def test_positions_of_a_venue_that_is_new_to_the_store_begin_at_its_first_segment(tmp_path: Path):
    journal = Journal(tmp_path / "journal", {"gone": Position(7, 12)})
    journal.append(rows(1, "bybit"))
    assert read_all(journal) == rows(1, "bybit")


def test_a_journal_whose_files_were_removed_goes_on_after_what_the_store_has(tmp_path: Path):
    journal = Journal(tmp_path / "journal", {"binance": Position(7, 12)})
    journal.append(rows(1))
    batch = journal.read(10)
    assert batch.liquidations == rows(1)
    assert batch.positions["binance"] > Position(7, 12)


def test_a_record_of_another_version_is_kept_as_rejected_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    journal = Journal(tmp_path / "journal")
    journal.append(rows(1))
    with monkeypatch.context() as other_version:
        body = msgspec.msgpack.Encoder().encode([{"unknown": 1}])
        other_version.setattr(segment, "_ENCODER", SimpleNamespace(encode=lambda entry: body))
        journal.append(rows(2)[1:])
    journal.append(rows(3)[2:])
    batch = journal.read(10)
    assert [row.event_id for row in batch.liquidations] == ["binance:0", "binance:2"]
    [rejected] = batch.rejected
    assert rejected.exchange == "binance"
    assert "this version cannot read" in rejected.reason
    assert b64decode(rejected.frame.removeprefix("base64:")) == body
