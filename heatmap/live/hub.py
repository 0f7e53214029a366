"""All clients of this process: who is there, who wants what, and what they are told."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from time import monotonic
from typing import Any

from heatmap.live.audience import Audience
from heatmap.live.board import Board
from heatmap.live.limits import Limits
from heatmap.live.listener import Listener
from heatmap.live.messages import Subscription
from heatmap.live.outlet import Outlet
from heatmap.live.pushed import PushedHealth, PushedLiquidations, Row
from heatmap.live.sent import SentLastMinute
from heatmap.live.session import Session
from heatmap.live.snapshots import Snapshots
from heatmap.live.turns import Turns


class Hub:
    """One a process and event loop; listens to the worker while it has sessions."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.snapshots = Snapshots(limits, self._retell)
        self._sent = SentLastMinute()
        self._turns = Turns(limits.sessions_a_round)
        self._sessions: dict[str, Session] = {}
        self._audiences: dict[Subscription, Audience] = {}
        self._board = Board(limits.full_health_seconds)
        self._listener = Listener(self, self._board)
        self._sweeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return once everything that the worker pushes from now on will be heard."""
        if self._sweeping is None or self._sweeping.done():
            self._sweeping = asyncio.create_task(self._sweep())
        await self._listener.start()

    def sockets(self, address: str) -> int:
        """Return how many sockets an address has open."""
        return sum(s.is_attached and s.address == address for s in self._sessions.values())

    def open(self, address: str) -> Session:
        """Return the session of a client who comes for the first time."""
        session = Session(address, self.limits, self._sent, self._turns)
        self._sessions[session.id] = session
        return session

    def find(self, connection: str) -> Session | None:
        """Return the session of a client who comes back, if it is still kept."""
        return self._sessions.get(connection)

    def release(self, session: Session, outlet: Outlet) -> None:
        """Note that a socket is closed; what its client misses is kept for a while."""
        session.detach(outlet)

    def subscribe(self, session: Session, wanted: Subscription | None) -> None:
        """Give a session what it wants from now on, and nothing else."""
        self._leave(session)
        session.subscription = wanted
        if wanted is not None:
            self._audience(wanted).members.add(session)

    def tell_health(self, body: str) -> None:
        """Tell every client how the venues are doing."""
        for session in self._sessions.values():
            session.offer(body, is_urgent=True)

    async def full_health(self) -> str | None:
        """Return the body of a frame that tells how all venues are doing, if it can be known."""
        return await self._listener.full_health()

    def hear_liquidations(self, frame: PushedLiquidations, *, has_missed: bool) -> None:
        """Take what the worker pushed. Raises msgspec.DecodeError."""
        by_symbol: dict[str, list[Row]] = {}
        for row in frame.read():
            by_symbol.setdefault(row.symbol, []).append(row)
        for audience in self._audiences.values():
            audience.take(by_symbol)
            if has_missed or frame.left_out:
                audience.miss()

    def hear_health(self, frame: PushedHealth) -> None:
        """Take what the worker pushed."""
        if body := self._board.hear(frame):
            self.tell_health(body)

    def stats(self) -> dict[str, Any]:
        """Return the figures of this process; may be asked from any thread."""
        sessions = [session for session in list(self._sessions.values()) if session.is_attached]
        return _figures(sessions, self._sent.total)

    def _audience(self, wanted: Subscription) -> Audience:
        audience = self._audiences.get(wanted)
        if audience is None:
            exchanges = wanted.exchanges
            audience = Audience(
                wanted, lambda symbol: self.snapshots.bins(symbol, exchanges), self.limits
            )
            self._audiences[wanted] = audience
        return audience

    def _leave(self, session: Session) -> None:
        audience = self._audiences.get(session.subscription) if session.subscription else None
        if audience is None:
            return
        audience.leave(session)
        if not audience.members:
            audience.close()
            del self._audiences[audience.subscription]

    def _wanted(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        for subscription in self._audiences:
            for symbol in subscription.symbols:
                yield symbol, subscription.exchanges

    def _retell(self, symbol: str, exchanges: tuple[str, ...], body: str) -> None:
        """Tell everyone who counts in the old bins."""
        for wanted, audience in self._audiences.items():
            if wanted.snapshot and wanted.exchanges == exchanges and symbol in wanted.symbols:
                audience.offer(body)

    async def _sweep(self) -> None:
        """Look after sessions once a second; end with the last one."""
        while self._sessions:
            await asyncio.sleep(self.limits.sweep_seconds)
            self._drop_lost()
            self._close_silent()
            self.snapshots.forget(self._wanted())
        self._sweeping = None
        await self._listener.stop()

    def _drop_lost(self) -> None:
        """Let go of clients who do not come back."""
        lost = [session for session in self._sessions.values() if not session.is_attached]
        lost.sort(key=lambda session: session.left_at)
        excess = len(lost) - self.limits.kept_sessions
        since = monotonic() - self.limits.keep_seconds
        for number, session in enumerate(lost):
            if number < excess or session.left_at < since:
                self._drop(session)

    def _close_silent(self) -> None:
        since = monotonic() - self.limits.silent_seconds
        for session in self._sessions.values():
            if session.is_attached and session.heard_at < since:
                session.give_up()

    def _drop(self, session: Session) -> None:
        self._leave(session)
        session.subscription = None
        self._sessions.pop(session.id, None)


_hub: tuple[asyncio.AbstractEventLoop, Hub] | None = None


def current(limits: Limits) -> Hub:
    """Return the hub of the running event loop."""
    global _hub
    loop = asyncio.get_running_loop()
    if _hub is None or _hub[0] is not loop:
        _hub = loop, Hub(limits)
    return _hub[1]


def stats() -> dict[str, Any]:
    """Return the figures of this process's hub; of nothing while there is none."""
    return _hub[1].stats() if _hub else _figures([], 0)


def _figures(sessions: list[Session], sent: int) -> dict[str, Any]:
    symbols: Counter[str] = Counter()
    for subscription in [session.subscription for session in sessions]:
        symbols.update(subscription.symbols if subscription else ())
    return {
        "active_connections": len(sessions),
        "messages_sent_1m": sent,
        "slow_consumers": sum(session.is_slow for session in sessions),
        "subscriptions_by_symbol": dict(symbols.most_common()),
    }
