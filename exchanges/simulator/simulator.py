"""The simulator as a whole: venues, market, replays and control behind one port."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from exchanges.errors import UnknownExchange
from exchanges.simulator.contracts import Liquidation, Side
from exchanges.simulator.control import control_app
from exchanges.simulator.errors import SimulatorError
from exchanges.simulator.faults import DEFAULT_SECONDS, check_fault, check_seconds
from exchanges.simulator.host import PORTION, Host
from exchanges.simulator.market import Market, check_identical
from exchanges.simulator.replay import Replay, check_files
from exchanges.simulator.sent import entry
from exchanges.simulator.server import Server
from exchanges.simulator.venues import choose

BEAT_SECONDS = 0.02
LARGEST_RATE = 100_000.0


class Simulator:
    """Venues on one port, from `async with` on. Raises LiqsiteError for what cannot be."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 7,
        rate: float = 3.0,
        exchanges: Iterable[str] | None = None,
        replays: Mapping[str, Sequence[Path]] | None = None,
        speed: float = 1.0,
        is_throttled: bool = True,
        is_steady: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`rate` is the mean of liquidations a second over all venues; 0: only what is sent.

        `clock` gives epoch seconds.
        `replays` names recordings per venue, whose market is off; `is_steady` keeps the rate
        without calm stretches and cascades.
        """
        _check(port=port, rate=rate, speed=speed)
        venues = choose(exchanges)
        self.host, self.port = host, port
        self._clock = clock
        self._hosts = {v.name: Host(v, clock, is_throttled=is_throttled) for v in venues}
        self._replays = self._load(replays or {}, speed)
        self._market = Market(
            venues,
            seed=seed,
            rate=rate,
            start=clock(),
            is_steady=is_steady,
            without=set(self._replays),
        )
        self._server = Server(self._hosts, control_app(self))
        self._bursts: set[asyncio.Task[None]] = set()
        self._beating: asyncio.Task[None] | None = None

    # Life.

    async def __aenter__(self) -> Self:
        self.port = await self._server.start(self.host, self.port)
        await asyncio.to_thread(self._market.warm_up)
        for host in self._hosts.values():
            host.is_ready = True
        self._beating = asyncio.create_task(self._beat_forever())
        for name, replay in self._replays.items():
            replay.start(self._hosts[name])
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for task in filter(None, [self._beating, *self._bursts]):
            task.cancel()
        for replay in self._replays.values():
            replay.stop()
        for host in self._hosts.values():
            host.faults.begin("none", None)
            host.cut_all(at_once=True)
        await self._server.stop()

    async def run_until(self, stop: asyncio.Event) -> None:
        """Return when `stop` is set; raise what the beat died of, should it."""
        if self._beating is None:
            raise SimulatorError("The simulator has not been started.")
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({stopping, self._beating}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if self._beating.done():
            self._beating.result()

    # Addresses.

    def url(self, exchange: str) -> str:
        """Return the venue's REST address, to be followed by the venue's own paths."""
        return address("http", self.host, self.port, exchange)

    def ws_url(self, exchange: str) -> str:
        """Return the venue's websocket address, to be followed by the venue's own paths."""
        return address("ws", self.host, self.port, exchange)

    # What happens.

    async def send(
        self,
        exchange: str,
        instrument: str,
        side: Side,
        *,
        price: float,
        size: float,
        time_ms: int | None = None,
    ) -> Liquidation:
        """Send this liquidation now, past batching and throttle; return it as sent.

        `size` is in the venue's unit. Price and size are rounded to the contract's grid.
        """
        host = self._host(exchange)
        if (contract := host.venue.contracts.get(instrument)) is None:
            raise SimulatorError(f"{exchange} lists no {instrument}.")
        price, size = round(price, contract.price_decimals), round(size, contract.size_decimals)
        at = math.floor(self._clock() * 1000) if time_ms is None else time_ms
        row = Liquidation(exchange, contract, side, price, size, at)
        host.publish([row])
        await host.flushed()
        return row

    async def send_frame(self, exchange: str, text: str) -> None:
        """Send any text to every subscribed socket; it is not counted."""
        host = self._host(exchange)
        host.pass_on(text, None)
        await host.flushed()

    async def burst(
        self, exchange: str, count: int, *, at_once: bool = True, identical: float = 0.0
    ) -> None:
        """Send many liquidations of one instant; `at_once`: past batching and throttle.

        A part `identical` of them are equal. Raises LiqsiteError.
        """
        host = self._host(exchange)
        check_identical(identical, host.venue)
        rows = self._market.burst(exchange, count, self._clock(), identical)
        if at_once:
            await host.publish_all(rows)
            return
        while portion := list(islice(rows, PORTION)):
            for row in portion:
                host.offer(row)
            await host.has_room()

    def start_burst(
        self, exchange: str, count: int, *, at_once: bool = True, identical: float = 0.0
    ) -> None:
        """Begin a burst and return at once. Raises LiqsiteError."""
        check_identical(identical, self._host(exchange).venue)
        burst = self.burst(exchange, count, at_once=at_once, identical=identical)
        task = asyncio.create_task(burst)
        self._bursts.add(task)
        task.add_done_callback(self._bursts.discard)

    def replay(self, exchange: str) -> None:
        """Play the venue's recordings again from the beginning. Raises SimulatorError."""
        host = self._host(exchange)
        if exchange not in self._replays:
            raise SimulatorError(f"{exchange} has nothing to replay; start with --replay.")
        self._replays[exchange].start(host)

    def set_fault(self, exchange: str, fault: str, seconds: float | None) -> None:
        """Begin a fault on one venue, or on all (`*`). Raises LiqsiteError."""
        check_fault(fault)
        check_seconds(seconds)
        hosts = self._hosts.values() if exchange == "*" else [self._host(exchange)]
        for host in hosts:
            host.set_fault(fault, seconds)

    async def fault(
        self, exchange: str, fault: str, seconds: float | None = DEFAULT_SECONDS
    ) -> None:
        """Begin a fault and let sockets notice it."""
        self.set_fault(exchange, fault, seconds)
        await asyncio.sleep(0)

    # What is the case.

    def totals(self) -> dict[str, dict[str, float]]:
        """Return what each venue has really sent: `events` and `value_usd`."""
        return {
            name: {"events": host.ledger.events, "value_usd": host.ledger.value_usd}
            for name, host in self._hosts.items()
        }

    def sent(self, exchange: str | None, since_ms: int = 0) -> Iterator[list[dict[str, Any]]]:
        """Yield each liquidation told since then, portion by portion. Raises UnknownExchange.

        As on the wire: `instrument`, `side` (the position's), `price`, `size`, `time_ms`; with
        `value_usd`, `told_ms` (when it left, or would have) and `is_written` (to any socket).
        """
        hosts = list(self._hosts.values()) if exchange is None else [self._host(exchange)]
        return (
            [entry(told) for told in portion]
            for host in hosts
            for portion in host.venue.sent.told_since(since_ms)
        )

    def positions(self) -> Iterator[dict[str, Any]]:
        """Yield the truth: every agent's open position, with its true liquidation price.

        `asset`, `side`, `quantity` (base units over all venues), `entry`, `leverage`,
        `is_isolated`, `opened` (epoch seconds), `liquidation_price`.
        """
        return self._market.positions()

    def faults(self) -> list[dict[str, str | float | None]]:
        """Return the faults in force, each with the seconds left."""
        return [
            {"exchange": name, "fault": fault, "seconds_left": left}
            for name, host in self._hosts.items()
            for fault, left in host.faults.in_force().items()
        ]

    def sockets(self, exchange: str) -> int:
        """Return how many sockets of the venue are connected."""
        return len(self._host(exchange).clients)

    async def subscribed(self, exchange: str) -> None:
        """Wait until a socket of the venue is subscribed and has finished subscribing."""
        await self._host(exchange).settled()

    async def _beat_forever(self) -> None:
        while True:
            await self._beat()
            await asyncio.sleep(BEAT_SECONDS)

    async def _beat(self) -> None:
        """Let everything happen that is due by the clock, in portions."""
        rows = self._market.until(self._clock())
        is_more = True
        while is_more:
            portion = list(islice(rows, PORTION))
            for row in portion:
                self._hosts[row.exchange].offer(row)
            for host in self._hosts.values():
                host.beat()
            if is_more := len(portion) == PORTION:
                await asyncio.sleep(0)

    def _host(self, exchange: str) -> Host:
        if exchange not in self._hosts:
            raise UnknownExchange([exchange], list(self._hosts))
        return self._hosts[exchange]

    def _load(self, files: Mapping[str, Sequence[Path]], speed: float) -> dict[str, Replay]:
        check_files(files)
        replays = {name: Replay(paths, speed) for name, paths in files.items()}
        for name, replay in replays.items():
            replay.teach(self._host(name).venue)
        return replays


def address(scheme: str, host: str, port: int, exchange: str) -> str:
    """Return where a venue is served."""
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}/{exchange}"


def environment(host: str, port: int, exchanges: Iterable[str] | None = None) -> list[str]:
    """Return the settings that point a worker here, one `NAME=value` each."""
    return [
        f"LIQSITE_{venue.name.upper()}_{part}_URL={address(scheme, host, port, venue.name)}"
        for venue in choose(exchanges)
        for part, scheme in (("WS", "ws"), ("REST", "http"))
    ]


def _check(*, port: int, rate: float, speed: float) -> None:
    if not 0 <= port <= 65535:
        raise SimulatorError(f"port must be from 0 to 65535, not {port}.")
    if not 0 <= rate <= LARGEST_RATE:
        raise SimulatorError(f"rate must be from 0 to {LARGEST_RATE:g} a second, not {rate:g}.")
    if not 0 <= speed < math.inf:
        raise SimulatorError(f"speed must be 0 (as fast as possible) or more, not {speed:g}.")
