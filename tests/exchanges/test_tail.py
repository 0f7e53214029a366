"""Growing files: every line once, from where it was left, and honest when nothing comes."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from exchanges import tail
from exchanges.adapters import adapters
from exchanges.adapters.base import Subscription
from exchanges.aggregator import ExchangeAggregator
from exchanges.events import ExchangeHealth, Liquidation, StoredEvent
from exchanges.health import HealthTracker
from exchanges.instruments import Instruments
from exchanges.silence import Silence
from exchanges.tail import Lines, Tail
from tests.exchanges.conftest import until

VICTIM = "0x" + "e" * 40


def block(tid: int) -> str:
    """Return a line that holds one liquidation."""
    fill: dict[str, Any] = {"coin": "BTC", "px": "80000", "sz": "1", "side": "A", "tid": tid}
    fill |= {"time": 1795000000000, "liquidation": {"liquidatedUser": VICTIM, "method": "market"}}
    return json.dumps({"block_number": tid, "events": [[VICTIM, fill]]}) + "\n"


class Folder:
    """A folder that a node writes to: `hourly/<date>/<hour>`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, text: str | bytes) -> None:
        file = self.path / "hourly" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab") as stream:
            stream.write(text.encode() if isinstance(text, str) else text)


class Reader:
    """A tail at work, with what it took."""

    def __init__(self, folder: Path, *, is_from_start: bool) -> None:
        self.rows: list[StoredEvent] = []
        self.waits: list[float] = []
        clock = lambda: datetime.now(UTC)  # noqa: E731
        self._health = HealthTracker("hyperliquid", Silence(), clock, lambda: None)
        self.tail = Tail(
            adapters()["hyperliquid"],
            Subscription(f"file://{folder}"),
            Instruments(),
            number=0,
            health=self._health,
            accept=self._accept,
            clock=clock,
            sleep=self._sleep,
            is_from_start=is_from_start,
        )

    @property
    def health(self) -> ExchangeHealth:
        return self._health.snapshot()

    @property
    def tids(self) -> list[int]:
        rows = [row for row in self.rows if isinstance(row, Liquidation)]
        return [int(row.event_id.rpartition(":")[2]) for row in rows]

    async def _accept(self, events: Sequence[StoredEvent]) -> None:
        self.rows.extend(events)

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0.002)


@asynccontextmanager
async def reading(folder: Folder, *, is_from_start: bool = False) -> AsyncIterator[Reader]:
    """Run a tail; unless it reads from the start, first let it see what lies there."""
    reader = Reader(folder.path, is_from_start=is_from_start)
    task = asyncio.create_task(reader.tail.run())
    if not is_from_start and folder.path.exists():
        await until(lambda: reader.tail._lines._positions is not None)
    try:
        yield reader
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "POLL_SECONDS", 0.002)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "node").mkdir()
    return Folder(tmp_path / "node")


async def test_what_lies_there_at_the_start_is_passed_over(folder: Folder):
    folder.write("20261118/9", block(1) + block(2))
    async with reading(folder) as reader:
        folder.write("20261118/9", block(3))
        await until(lambda: reader.tids == [3])


async def test_reads_from_the_start_when_told(folder: Folder):
    folder.write("20261118/9", block(1) + block(2))
    async with reading(folder, is_from_start=True) as reader:
        await until(lambda: reader.tids == [1, 2])


async def test_new_files_are_read_whole(folder: Folder):
    folder.write("20261118/23", block(1))
    async with reading(folder) as reader:
        folder.write("20261118/23", block(2))
        folder.write("20261119/0", block(3))
        await until(lambda: sorted(reader.tids) == [2, 3])
        folder.write("20261119/0", block(4))
        await until(lambda: sorted(reader.tids) == [2, 3, 4])


async def test_a_line_counts_when_it_has_ended(folder: Folder):
    async with reading(folder) as reader:
        line = block(1)
        folder.write("20261118/9", line[:40])
        folder.write("20261118/10", block(2))
        await until(lambda: reader.tids == [2])
        folder.write("20261118/9", line[40:])
        await until(lambda: reader.tids == [2, 1])
        assert reader.health.error_count == 0


async def test_the_line_being_written_at_the_start_is_read_when_it_ends(folder: Folder):
    line = block(2)
    folder.write("20261118/9", block(1) + line[:40])
    async with reading(folder) as reader:
        folder.write("20261118/9", line[40:])
        await until(lambda: reader.tids == [2])


async def test_it_is_subscribed_once_somebody_writes_and_live_once_a_liquidation_came(
    folder: Folder,
):
    async with reading(folder) as reader:
        assert reader.health.state == "connecting"
        folder.write("20261118/9", '{"block_number": 1, "events": []}\n')
        await until(lambda: reader.health.state == "subscribed")
        folder.write("20261118/9", block(2))
        await until(lambda: reader.health.state == "live")


async def test_a_folder_that_is_not_there_is_said_and_looked_for_again(folder: Folder):
    folder.path.rmdir()
    async with reading(folder) as reader:
        await until(lambda: reader.health.state == "failed")
        assert f"the folder {folder.path} cannot be read: No such file" in reader.health.reason
        folder.path.mkdir()
        await until(lambda: reader.tail._lines._positions is not None)
        folder.write("20261118/9", block(1))
        await until(lambda: reader.tids == [1] and reader.health.state == "live")


async def test_goes_on_where_it_left_off_after_the_folder_was_gone(folder: Folder):
    folder.write("20261118/9", block(1))
    async with reading(folder) as reader:
        folder.write("20261118/9", block(2))
        await until(lambda: reader.tids == [2])
        away = folder.path.rename(folder.path.with_name("away"))
        await until(lambda: reader.health.state == "failed")
        Folder(away).write("20261118/9", block(3))
        away.rename(folder.path)
        await until(lambda: reader.tids == [2, 3])


async def test_a_folder_that_nobody_writes_to_is_not_called_subscribed(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tail, "QUIET_SECONDS", 0.02)
    folder.write("20261118/9", block(1))
    async with reading(folder) as reader:
        await until(lambda: reader.health.state == "failed")
        assert "is it still written?" in reader.health.reason
        assert reader.waits[:3] == [1.0, 2.0, 4.0]
        monkeypatch.setattr(tail, "QUIET_SECONDS", 60.0)
        folder.write("20261118/9", block(2))
        await until(lambda: reader.health.state == "live")


async def test_what_does_not_fit_is_kept_and_stops_nothing(folder: Folder):
    async with reading(folder) as reader:
        folder.write("20261118/9", "not json\n\n" + block(1))
        await until(lambda: reader.tids == [1])
        assert reader.health.error_count == 1


async def test_a_file_written_anew_is_read_from_its_beginning(folder: Folder):
    folder.write("20261118/9", block(1) * 3)
    async with reading(folder) as reader:
        (folder.path / "hourly/20261118/9").write_text(block(2))
        await until(lambda: reader.tids == [2])


def lines(folder: Folder, *, is_from_start: bool = True) -> Callable[[], list[bytes]]:
    return Lines(folder.path, is_from_start=is_from_start).read


def test_files_come_in_the_order_they_were_written(folder: Folder):
    for age, name in enumerate(["10", "9"]):
        folder.write(name, f"{name}\n")
        at = 1_795_000_000 - age * 3600
        os.utime(folder.path / "hourly" / name, (at, at))
    read = lines(folder)
    assert [read(), read(), read()] == [[b"9"], [b"10"], []]


def test_a_line_longer_than_a_chunk_is_one_line(folder: Folder, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tail, "CHUNK", 8)
    folder.write("9", "a" * 100 + "\n" + "b" * 3)
    assert lines(folder)() == [b"a" * 100]


def test_a_line_without_an_end_in_sight_is_given_up_in_pieces(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tail, "CHUNK", 8)
    monkeypatch.setattr(tail, "LONGEST_LINE", 32)
    folder.write("9", "a" * 40 + "\nb\n")
    read = lines(folder)
    assert [read(), read(), read()] == [[b"a" * 32], [b"a" * 8, b"b"], []]


def test_compressed_files_are_left_alone(folder: Folder):
    folder.write("8.gz", gzip.compress(b"x\n"))
    folder.write("8.lz4", b"\x04\x22\x4d\x18\n")
    assert lines(folder)() == []


async def test_a_venue_reads_the_folder_that_its_settings_name(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LIQSITE_HYPERLIQUID_NODE_DIR", str(folder.path))
    monkeypatch.setenv("LIQSITE_HYPERLIQUID_REST_URL", "http://127.0.0.1:1")
    aggregator = ExchangeAggregator(["hyperliquid"])
    connecting = asyncio.create_task(aggregator.connect_all())
    async with asyncio.timeout(10):
        tid = 0
        while aggregator.health()["hyperliquid"].state != "live":
            tid += 1
            folder.write("20261118/9", block(tid))
            await asyncio.sleep(0.01)
        await connecting
        await aggregator.disconnect_all()
        rows = [row async for row in aggregator.stream_aggregated("BTCUSDT")]
    assert {(row.side, row.completeness) for row in rows} == {("long", "complete")}
