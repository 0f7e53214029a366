"""The live socket on a real Daphne: clients who stop reading, and the clients of docs/clients."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import pytest
from websockets.asyncio.client import ClientConnection, connect

from exchanges.live import LivePush
from tests.heatmap.live.site import ROOT, Site, running_site
from tests.make import a_liquidation

COLD_SECONDS = 10.0


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with running_site(folder, "tests.heatmap.live.hurried_asgi:application") as site:
        yield site


def a_client(site: Site, **options: Any) -> connect:
    headers = {"Origin": f"http://127.0.0.1:{site.port}"}
    return connect(f"{site.address}/ws/live", additional_headers=headers, **options)


async def subscribed(client: ClientConnection) -> None:
    wish = {"action": "subscribe", "symbols": ["BTCUSDT"], "snapshot": False}
    await client.send(json.dumps(wish))
    while json.loads(await client.recv())["type"] != "subscribed":
        pass


def a_deaf_client(site: Site) -> socket.socket:
    """Return a socket that subscribes and never reads."""
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    deaf.connect(("127.0.0.1", site.port))
    head = f"GET /ws/live HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1:{site.port}\r\n"
    keys = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
    deaf.sendall(f"{head}Upgrade: websocket\r\nConnection: Upgrade\r\n{keys}\r\n".encode())
    assert b"101" in deaf.recv(12)
    wish = b'{"action":"subscribe","symbols":["BTCUSDT"],"snapshot":false}'
    # A mask of nothing leaves the text as it is.
    deaf.sendall(bytes([0x81, 0x80 | len(wish), 0, 0, 0, 0]) + wish)
    return deaf


async def flood(push: LivePush, seconds: float) -> None:
    """Push more than a client may be sent."""
    deadline, number = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        rows = [a_liquidation(event_id=f"binance:{number + n}") for n in range(100)]
        await push.liquidations(rows)
        number += 100
        await asyncio.sleep(0.1)


def stats(site: Site) -> dict[str, Any]:
    with urlopen(f"http://127.0.0.1:{site.port}/ws/stats") as answer:
        told: dict[str, Any] = json.load(answer)
        return told


async def test_clients_who_never_read_cost_little_and_are_closed(site: Site) -> None:
    async with a_client(site) as reader:
        await subscribed(reader)
        # The first question over HTTP has the site load all of its views.
        await asyncio.to_thread(stats, site)
        before, slow, rows = site.memory_kilobytes, 0, 0
        deaf = [a_deaf_client(site) for _ in range(20)]
        flooding = asyncio.create_task(flood(site.push(), 30))
        while (now := await asyncio.to_thread(stats, site))["active_connections"] > 1:
            slow = max(slow, now["slow_consumers"])
            rows += len(json.loads(await reader.recv()).get("rows", []))
            assert not flooding.done(), now
        grown = site.memory_kilobytes - before
        flooding.cancel()
    for each in deaf:
        each.close()
    assert slow == 20
    assert rows > 100
    # Unsent in Daphne, what waits and what is kept, for each of them.
    assert grown < 20 * 600


async def test_the_python_client_of_the_documents_prints_what_is_pushed(site: Site) -> None:
    client = await asyncio.create_subprocess_exec(
        sys.executable, "docs/clients/live.py", "BTCUSDT", site.address,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert client.stdout
        flooding = asyncio.create_task(flood(site.push(), 10))
        line = await asyncio.wait_for(client.stdout.readline(), COLD_SECONDS)
        flooding.cancel()
    finally:
        client.terminate()
        await client.wait()
    assert line == b"binance long 80000.0 80000.0\n"


@pytest.mark.parametrize("name", ["live.py", "live.js"])
def test_the_clients_of_the_documents_are_short(name: str) -> None:
    lines = (ROOT / "docs" / "clients" / name).read_text().splitlines()
    code = [line for line in lines if line.strip() and not line.startswith(("import", "from"))]
    assert len(code) <= 25
