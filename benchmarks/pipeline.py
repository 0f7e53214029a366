"""From the simulated venues' sockets to the store and to a page's socket, real processes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from time import monotonic, sleep

import aiohttp
from django.conf import settings

from benchmarks.figures import IS_QUICK, milliseconds
from benchmarks.running import running
from exchanges import store
from exchanges.errors import StoreUnavailable

SECONDS = 4.0 if IS_QUICK else 20.0
SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT"]
Ages = list[tuple[float, float]]
_COUNT = "SELECT count(*), max(received_time) FROM liquidations"
_NEW = "SELECT exchange_time, received_time FROM liquidations WHERE received_time > $after"


def measure() -> Iterator[tuple[str, str]]:
    """Yield (what, figure) for a calm and for a flooded market."""
    for rate in (50, 5_000):
        before = stored()
        with running(rate) as instance:
            yield from asyncio.run(_watch(rate, instance.port, before))


async def _watch(rate: int, port: int, stored_before: int) -> list[tuple[str, str]]:
    async with asyncio.timeout(60):
        while stored() == stored_before:
            await asyncio.sleep(0.2)
    await asyncio.sleep(2)
    seen = asyncio.create_task(_until_seen(port))
    start, before = monotonic(), stored()
    found = await asyncio.to_thread(_until_stored, start + SECONDS)
    rows = (stored() - before) / (monotonic() - start)
    return [
        (f"{rate} liquidations/s sent: stored", f"{rows:,.0f} rows/s"),
        *_told(f"{rate} liquidations/s sent", "stored", found),
        *_told(f"{rate} liquidations/s sent", "page", await seen),
    ]


def _told(sent: str, where: str, ages: Ages) -> list[tuple[str, str]]:
    """Return the figures since the event, the venue's own batching included, and since receipt."""
    since_event, since_receipt = zip(*ages, strict=True)
    return [
        (f"{sent}: event to {where}", milliseconds(since_event, 50, 99)),
        (f"{sent}: received to {where}", milliseconds(since_receipt, 50, 99)),
    ]


def stored() -> int:
    """Return how many rows are stored."""
    try:
        count: int = store.query(settings.LIQSITE_LAKE, _COUNT, {})[0][0]
    except StoreUnavailable:
        return 0
    return count


def _until_stored(deadline: float) -> Ages:
    """Return for each row the seconds from its event, and from its receipt, to being found."""
    last = store.query(settings.LIQSITE_LAKE, _COUNT, {})[0][1]
    ages: Ages = []
    while monotonic() < deadline:
        rows = store.query(settings.LIQSITE_LAKE, f"{_NEW} ", {"after": last})
        now = datetime.now(UTC)
        ages += [_ages(now, *times) for times in rows]
        last = max((receipt for _, receipt in rows), default=last)
        # Looking without a pause would take a core away from what is measured.
        sleep(0.05)
    return ages


async def _until_seen(port: int) -> Ages:
    """Return for each row the seconds from event and receipt to arriving at a page's socket."""
    ages: Ages = []
    deadline = monotonic() + SECONDS
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(
            f"http://127.0.0.1:{port}/ws/live", origin=f"http://127.0.0.1:{port}"
        ) as page,
    ):
        await page.send_json({"action": "subscribe", "symbols": SYMBOLS, "snapshot": False})
        while monotonic() < deadline:
            frame = json.loads((await page.receive()).data)
            now = datetime.now(UTC)
            for row in frame["rows"] if frame["type"] == "liquidations" else []:
                times = (row["exchange_time"], row["received_time"])
                ages.append(_ages(now, *map(datetime.fromisoformat, times)))
    return ages


def _ages(now: datetime, event: datetime, receipt: datetime) -> tuple[float, float]:
    return (now - event).total_seconds(), (now - receipt).total_seconds()
