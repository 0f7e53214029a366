"""A real daphne: a slow client holds the answer up, one that leaves ends it, a break shows."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from socket import create_server

import pytest

from tests.heatmap.paced_app import CHUNK, MOST_CHUNKS

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Serve tests.heatmap.paced_app in a process of its own."""
    with create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    command = [sys.executable, "-m", "daphne", "-p", str(port)]
    process = subprocess.Popen(
        [*command, "tests.heatmap.paced_app:application"], cwd=PROJECT, stderr=subprocess.DEVNULL
    )
    try:
        until(lambda: answers(port))
        yield port
    finally:
        process.terminate()
        process.wait()


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def ask(port: int, path: str) -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    return connection.getresponse()


def answers(port: int) -> bool:
    try:
        return ask(port, "/sent").status == 200
    except OSError:
        return False


def sent(port: int) -> tuple[int, int]:
    """Return the chunks sent, and how many long answers ended."""
    chunks, ended = ask(port, "/sent").read().split()
    return int(chunks), int(ended)


def settled(port: int) -> int:
    """Return the chunks sent once no more are, for as long as the client takes none."""
    before = -1
    while (chunks := sent(port)[0]) != before:
        before = chunks
        time.sleep(0.1)
    return chunks


def test_what_nobody_takes_is_not_sent_and_whoever_takes_it_gets_all(port: int):
    before = sent(port)[0]
    answer = ask(port, "/long")
    waiting = settled(port) - before
    # What the kernel's two buffers hold, and one more.
    assert waiting < MOST_CHUNKS / 4
    assert len(answer.read()) == (MOST_CHUNKS + 1) * len(CHUNK)
    assert sent(port)[0] - before == MOST_CHUNKS


def test_a_client_that_leaves_while_held_up_ends_the_answer(port: int):
    ended = sent(port)[1]
    answer = ask(port, "/long")
    settled(port)
    answer.close()
    until(lambda: sent(port)[1] == ended + 1)


def test_an_answer_that_breaks_half_way_does_not_look_whole(port: int):
    with pytest.raises((HTTPException, OSError)):
        ask(port, "/broken").read()
