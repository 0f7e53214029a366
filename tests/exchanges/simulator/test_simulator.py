"""The simulator as a whole: start, stop, refusals, the market on real sockets."""

from __future__ import annotations

import asyncio
import time

import pytest

from exchanges.errors import UnknownExchange
from exchanges.simulator import Simulator, SimulatorError
from exchanges.simulator.simulator import environment
from exchanges.simulator.venues import venue_types

from .conftest import ALL_LIQUIDATIONS, Clock, talk, talk_bybit


async def collect(seed: int, clock: Clock) -> list[str]:
    """Return Binance frames of a simulator whose clock is pushed on."""
    async with (
        Simulator(seed=seed, rate=10, exchanges=["binance"], clock=clock) as simulator,
        talk(simulator, "binance", ALL_LIQUIDATIONS) as binance,
    ):
        await simulator.subscribed("binance")
        texts = []
        for _ in range(3):
            clock.now += 20
            texts += [await binance.text() for _ in range(10)]
        return texts


async def test_the_same_seed_and_clock_send_the_same_frames() -> None:
    assert await collect(5, Clock()) == await collect(5, Clock())


async def test_at_rate_zero_nothing_happens_by_itself(simulator: Simulator, clock: Clock) -> None:
    async with talk_bybit(simulator, "BTCUSDT", "ETHUSDT") as bybit:
        clock.now += 300
        assert await bybit.is_quiet()


async def test_what_is_sent_is_what_is_counted() -> None:
    async with Simulator(seed=2, rate=2000, exchanges=["binance"], is_throttled=False) as simulator:
        async with talk(simulator, "binance", ALL_LIQUIDATIONS) as binance:
            orders = [(await binance.read())["data"]["o"] for _ in range(500)]
            await simulator.fault("binance", "silent", None)
            while not await binance.is_quiet():
                pass
        assert simulator.totals()["binance"]["events"] >= len(orders)
    keys = {(o["s"], o["S"], o["T"], o["z"], o["ap"]) for o in orders}
    assert len(keys) == len(orders)


async def test_it_starts_and_stops_in_milliseconds() -> None:
    began = time.perf_counter()
    async with Simulator(rate=0) as simulator, talk_bybit(simulator, "BTCUSDT"):
        pass
    assert time.perf_counter() - began < 0.5


async def test_it_stops_at_once_under_clients_that_do_not_read_and_a_stall() -> None:
    async with Simulator(seed=1, rate=0) as simulator:
        reader, writer = await asyncio.open_connection("127.0.0.1", simulator.port)
        writer.write(
            b"GET /binance/market/ws/!forceOrder@arr HTTP/1.1\r\nHost: x\r\n"
            b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        await reader.readuntil(b"\r\n\r\n")
        simulator.start_burst("binance", 50_000)
        await asyncio.sleep(0.05)
        await simulator.fault("bybit", "stall", None)
        began = time.perf_counter()
    assert time.perf_counter() - began < 3.0
    writer.close()


async def test_a_port_in_use_is_one_sentence(simulator: Simulator) -> None:
    with pytest.raises(SimulatorError, match=f"Port {simulator.port} .* is in use"):
        async with Simulator(port=simulator.port):
            pass


@pytest.mark.parametrize(
    "options",
    [
        {"rate": -1.0},
        {"rate": float("nan")},
        {"rate": 1e9},
        {"port": 70_000},
        {"speed": -1.0},
        {"speed": float("inf")},
    ],
)
def test_settings_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(SimulatorError, match="must be"):
        Simulator(**options)  # type: ignore[arg-type]


def test_unknown_exchanges_are_refused() -> None:
    with pytest.raises(UnknownExchange, match="nobody"):
        Simulator(exchanges=["binance", "nobody"])


async def test_only_the_chosen_venues_are_served() -> None:
    async with Simulator(exchanges=["bybit"], rate=0) as simulator:
        assert list(simulator.totals()) == ["bybit"]
        with pytest.raises(UnknownExchange):
            await simulator.fault("binance", "drop")


async def test_an_unlisted_contract_cannot_be_liquidated(simulator: Simulator) -> None:
    with pytest.raises(SimulatorError, match="lists no"):
        await simulator.send("bybit", "BTCUSD_PERP", "long", price=1, size=1)


async def test_any_text_can_be_sent_to_subscribers(simulator: Simulator) -> None:
    async with talk_bybit(simulator, "BTCUSDT") as bybit:
        await simulator.send_frame("bybit", '{"anything":1}')
        assert await bybit.read() == {"anything": 1}
    assert simulator.totals()["bybit"]["events"] == 0


def test_the_environment_points_every_venue_here() -> None:
    assert environment("127.0.0.1", 8765) == [
        line
        for name in venue_types()
        for line in (
            f"LIQSITE_{name.upper()}_WS_URL=ws://127.0.0.1:8765/{name}",
            f"LIQSITE_{name.upper()}_REST_URL=http://127.0.0.1:8765/{name}",
        )
    ]
