"""Venues on loopback for tests of what connects to them; a venue's health by a set clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from exchanges import backoff
from exchanges.health import HealthTracker
from exchanges.silence import Silence
from exchanges.simulator.simulator import Simulator
from tests.make import NOON


@pytest_asyncio.fixture
async def simulator(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Simulator]:
    """Simulated venues that do nothing by themselves, and that the adapters connect to."""
    monkeypatch.setattr(backoff, "FIRST_WAITS", (0.01, 0.02, 0.04))
    monkeypatch.setattr(backoff, "LONGEST_WAIT", 0.1)
    async with Simulator(rate=0) as simulator:
        point_at(simulator, monkeypatch)
        yield simulator


def point_at(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the adapters' addresses those of the simulator, by ordinary settings."""
    for exchange in ("binance", "bybit"):
        name = f"LIQSITE_{exchange.upper()}"
        monkeypatch.setenv(f"{name}_WS_URL", simulator.ws_url(exchange))
        monkeypatch.setenv(f"{name}_REST_URL", simulator.url(exchange))


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Return as soon as the condition holds; fail when it does not in time."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


class SetClock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def changes() -> list[str]:
    return []


@pytest.fixture
def tracker(clock: SetClock, changes: list[str]) -> HealthTracker:
    def note() -> None:
        changes.append("changed")

    # 138 minutes without a liquidation are plausible at first.
    silence = Silence("bybit", 1.0, control="tickers", control_seconds=5.0, heartbeat_seconds=20.0)
    return HealthTracker("bybit", silence, clock, note)
