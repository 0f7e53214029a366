"""One venue: its contracts are kept current, and its sockets follow them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from exchanges.aggregator import ExchangeAggregator
from exchanges.instruments import Instruments
from exchanges.simulator import Simulator
from tests.exchanges.conftest import until

NEW = {
    "topic": "allLiquidation.NEWUSDT",
    "type": "snapshot",
    "ts": 1_795_000_000_500,
    "data": [{"T": 1_795_000_000_100, "s": "NEWUSDT", "S": "Buy", "v": "1", "p": "2"}],
}


async def test_a_contract_that_the_list_does_not_have_makes_it_be_loaded_anew(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("exchanges.venue.REFRESH_PAUSE_SECONDS", 0.0)
    loads = 0
    aggregator = ExchangeAggregator(["bybit"])
    venue = aggregator._venues["bybit"]
    real = venue._catalog.load

    async def load() -> tuple[Instruments, str]:
        nonlocal loads
        loads += 1
        listed, trouble = await real()
        if loads > 1:
            listed["NEWUSDT"] = listed["BTCUSDT"]
        return listed, trouble

    monkeypatch.setattr(venue._catalog, "load", load)
    await aggregator.connect_all()
    before = len(venue.instruments)
    clients = simulator._hosts["bybit"].clients
    linear, inverse = sorted(clients, key=lambda client: client.path, reverse=True)
    states = set[str]()
    aggregator._on_change = lambda: states.add(aggregator.health()["bybit"].state)
    await simulator.send_frame("bybit", json.dumps(NEW))
    await until(lambda: loads >= 2)
    # The new contract calls for another subscription: a new socket comes before the old one
    # goes, and the one that nothing changed for stays.
    await until(lambda: linear not in clients and len(clients) == 2)
    assert inverse in clients
    assert len(venue.instruments) == before + 1
    assert states <= {"subscribed", "live"}
    await aggregator.disconnect_all()


async def test_a_restart_without_rest_still_knows_the_contracts(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    first = ExchangeAggregator(["bybit"], folder=tmp_path)
    await first.connect_all()
    await first.disconnect_all()
    monkeypatch.setenv("LIQSITE_BYBIT_REST_URL", "http://127.0.0.1:9")
    second = ExchangeAggregator(["bybit"], folder=tmp_path)
    await second.connect_all()
    health = second.health()["bybit"]
    assert health.state == "subscribed"
    assert "connection refused" in health.last_error
    await simulator.send("bybit", "BTCUSD", "long", price=80_000, size=100)
    async for row in second.stream_aggregated():
        assert (row.symbol, row.value_usd) == ("BTCUSD", 100.0)
        break
    await second.disconnect_all()
