"""The load test: what it counts, what it says, and how it ends, against a real site."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from websockets.asyncio.server import ServerConnection, serve

from exchanges.store import Writer
from heatmap.load_test.clients import PATHS, Client, Seen
from heatmap.load_test.report import missed_limits, report, text
from tests.heatmap.live.site import Site, running_site
from tests.make import a_liquidation

APPLICATION = "liqsite.asgi:application"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with Writer(folder / "lake") as writer:
        writer.append([a_liquidation()])
    with running_site(folder, APPLICATION, DEBUG="true") as site:
        yield site


def loaded(site: Site, **options: Any) -> dict[str, Any]:
    out = StringIO()
    url = f"http://127.0.0.1:{site.port}/"
    usual = {"clients": 3, "duration": 4, "pause": 0.05, "symbols": "BTCUSDT", "json": True}
    call_command("load_test", url=url, stdout=out, **usual | options)
    told: dict[str, Any] = json.loads(out.getvalue().splitlines()[0])
    return told


def test_a_site_that_keeps_up_is_reported_with_times_of_every_address(site: Site):
    told = loaded(site, max_errors=0, max_limited=0, max_missed=0)
    assert set(told["statuses"]) == {"200"} and told["errors"] == told["missed"] == 0
    assert told["frames"] >= 3 and not told["sockets_closed"]
    assert set(told["by_address"]) == set(PATHS)
    assert sum(each["count"] for each in told["by_address"].values()) == told["all"]["count"] > 0
    assert told["all"]["p50"] <= told["all"]["p99"] <= told["all"]["longest"]


def test_a_limit_that_is_missed_ends_with_exit_code_1_after_the_report(site: Site):
    with pytest.raises(CommandError, match=r"p50 is .*, at most 0\.001 was asked") as ended:
        loaded(site, duration=2, max_p50=0.001)
    assert ended.value.returncode == 1


def test_requests_refused_as_too_many_are_counted_apart_from_errors(tmp_path_factory: Any):
    folder = tmp_path_factory.mktemp("strict")
    with Writer(folder / "lake") as writer:
        writer.append([a_liquidation()])
    with running_site(folder, APPLICATION, LIQSITE_RATE_LIMIT_RPM="2", DEBUG="true") as strict:
        told = loaded(strict, clients=9, pause=0)
    assert told["limited"] > 0 and told["errors"] == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"url": "http://127.0.0.1:9"}, "Nothing answers at http://127.0.0.1:9: "),
        ({"url": "127.0.0.1:8000"}, "is no address like http://127.0.0.1:8000"),
        ({"clients": 0}, "are above zero"),
        ({"symbols": ","}, "at least one, like BTCUSDT"),
    ],
)
def test_what_cannot_be_done_is_said_with_exit_code_2(
    site: Site, options: dict[str, Any], said: str
):
    with pytest.raises(CommandError, match=said) as ended:
        call_command("load_test", **{"url": f"http://127.0.0.1:{site.port}"} | options)
    assert ended.value.returncode == 2


async def test_frames_missed_by_number_and_closed_sockets_are_counted():
    async def skips(socket: ServerConnection) -> None:
        await socket.recv()
        for frame in ({"type": "welcome"}, *({"type": "health", "seq": n} for n in (4, 5, 9))):
            await socket.send(json.dumps(frame))
        await socket.close(4413, "too slow")

    seen = Seen()
    async with serve(skips, "127.0.0.1", 0) as server:
        [listening] = server.sockets
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        client = asyncio.create_task(Client(url, 0, "BTCUSDT", 60.0)._listen(seen))
        async with asyncio.timeout(10):
            while not seen.closed:
                await asyncio.sleep(0.01)
        client.cancel()
        with suppress(asyncio.CancelledError):
            await client
    assert (seen.frames, seen.missed, seen.sockets) == (4, 3, 0)
    assert seen.errors == seen.closed.total() == 1
    assert "too slow" in next(iter(seen.closed))


def test_a_report_of_nothing_misses_every_limit_of_time_and_no_other():
    found = report(Seen(), 1, 1.0)
    limits = {"p50": 5.0, "p95": None, "p99": 5.0, "errors": 0.0, "limited": 0.0, "missed": 0.0}
    assert len(missed_limits(found, limits)) == 2
    assert "no answer" in "\n".join(text(found))
