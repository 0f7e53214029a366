"""From real sockets of simulated venues to one stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from msgspec.structs import replace

from exchanges.adapters.binance import BinanceAdapter
from exchanges.adapters.bybit import BybitAdapter
from exchanges.aggregator import ExchangeAggregator
from exchanges.errors import StreamInUse, UnknownExchange
from exchanges.events import ExchangeHealth, Liquidation, Rejected
from exchanges.simulator.simulator import Simulator
from tests.exchanges.conftest import until
from tests.make import some_liquidations


@pytest_asyncio.fixture
async def aggregator(simulator: Simulator) -> AsyncIterator[ExchangeAggregator]:
    aggregator = ExchangeAggregator(["binance", "bybit"])
    await aggregator.connect_all()
    yield aggregator
    await aggregator.disconnect_all()


def bybit(aggregator: ExchangeAggregator) -> ExchangeHealth:
    return aggregator.health()["bybit"]


async def first(aggregator: ExchangeAggregator, *symbols: str) -> Liquidation:
    async with asyncio.timeout(10):
        async for liquidation in aggregator.stream_aggregated(*symbols):
            return liquidation
    raise AssertionError("the stream ended")


async def test_the_quick_start_works_as_written(simulator: Simulator):
    from exchanges import ExchangeAggregator

    agg = ExchangeAggregator(["binance", "bybit"])
    await agg.connect_all()
    assert agg.get_active_exchanges() == ["binance", "bybit"]
    await simulator.send("bybit", "ETHUSDT", "long", price=4_000, size=1)
    await simulator.send("bybit", "BTCUSDT", "long", price=80_000, size=0.5)
    async for liq in agg.stream_aggregated("BTCUSDT"):
        assert (liq.exchange, liq.side, liq.value_usd) == ("bybit", "long", 40_000.0)
        break
    health = await agg.health_check_all()
    assert health["bybit"].state == "live"
    assert health["binance"].state == "subscribed"
    await agg.disconnect_all()
    assert agg.get_active_exchanges() == []


async def test_both_venues_give_the_position_side_and_the_dollars(
    simulator: Simulator, aggregator: ExchangeAggregator
):
    sent = [
        await simulator.send("binance", "BTCUSDT", "long", price=80_000, size=0.25),
        await simulator.send("binance", "BTCUSD_PERP", "short", price=80_000, size=30),
        await simulator.send("bybit", "1000PEPEUSDT", "short", price=0.01, size=50_000),
    ]
    got: dict[str, Liquidation] = {}
    async with asyncio.timeout(10):
        async for liquidation in aggregator.stream_aggregated():
            got[liquidation.instrument_id] = liquidation
            if len(got) == len(sent):
                break
    for row in sent:
        liquidation = got[row.contract.instrument]
        assert liquidation.side == row.side
        assert liquidation.value_usd == pytest.approx(row.value_usd)
        assert liquidation.received_time is not None
        assert abs((liquidation.received_time - datetime.now(UTC)).total_seconds()) < 10
    assert got["BTCUSD_PERP"].symbol == "BTCUSD"
    assert got["BTCUSD_PERP"].value_usd == 3_000.0


def test_the_package_gives_its_public_names():
    import exchanges

    names = ("ExchangeAggregator", "ExchangeHealth", "Liquidation", "NormalizedLiquidation")
    assert all(getattr(exchanges, name) for name in names)
    assert exchanges.BinanceAdapter.name == "binance"
    assert exchanges.BybitAdapter.name == "bybit"
    with pytest.raises(AttributeError, match="NoneAdapter"):
        _ = exchanges.NoneAdapter


async def test_unknown_names_are_refused_all_at_once():
    with pytest.raises(UnknownExchange, match=r"\['x', 'y'\]\. Supported: \['aster'"):
        ExchangeAggregator(["x", "binance", "y"])


async def test_a_stream_has_one_reader_at_a_time(
    simulator: Simulator, aggregator: ExchangeAggregator
):
    reading = asyncio.create_task(first(aggregator, "BTCUSDT"))
    await asyncio.sleep(0)
    with pytest.raises(StreamInUse):
        await first(aggregator, "ETHUSDT")
    await simulator.send("bybit", "BTCUSDT", "long", price=80_000, size=0.5)
    assert (await reading).symbol == "BTCUSDT"
    await simulator.send("bybit", "ETHUSDT", "long", price=4_000, size=1)
    assert (await first(aggregator, "ETHUSDT")).symbol == "ETHUSDT"


async def test_the_stream_ends_after_what_was_received(
    simulator: Simulator, aggregator: ExchangeAggregator
):
    for price in (80_000, 80_001, 80_002):
        await simulator.send("bybit", "BTCUSDT", "long", price=price, size=0.5)
    await until(lambda: bybit(aggregator).message_count == 3)
    await aggregator.disconnect_all()
    assert len([row async for row in aggregator.stream_aggregated()]) == 3


async def test_what_a_venue_sends_twice_counts_once(
    simulator: Simulator, aggregator: ExchangeAggregator
):
    await simulator.fault("binance", "duplicate", None)
    for price in (80_000, 80_001):
        await simulator.send("binance", "BTCUSDT", "long", price=price, size=0.5)
    await until(lambda: aggregator.health()["binance"].message_count == 4)
    await aggregator.disconnect_all()
    assert len([row async for row in aggregator.stream_aggregated()]) == 2


async def test_a_dropped_venue_comes_back_and_the_other_never_notices(
    simulator: Simulator, aggregator: ExchangeAggregator
):
    states = []
    aggregator._on_change = lambda: states.append(
        {name: health.state for name, health in aggregator.health().items()}
    )
    await simulator.fault("bybit", "drop", 1)
    await until(lambda: any(told["bybit"] == "reconnecting" for told in states))
    await until(lambda: bybit(aggregator).state == "subscribed")
    assert {told["binance"] for told in states} == {"subscribed"}
    await simulator.send("bybit", "BTCUSDT", "long", price=80_000, size=0.5)
    assert (await first(aggregator)).exchange == "bybit"


async def test_a_venue_that_refuses_this_network_is_blocked_not_crash_looping(
    simulator: Simulator, aggregator: ExchangeAggregator
):
    await simulator.fault("bybit", "403", None)
    await until(lambda: bybit(aggregator).state == "blocked")
    assert "HTTP 403" in bybit(aggregator).reason
    assert aggregator.get_active_exchanges() == ["binance"]
    await simulator.fault("bybit", "none")
    await until(lambda: bybit(aggregator).state == "subscribed")


async def test_frames_that_do_not_fit_are_kept_with_their_reason_and_stop_nothing(
    simulator: Simulator, aggregator: ExchangeAggregator
):
    for frame in ("not json", '{"topic": "allLiquidation.X", "data": [{"S": "Up"}]}'):
        await simulator.send_frame("bybit", frame)
    await simulator.send("bybit", "BTCUSDT", "long", price=80_000, size=0.5)
    await until(lambda: bybit(aggregator).message_count == 1)
    sockets = simulator.sockets("bybit")
    assert bybit(aggregator).error_count == 2 * sockets
    await aggregator.disconnect_all()
    events = [event async for batch in aggregator.batches() for event in batch]
    rejected = [event for event in events if isinstance(event, Rejected)]
    assert [frame.frame for frame in rejected][0] == "not json"
    assert all(frame.reason for frame in rejected)
    assert len(events) == 2 * sockets + 1


async def test_a_slow_reader_makes_the_sockets_wait_instead_of_filling_memory(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("exchanges.aggregator.QUEUED_EVENTS", 5)
    aggregator = ExchangeAggregator(["bybit"])
    await aggregator.connect_all()
    for price in range(40):
        await simulator.send("bybit", "BTCUSDT", "long", price=80_000 + price, size=0.5)
    await until(lambda: aggregator._queue.full())
    got = []
    async with asyncio.timeout(10):
        async for row in aggregator.stream_aggregated():
            got.append(row.price)
            if len(got) == 40:
                break
    assert got == [80_000.0 + price for price in range(40)]
    await aggregator.disconnect_all()


async def test_a_venue_without_its_instrument_list_says_so_and_tries_again(
    simulator: Simulator,
):
    await simulator.fault("bybit", "403", None)
    aggregator = ExchangeAggregator(["bybit"])
    await aggregator.connect_all()
    assert "instrument list: HTTP 403" in bybit(aggregator).reason
    await until(lambda: bybit(aggregator).state == "failed")
    await simulator.fault("bybit", "none")
    await until(lambda: bybit(aggregator).state == "subscribed")
    await aggregator.disconnect_all()


async def test_a_venue_that_never_acknowledges_is_not_called_subscribed(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("exchanges.connection.ACKNOWLEDGE_SECONDS", 0.05)
    monkeypatch.setattr("exchanges.adapters.bybit.BybitAdapter.parse", lambda *_: [], raising=True)
    aggregator = ExchangeAggregator(["bybit"])
    await aggregator.connect_all()
    assert "did not acknowledge" in bybit(aggregator).reason
    assert not bybit(aggregator).is_connected
    await aggregator.disconnect_all()


async def test_a_venue_that_delivers_without_acknowledging_is_subscribed(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("exchanges.connection.ACKNOWLEDGE_SECONDS", 0.2)
    real = BinanceAdapter.parse

    def deaf(*told: Any) -> list[Any]:
        return [event for event in real(*told) if isinstance(event, Liquidation)]

    monkeypatch.setattr(BinanceAdapter, "parse", deaf)
    aggregator = ExchangeAggregator(["binance"])
    connecting = asyncio.create_task(aggregator.connect_all())
    async with asyncio.timeout(10):
        while aggregator.health()["binance"].state != "live":
            await simulator.send("binance", "BTCUSDT", "long", price=80_000, size=0.5)
            await asyncio.sleep(0.02)
    await connecting
    await aggregator.disconnect_all()


async def test_a_bug_in_one_venue_is_shown_and_leaves_the_others_alone(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("exchanges.adapters.bybit.BybitAdapter.subscriptions", broken)
    aggregator = ExchangeAggregator(["binance", "bybit"])
    await aggregator.connect_all()
    await until(lambda: "stopped by a bug" in bybit(aggregator).reason)
    assert "ZeroDivisionError" in caplog.text
    await simulator.send("binance", "BTCUSDT", "long", price=80_000, size=0.5)
    assert (await first(aggregator)).exchange == "binance"
    await aggregator.disconnect_all()


async def test_an_event_whose_taking_was_cut_short_counts_when_it_comes_again(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("exchanges.aggregator.QUEUED_EVENTS", 1)
    aggregator = ExchangeAggregator(["bybit"])
    first, second = some_liquidations(2)
    await aggregator._accept([first])
    cut_short = asyncio.create_task(aggregator._accept([second]))
    await asyncio.sleep(0)
    cut_short.cancel()
    await asyncio.gather(cut_short, return_exceptions=True)
    assert aggregator._drain() == [first]
    await aggregator._accept([second])
    assert aggregator._drain() == [second]
    await aggregator._accept([first])
    assert aggregator._drain() == []


async def test_what_lies_before_the_connection_proves_no_subscription(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("exchanges.connection.ACKNOWLEDGE_SECONDS", 0.2)
    real = BybitAdapter.parse

    def of_the_past(*told: Any) -> list[Any]:
        rows = [event for event in real(*told) if isinstance(event, Liquidation)]
        return [replace(row, exchange_time=datetime(2025, 1, 1, tzinfo=UTC)) for row in rows]

    monkeypatch.setattr(BybitAdapter, "parse", of_the_past)
    aggregator = ExchangeAggregator(["bybit"])
    connecting = asyncio.create_task(aggregator.connect_all())
    async with asyncio.timeout(10):
        while bybit(aggregator).state == "connecting":
            await simulator.send("bybit", "BTCUSDT", "long", price=80_000, size=0.5)
            await asyncio.sleep(0.02)
    await connecting
    assert "did not acknowledge" in bybit(aggregator).reason
    await aggregator.disconnect_all()
