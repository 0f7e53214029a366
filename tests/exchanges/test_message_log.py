"""The log of messages by itself, with a clock that the test moves."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from exchanges.message_log import LogReader, LogWriter


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the log lies: in a folder that does not exist yet."""
    return tmp_path / "var" / "channels.sqlite3"


def test_expired_messages_are_neither_delivered_nor_kept(path: Path) -> None:
    now = 1000.0
    writer = LogWriter(path, 60, lambda: now)
    reader = LogReader(path, 60, lambda: now)
    reader.skip_to_end()
    for n in range(400):
        writer.append("news", b"%d" % n)
    now += 61
    for n in range(400, 600):
        writer.append("news", b"%d" % n)
    assert [row.body for row in reader.next_page()] == [b"%d" % n for n in range(400, 600)]
    reader.close()
    writer.close()
    with sqlite3.connect(path) as log:
        assert log.execute("SELECT count(*) FROM message").fetchone() == (200,)


def test_ids_go_on_when_everything_has_expired(path: Path) -> None:
    now = 1000.0
    writer = LogWriter(path, 60, lambda: now)
    reader = LogReader(path, 60, lambda: now)
    reader.skip_to_end()
    for _ in range(500):
        writer.append("news", b"old")
    assert len(reader.next_page()) == 500
    now += 61
    writer.append("news", b"new")
    assert [row.body for row in reader.next_page()] == [b"new"]
