"""Each simulated venue goes silent in two ways, and its state says so; a real feed reads it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from exchanges.adapters import adapters
from exchanges.aggregator import ExchangeAggregator
from exchanges.silence import PAUSES
from exchanges.simulator import Simulator
from exchanges.simulator.client import Limits
from exchanges.simulator.venues import venue_types
from tests.exchanges.conftest import SetClock

WITH_CONTROL = [name for name, adapter in adapters().items() if adapter.control]


class Scene:
    """One simulated venue, and the worker's view of it."""

    def __init__(self, name: str, clock: SetClock, simulator: Simulator) -> None:
        self.name, self.clock, self.simulator = name, clock, simulator
        self.aggregator = ExchangeAggregator([name], clock=clock)

    @property
    def state(self) -> str:
        return self.aggregator.health()[self.name].state

    @property
    def reason(self) -> str:
        return self.aggregator.health()[self.name].reason

    async def forward(self, seconds: float, until: str = "") -> None:
        """Let time go on, and everything happen that is due; wait for a state, if one is named."""
        self.clock.forward(seconds=seconds)
        await asyncio.sleep(0.08)
        if until:
            async with asyncio.timeout(10):
                while self.state != until:
                    await asyncio.sleep(0.01)

    async def heard(self) -> None:
        """Wait until the worker has heard the venue as of now."""
        async with asyncio.timeout(10):
            while self.aggregator.health()[self.name].last_heartbeat != self.clock.now:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def scene(name: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    clock = SetClock()
    # Time leaps here, and pings keep to the real one.
    monkeypatch.setattr(venue_types()[name], "limits", Limits())
    async with Simulator(rate=0, exchanges=[name], clock=lambda: clock().timestamp()) as simulator:
        monkeypatch.setenv(f"LIQSITE_{name.upper()}_WS_URL", simulator.ws_url(name))
        monkeypatch.setenv(f"LIQSITE_{name.upper()}_REST_URL", simulator.url(name))
        view = Scene(name, clock, simulator)
        await view.aggregator.connect_all()
        assert view.state == "subscribed"
        yield view
        await view.aggregator.disconnect_all()


def limit(name: str) -> float:
    seconds = adapters()[name].control_seconds
    assert seconds is not None
    return PAUSES * seconds


@pytest.mark.parametrize("name", WITH_CONTROL)
async def test_a_venue_that_delivers_nothing_at_all_is_silent_until_it_does(
    name: str, monkeypatch: pytest.MonkeyPatch
):
    async with scene(name, monkeypatch) as venue:
        for _ in range(4):
            await venue.forward(limit(name) * 0.9)
            await venue.heard()
            assert venue.state == "subscribed", venue.reason
        venue.simulator.set_fault(name, "silent", None)
        await venue.forward(limit(name) + 1)
        assert venue.state == "silent" and "control stream" in venue.reason
        venue.simulator.set_fault(name, "none", None)
        await venue.forward(15, until="subscribed")


async def test_one_that_keeps_back_only_liquidations_is_silent_by_its_own_pace(
    monkeypatch: pytest.MonkeyPatch,
):
    async with scene("binance", monkeypatch) as venue:
        venue.simulator.set_fault("binance", "mute", None)
        for _ in range(16):
            await venue.forward(14)
            await venue.heard()
            assert venue.state == "subscribed", venue.reason
        await venue.forward(14)
        assert venue.state == "silent" and "slowest pace" in venue.reason
        venue.simulator.set_fault("binance", "none", None)
        await venue.simulator.send("binance", "BTCUSDT", "long", price=82_000, size=1)
        await venue.forward(0.1, until="live")
