"""The log layer between real processes, and under everything that may happen to its file."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer

from exchanges.log_layer import LogChannelLayer
from exchanges.message_log import LogWriter

PATIENCE = 10.0
LAYER = "from exchanges.log_layer import LogChannelLayer as L; import asyncio, sys; "
SENDER = LAYER + (
    "layer = L(sys.argv[1])\n"
    "async def main():\n"
    "  for n in range(int(sys.argv[2])):\n"
    "    await layer.group_send('news', {'type': 'frame', 'n': n})\n"
    "    await asyncio.sleep(float(sys.argv[3]))\n"
    "asyncio.run(main())\n"
)
RECEIVER = LAYER + (
    "layer = L(sys.argv[1], poll_seconds=0.01)\n"
    "async def main():\n"
    "  await layer.group_add('news', 'me')\n"
    "  print('ready', flush=True)\n"
    "  while True:\n"
    "    print((await layer.receive('me'))['n'], flush=True)\n"
    "asyncio.run(main())\n"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the log lies: in a folder that does not exist yet."""
    return tmp_path / "var" / "channels.sqlite3"


@pytest.fixture
async def layer(path: Path) -> AsyncIterator[LogChannelLayer]:
    """A layer of this process that looks often."""
    layer = LogChannelLayer(path, poll_seconds=0.005)
    yield layer
    await layer.close()


async def start(program: str, *args: object) -> asyncio.subprocess.Process:
    """Start another process with its output in a pipe."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, *map(str, args), stdout=asyncio.subprocess.PIPE
    )


async def line(process: asyncio.subprocess.Process) -> str:
    """Return the next line that a process prints."""
    assert process.stdout
    async with asyncio.timeout(PATIENCE):
        return (await process.stdout.readline()).decode().strip()


async def receive(layer: LogChannelLayer, channel: str = "me") -> Any:
    """Return the number in the next message."""
    async with asyncio.timeout(PATIENCE):
        return (await layer.receive(channel))["n"]


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so, but not for ever."""
    async with asyncio.timeout(PATIENCE):
        while not is_so():
            await asyncio.sleep(0.005)


def message(n: int) -> dict[str, Any]:
    """Return a numbered message."""
    return {"type": "frame", "n": n}


async def test_what_one_process_sends_another_receives_in_order(
    layer: LogChannelLayer, path: Path
) -> None:
    await layer.group_add("news", "me")
    sender = await start(SENDER, path, 50, 0)
    assert [await receive(layer) for _ in range(50)] == list(range(50))
    assert await sender.wait() == 0


async def test_several_processes_that_begin_together_share_one_log(
    layer: LogChannelLayer, path: Path
) -> None:
    senders = [await start(SENDER, path, 20, 0.001) for _ in range(4)]
    await layer.group_add("news", "me")
    assert [await sender.wait() for sender in senders] == [0, 0, 0, 0]
    await layer.group_send("news", message(99))
    async with asyncio.timeout(PATIENCE):
        while await receive(layer) != 99:
            pass


async def test_a_killed_sender_harms_neither_readers_nor_the_next_sender(
    layer: LogChannelLayer, path: Path
) -> None:
    await layer.group_add("news", "me")
    sender = await start(SENDER, path, 1_000_000, 0)
    assert await receive(layer) == 0
    sender.send_signal(signal.SIGKILL)
    await sender.wait()
    await layer.group_send("news", message(-1))
    async with asyncio.timeout(PATIENCE):
        while await receive(layer) != -1:
            pass


async def test_a_killed_reader_harms_neither_senders_nor_the_next_reader(
    layer: LogChannelLayer, path: Path
) -> None:
    reader = await start(RECEIVER, path)
    assert await line(reader) == "ready"
    await layer.group_send("news", message(1))
    assert await line(reader) == "1"
    reader.send_signal(signal.SIGKILL)
    await reader.wait()
    await layer.group_send("news", message(2))
    successor = await start(RECEIVER, path)
    assert await line(successor) == "ready"
    await layer.group_send("news", message(3))
    assert await line(successor) == "3"
    successor.kill()
    await successor.wait()


@pytest.mark.parametrize(
    "pattern",
    ["channels.sqlite3*", "channels.sqlite3", "channels.sqlite3-wal", "channels.sqlite3-shm"],
)
async def test_a_log_deleted_under_both_processes_is_begun_anew(
    layer: LogChannelLayer, path: Path, pattern: str
) -> None:
    await layer.group_add("news", "me")
    sender = await start(SENDER, path, 1_000_000, 0.002)
    assert await receive(layer) == 0
    for file in path.parent.glob(pattern):
        file.unlink()
    while "me" in layer.channels:
        await receive(layer)
    later = [await receive(layer) for _ in range(50)]
    assert later == sorted(set(later))
    sender.kill()
    await sender.wait()


async def test_a_log_whose_folder_is_gone_is_begun_anew(layer: LogChannelLayer, path: Path) -> None:
    await layer.group_add("news", "me")
    await layer.group_send("news", message(1))
    assert await receive(layer) == 1
    path.parent.rename(path.parent.with_name("elsewhere"))
    await layer.group_send("news", message(2))
    assert await receive(layer) == 2


@pytest.fixture
def garbage(path: Path) -> None:
    """Something else lies where the log should."""
    path.parent.mkdir()
    path.write_bytes(b"this is no database" * 1000)


@pytest.mark.usefixtures("garbage")
async def test_a_log_overwritten_with_garbage_is_begun_anew(layer: LogChannelLayer) -> None:
    await layer.group_add("news", "me")
    await layer.group_send("news", message(1))
    assert await receive(layer) == 1


async def test_a_backlog_of_5000_arrives_whole_and_in_order(
    layer: LogChannelLayer, path: Path
) -> None:
    await layer.group_add("news", "me")
    writer = LogWriter(path, 60, time.time)
    body = b"\x82\xa4type\xa5frame\xa1n\xcd"
    for n in range(5000):
        writer.append("news", body + n.to_bytes(2, "big"))
    writer.close()
    assert [await receive(layer) for _ in range(5000)] == list(range(5000))


async def test_a_reader_that_reads_nothing_does_not_keep_the_others_from_reading(
    layer: LogChannelLayer,
) -> None:
    await layer.group_add("news", "me")
    await layer.group_add("news", "asleep")
    for n in range(150):
        await layer.group_send("news", message(n))
    assert [await receive(layer) for _ in range(150)] == list(range(150))
    assert layer.channels["asleep"].qsize() == layer.capacity


async def test_a_sender_waits_for_no_reader(layer: LogChannelLayer, path: Path) -> None:
    await layer.group_add("news", "asleep")
    started = time.monotonic()
    for n in range(300):
        await layer.group_send("news", message(n))
    assert time.monotonic() - started < 3


async def test_a_locked_log_does_not_stall_the_event_loop(
    layer: LogChannelLayer, path: Path
) -> None:
    await layer.group_add("news", "me")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    sending = asyncio.create_task(layer.group_send("news", message(1)))
    longest = 0.0
    for _ in range(20):
        began = time.monotonic()
        await asyncio.sleep(0.005)
        longest = max(longest, time.monotonic() - began)
    other.execute("ROLLBACK")
    other.close()
    await sending
    assert await receive(layer) == 1
    assert longest < 0.1


async def test_nothing_for_who_joins_late(layer: LogChannelLayer) -> None:
    await layer.group_send("news", message(1))
    await layer.group_add("news", "me")
    await layer.group_send("news", message(2))
    assert await receive(layer) == 2


async def test_the_poller_ends_with_the_last_group_and_comes_back(layer: LogChannelLayer) -> None:
    await layer.group_add("news", "me")
    await layer.group_add("weather", "me")
    await layer.group_discard("news", "me")
    await layer.group_send("weather", message(1))
    assert await receive(layer) == 1
    await layer.group_discard("weather", "me")
    await until(lambda: layer._poller is None or layer._poller.done())
    await layer.group_send("news", message(2))
    await layer.group_add("news", "me")
    await layer.group_send("news", message(3))
    assert await receive(layer) == 3


def test_a_poller_of_an_event_loop_that_is_gone_is_replaced(path: Path) -> None:
    layer = LogChannelLayer(path, poll_seconds=0.005)

    async def talk() -> None:
        await layer.group_add("news", "me")
        await layer.group_send("news", message(1))
        assert await receive(layer) == 1

    asyncio.run(talk())
    asyncio.run(talk())


async def talk_like_channels(layer: Any) -> list[Any]:
    """Use every call of a channel layer and return what came out."""
    name = await layer.new_channel()
    await layer.group_add("news", name)
    await layer.group_add("news", "other")
    await layer.send(name, {"type": "direct"})
    said = [await layer.receive(name)]
    await layer.group_send("news", {"type": "frame", "frame": "é", "seq": 1})
    said += [await layer.receive(name), await layer.receive("other")]
    await layer.group_discard("news", "other")
    await layer.group_send("news", {"type": "frame", "seq": 2})
    said.append(await layer.receive(name))
    return [*said, "other" in layer.channels, layer.extensions]


async def test_inside_one_process_it_works_like_the_parent(layer: LogChannelLayer) -> None:
    assert await talk_like_channels(layer) == await talk_like_channels(InMemoryChannelLayer())


async def test_a_wrong_group_name_is_refused(layer: LogChannelLayer) -> None:
    with pytest.raises(TypeError):
        await layer.group_send("not a name", message(1))
