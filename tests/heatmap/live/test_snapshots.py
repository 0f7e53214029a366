"""Snapshots on the live socket: what is stored, once for all who ask, and cells that fit them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from exchanges.errors import StoreUnavailable
from exchanges.events import Liquidation
from exchanges.store import Writer
from heatmap.answers.grids import Grid, grid
from tests.heatmap.live.clients import opened, pushing
from tests.heatmap.live.conftest import Limit
from tests.make import a_liquidation

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("stored", "layer"),
]

RECENT = datetime.now(UTC) - timedelta(hours=1)


def liquidation(key: str, price: float = 80_000.0, **told: Any) -> Liquidation:
    times = {"exchange_time": RECENT, "received_time": RECENT}
    return a_liquidation(event_id=f"binance:{key}", price=price, **(times | told))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the symbols that the store is asked for."""
    asked: list[str] = []

    def noted(selection: Any, *most: Any) -> Grid:
        asked.append(selection.symbol)
        return grid(selection, *most)

    monkeypatch.setattr("heatmap.live.snapshots.grid", noted)
    return asked


async def test_a_snapshot_has_the_levels_and_totals_of_the_store(lake: Writer) -> None:
    rows = [
        liquidation("1", 80_010.0, value_usd=10.0),
        liquidation("2", 80_020.0, value_usd=5.0, side="short"),
        liquidation("3", 80_910.0, value_usd=1.0, exchange="bybit"),
        liquidation("4", value_usd=None, quantity=None),
        liquidation("5", symbol="ETHUSDT", price=3_000.0),
    ]
    lake.append(rows)
    async with opened() as client:
        await client.subscribe("BTCUSDT", snapshot=True)
        snapshot = await client.next_of("snapshot")
    assert snapshot["totals"] == {"long": 11.0, "short": 5.0, "count": 4, "unknown_value_count": 1}
    assert snapshot["data"]["positions_consumed"] == 4
    levels = snapshot["data"]["levels"]
    assert sum(level["long_density"] for level in levels) == 11.0
    for level in levels:
        assert level["price"] == pytest.approx(level["price_index"] * snapshot["price_step"])
    [upper] = [level for level in levels if level["price"] <= 80_910 < level["price"] + 20]
    assert upper["long_density"] == 1.0
    assert snapshot["is_lower_bound"]


async def test_exchanges_filter_the_snapshot(lake: Writer) -> None:
    lake.append([liquidation("1"), liquidation("2", exchange="bybit", value_usd=7.0)])
    async with opened() as client:
        await client.subscribe("BTCUSDT", snapshot=True, exchanges=["bybit"])
        snapshot = await client.next_of("snapshot")
    assert snapshot["totals"]["long"] == 7.0
    assert list(snapshot["covered_percent"]) == ["bybit"]
    assert not snapshot["is_lower_bound"]


async def test_a_snapshot_and_the_cells_after_it_are_what_is_stored_then(
    lake: Writer, layer: Any
) -> None:
    lake.append([liquidation("1", 80_010.0, value_usd=10.0), liquidation("2", 80_910.0)])
    push = pushing(layer)
    async with opened() as client:
        await client.subscribe("BTCUSDT", snapshot=True, min_value=1e9)
        snapshot = await client.next_of("snapshot")
        rows = [liquidation("3", 80_011.0, value_usd=2.0), liquidation("4", 80_911.0)]
        lake.append(rows)
        await push.liquidations(rows)
        frame = await client.next_of("liquidations")
        await client.say("unsubscribe")
        await client.subscribe("BTCUSDT", snapshot=True, exchanges=["binance"])
        fresh = await client.next_of("snapshot")
    assert frame["rows"] == []
    sums = {level["price_index"]: level["long_density"] for level in snapshot["data"]["levels"]}
    for column in frame["cells"]:
        assert column["price_step"] == snapshot["price_step"]
        for index, usd in zip(column["price_index"], column["value_usd"], strict=True):
            sums[index] = sums.get(index, 0.0) + usd
    stored = {level["price_index"]: level["long_density"] for level in fresh["data"]["levels"]}
    assert sums == stored


async def test_many_who_ask_at_a_time_cost_one_query(lake: Writer, asked: list[str]) -> None:
    lake.append([liquidation("1")])
    async with opened() as first, opened() as second, opened() as third:
        for client in (first, second, third):
            await client.say("subscribe", symbols=["BTCUSDT"])
        for client in (first, second, third):
            await client.next_of("snapshot")
        await first.say("unsubscribe")
        await first.say("subscribe", symbols=["BTCUSDT"])
        await first.next_of("snapshot")
    assert asked == ["BTCUSDT"]


async def test_prices_that_outgrow_the_bins_are_told_to_all(
    lake: Writer, limit: Limit, asked: list[str]
) -> None:
    limit(snapshot_seconds=0.0)
    lake.append([liquidation("1", 80_000.0), liquidation("2", 80_900.0)])
    async with opened() as first, opened() as second:
        await first.subscribe("BTCUSDT", snapshot=True)
        before = await first.next_of("snapshot")
        lake.append([liquidation("3", 120_000.0)])
        await second.subscribe("BTCUSDT", snapshot=True)
        await second.next_of("snapshot")
        after = await first.next_of("snapshot")
    assert after["price_step"] > before["price_step"]
    assert after["totals"]["count"] == 3


async def test_a_symbol_without_liquidations_has_an_empty_snapshot(lake: Writer) -> None:
    async with opened() as client:
        await client.subscribe("NOTHINGUSDT", snapshot=True)
        snapshot = await client.next_of("snapshot")
    assert snapshot["data"]["levels"] == []
    assert snapshot["totals"]["count"] == 0


async def test_a_store_that_cannot_be_read_is_said_and_the_rows_still_come(
    layer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise StoreUnavailable("Nothing has been stored yet.")

    monkeypatch.setattr("heatmap.live.snapshots.grid", fail)
    push = pushing(layer)
    async with opened() as client:
        await client.subscribe("BTCUSDT", snapshot=True)
        error = await client.next_of("error")
        assert (error["code"], error["message"]) == ("SERVER_ERROR", "Nothing has been stored yet.")
        await push.liquidations([liquidation("1")])
        assert (await client.next_of("liquidations"))["rows"]


async def test_too_many_snapshots_at_a_time_are_refused(
    lake: Writer, limit: Limit, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(snapshots_at_once=0)
    async with opened() as client:
        await client.subscribe("BTCUSDT", snapshot=True)
        assert (await client.next_of("error"))["code"] == "RATE_LIMITED"


async def test_a_slow_store_holds_up_neither_pings_nor_rows(
    layer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(*_: Any) -> None:
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result(10)
        raise StoreUnavailable("late")

    monkeypatch.setattr("heatmap.live.snapshots.grid", slow)
    push = pushing(layer)
    async with opened() as client:
        await client.subscribe("BTCUSDT", snapshot=True)
        await client.say("ping")
        await client.next_of("pong")
        await push.liquidations([liquidation("1")])
        await client.next_of("liquidations")
        release.set()
        assert (await client.next_of("error"))["message"] == "late"
