"""From a venue's socket to the API's answer: everything real, in one process."""

from __future__ import annotations

import asyncio
import csv
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import InMemoryChannelLayer
from django.conf import settings
from django.test import AsyncClient

from exchanges import store
from exchanges.clock import Clock, utc_now
from exchanges.errors import StoreUnavailable
from exchanges.gaps import NOT_RUNNING
from exchanges.journal import Journal
from exchanges.lake import Lake
from exchanges.live import LivePush
from exchanges.models import ExchangeHealth, Gap, WorkerLease
from exchanges.recorder import Lease
from exchanges.simulator import Simulator
from exchanges.store import Writer
from exchanges.worker import Worker
from tests.exchanges.conftest import point_at, until

RECORDED = Path(__file__).parents[2] / "shared" / "data" / "binance"
FRAMES = RECORDED / "forceorder_usdm_20251227_20251228.reconstructed.jsonl"
ROWS = RECORDED / "forceorder_usdm_20251227_20251228.csv"

pytestmark = pytest.mark.django_db(transaction=True)


@asynccontextmanager
async def working(
    writer: Writer, exchanges: list[str], clock: Clock = utc_now, symbols: Sequence[str] = ()
) -> AsyncIterator[Worker]:
    """Run a worker beside the test, and stop it in order."""
    lease = Lease(clock)
    await sync_to_async(lease.acquire)()
    push = LivePush(InMemoryChannelLayer())
    journal = Journal(Lake.of(settings.LIQSITE_LAKE).folder.parent / "journal", writer.positions())
    worker = Worker(
        exchanges, journal=journal, writer=writer, push=push, lease=lease, clock=clock,
        symbols=symbols,
    )  # fmt: skip
    running = asyncio.create_task(worker.run())
    yield worker
    worker.stop()
    async with asyncio.timeout(10):
        await running
    await sync_to_async(lease.release)()


def stored(folder: Path) -> dict[tuple[str, str], tuple[int, float]]:
    """Return rows and dollars by exchange and side."""
    sql = "SELECT exchange, side, count(*), sum(value_usd) FROM liquidations GROUP BY ALL"
    return {(e, s): (count, usd) for e, s, count, usd in store.query(folder, sql, {})}


def rows_stored(folder: Path) -> int:
    return sum(count for count, _ in stored(folder).values())


@pytest.fixture
def folder(lake: Writer, settings: Any) -> Path:
    path: Path = settings.LIQSITE_LAKE
    return path


async def test_a_liquidation_reaches_the_answer_within_a_second(
    lake: Writer, folder: Path, monkeypatch: pytest.MonkeyPatch, async_client: AsyncClient
):
    async with Simulator(rate=0) as simulator:
        point_at(simulator, monkeypatch)
        async with working(lake, ["binance", "bybit"]):
            await simulator.subscribed("binance")
            await simulator.subscribed("bybit")
            sent = [
                await simulator.send("binance", "BTCUSDT", "long", price=80_000, size=0.5),
                await simulator.send("bybit", "BTCUSDT", "short", price=80_400, size=0.25),
            ]
            await until(lambda: rows_stored(folder) == 2, 5)
            answer = (await async_client.get("/liquidations/heatmap?symbol=BTCUSDT")).json()
            zones = {z["side"]: z["exchange_breakdown"] for z in answer["zones"]}
            assert zones == {
                "long": {"binance": sent[0].value_usd},
                "short": {"bybit": sent[1].value_usd},
            }
            for zone, row in zip(sorted(answer["zones"], key=_low), sent, strict=True):
                assert zone["price_low"] <= row.price < zone["price_high"]
            await until_rows(ExchangeHealth.objects.filter(state="live"), 2)


def _low(zone: dict[str, float]) -> float:
    return zone["price_low"]


async def until_rows(rows: Any, count: int) -> None:
    async with asyncio.timeout(5):
        while await rows.acount() != count:
            await asyncio.sleep(0.02)


async def test_market_data_reaches_the_store_and_candles_the_answer(
    lake: Writer, folder: Path, monkeypatch: pytest.MonkeyPatch, async_client: AsyncClient
):
    rows = "(SELECT count(*) FROM {} WHERE symbol = 'BTCUSDT' AND exchange = '{}')"
    tables, venues = ("candles", "mark_candles", "open_interest"), ["binance", "bybit"]
    fewest = f"SELECT least({', '.join(rows.format(*of) for of in product(tables, venues))})"
    monkeypatch.setattr("exchanges.gathering.gatherer.PORTION", 1)
    async with Simulator(rate=0) as simulator:
        point_at(simulator, monkeypatch)
        # Asked for in pieces that begin on a grid: the newest may hold few candles.
        async with working(lake, venues, symbols=["BTCUSDT"]):
            await until(lambda: store.query(folder, fewest, {})[0][0] >= 10, 20)
        answer = (await async_client.get("/prices/klines?interval=5m&limit=10")).json()
    assert answer["exchange"] == "binance"
    # Of the ten the one under way is not stored, nor, within seconds of its end, the one before.
    assert answer["count"] >= 8 and answer["missing"] <= 2


async def test_what_was_received_is_stored_when_the_worker_is_asked_to_stop(
    lake: Writer, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    async with Simulator(rate=0) as simulator:
        point_at(simulator, monkeypatch)
        async with working(lake, ["bybit"]) as worker:
            await simulator.subscribed("bybit")
            for number in range(500):
                await simulator.send("bybit", "BTCUSDT", "long", price=80_000 + number, size=0.5)
            health = worker.venues.health
            await until(lambda: health()["bybit"].message_count == 500)
    assert rows_stored(folder) == 500


@pytest.mark.skipif(not FRAMES.exists(), reason=f"recorded frames are not here: {FRAMES}")
async def test_recorded_frames_are_stored_to_the_cent_and_only_once(
    lake: Writer, folder: Path, monkeypatch: pytest.MonkeyPatch, async_client: AsyncClient
):
    expected = recorded_totals()
    async with Simulator(rate=0, replays={"binance": [FRAMES]}, speed=0) as simulator:
        point_at(simulator, monkeypatch)
        async with working(lake, ["binance"], _in_december):
            await until(lambda: rows_stored(folder) == 2_045, 30)
            assert_same_money(stored(folder), expected)
            simulator.replay("binance")
            await until(lambda: simulator.totals()["binance"]["events"] >= 2 * 2_045, 30)
            last = int(_in_december().timestamp() * 1000)
            await simulator.send("binance", "BTCUSDT", "long", price=80_000, size=1, time_ms=last)
            await until(lambda: rows_stored(folder) > 2_045, 30)
    assert rows_stored(folder) == 2_046


def recorded_totals() -> dict[str, float]:
    """Return USD by side straight from the recorder's rows: average fill price x filled size."""
    totals: Counter[str] = Counter()
    with ROWS.open() as file:
        for row in csv.DictReader(file):
            side = {"SELL": "long", "BUY": "short"}[row["side"]]
            filled = float(row["filled_accumulated_quantity"])
            totals[side] += float(row["average_price"]) * filled  # type: ignore[assignment]
    return dict(totals)


def assert_same_money(
    found: dict[tuple[str, str], tuple[int, float]], expected: dict[str, float]
) -> None:
    for side, usd in expected.items():
        assert abs(found["binance", side][1] - usd) < 0.005


_started = datetime.now(UTC)


def _in_december() -> datetime:
    """The clock of the day on which the frames were recorded."""
    return datetime(2025, 12, 28, 21, 0, tzinfo=UTC) + (datetime.now(UTC) - _started)


async def test_the_sites_answers_survive_the_worker(
    lake: Writer, folder: Path, monkeypatch: pytest.MonkeyPatch, async_client: AsyncClient
):
    async with Simulator(rate=0) as simulator:
        point_at(simulator, monkeypatch)
        async with working(lake, ["bybit"]):
            await simulator.subscribed("bybit")
            await simulator.send("bybit", "BTCUSDT", "long", price=80_000, size=0.5)
            await until(lambda: rows_stored(folder) == 1, 5)
    lake.close()
    answer = (await async_client.get("/liquidations/heatmap")).json()
    assert answer["per_exchange"]["bybit"]["total_volume"] == 40_000.0
    health = (await async_client.get("/exchanges/health")).json()
    assert health["worker"]["message"].startswith("worker not running since ")
    since = datetime.fromisoformat(health["worker"]["since"])
    assert datetime.now(UTC) - since < timedelta(seconds=10)


async def test_a_worker_asked_to_stop_while_the_store_is_locked_ends_and_the_next_one_stores(
    lake: Writer, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    def locked(*_: object) -> None:
        raise StoreUnavailable("database is locked")

    async with Simulator(rate=0) as simulator:
        point_at(simulator, monkeypatch)
        with monkeypatch.context() as patched:
            patched.setattr("exchanges.worker.STOP_SECONDS", 0.2)
            patched.setattr(lake, "append", locked)
            async with working(lake, ["bybit"]):
                await simulator.subscribed("bybit")
                await simulator.send("bybit", "BTCUSDT", "long", price=80_000, size=0.5)
                await until_rows(WorkerLease.objects.filter(trouble__contains="locked"), 1)
        assert rows_stored(folder) == 0
        assert [gap.reason async for gap in Gap.objects.filter(ended_at=None)] == [NOT_RUNNING]
        async with working(lake, ["bybit"]):
            await until(lambda: rows_stored(folder) == 1, 5)
