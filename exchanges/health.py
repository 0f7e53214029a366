"""How one venue's feed is doing: the state its sockets have earned, and what it counts."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from exchanges.clock import Clock
from exchanges.events import CONNECTED_STATES, ExchangeHealth, State
from exchanges.silence import Silence

WINDOW_SECONDS = 60

# A subscription is as the best of its sockets (copies of one another), the venue as the worst
# of its subscriptions; `live` and `silent` are the venue's.
_WORST_FIRST: tuple[State, ...] = (
    "blocked",
    "failed",
    "reconnecting",
    "connecting",
    "subscribed",
)


@dataclass(slots=True)
class _Socket:
    """What one socket has earned; `controlled_at`: when its control stream last came, None
    for a socket that has none; `heard_at`: for one that is down, when it last said anything."""

    state: State
    reason: str
    controlled_at: datetime | None = None
    heard_at: datetime | None = None


class Outage(NamedTuple):
    """A time in which a feed was not proven to deliver, from its last sign of life on."""

    start: datetime
    end: datetime
    reason: str


class RollingCount:
    """Counts what happened in the last 60 seconds."""

    def __init__(self) -> None:
        self._seconds: deque[tuple[int, int]] = deque()

    def add(self, now: datetime, count: int = 1) -> None:
        """Count so many at this time."""
        second = int(now.timestamp())
        if self._seconds and self._seconds[-1][0] == second:
            self._seconds[-1] = (second, self._seconds[-1][1] + count)
        else:
            self._seconds.append((second, count))
            self._forget(second)

    def total(self, now: datetime) -> int:
        """Return the count of the 60 seconds up to now."""
        self._forget(int(now.timestamp()))
        return sum(count for _, count in self._seconds)

    def _forget(self, second: int) -> None:
        while self._seconds and self._seconds[0][0] <= second - WINDOW_SECONDS:
            self._seconds.popleft()


class HealthTracker:
    """The health of one venue, fed by its sockets.

    A venue whose subscriptions all stand is `live` once liquidations have come, and `silent`
    when `silence` finds it implausible that none, or no control stream, has come for so long.
    """

    def __init__(
        self,
        exchange: str,
        silence: Silence,
        clock: Clock,
        on_change: Callable[[], None],
    ) -> None:
        self._exchange = exchange
        self._silence = silence
        self._clock = clock
        self._on_change = on_change
        self._sockets: dict[tuple[int, int], _Socket] = {}
        self._messages, self._errors = RollingCount(), RollingCount()
        self._state: State = "off"
        self._reason = ""
        self._since = self._subscribed_at = clock()
        self._last_heartbeat: datetime | None = None
        self._last_event_at: datetime | None = None
        self._last_error = ""
        self._unknown_values = 0
        self._refused_market = 0
        self._paused = ""
        self._down: tuple[datetime, str] | None = None
        self.outages: list[Outage] = []
        """Those that are over; whoever has written one down takes it out."""
        self.frames = 0

    def pause(self, reason: str) -> None:
        """Tell why nothing of this venue can be kept; empty: it can again."""
        self._paused = reason
        self._settle()

    def socket_is(
        self,
        number: int,
        state: State,
        reason: str = "",
        *,
        copy: int = 0,
        has_control: bool = False,
        heard_at: datetime | None = None,
    ) -> None:
        """Tell the state of a socket: which copy of which subscription.

        `heard_at` goes with a socket that is down: since then it may have delivered nothing.
        `has_control` goes with `subscribed`: the control stream comes on this socket, from now
        on without too long a pause.
        """
        now = self._clock()
        if state == "subscribed" and not self._is_subscribed(number):
            self._subscribed_at = now
            self._silence.restart(now)
        self._sockets[number, copy] = _Socket(
            state, _plain(reason), now if has_control else None, heard_at
        )
        self._settle()

    def socket_is_gone(self, number: int, copy: int) -> None:
        """Tell that a copy is no more, and that none is missing."""
        self._sockets.pop((number, copy), None)
        self._settle()

    def start(self) -> None:
        """Tell that the venue is being connected to, with whatever sockets it needs now."""
        self._sockets = {(0, 0): _Socket("connecting", "")}
        self._settle()

    def stop(self) -> None:
        """Tell that the venue is switched off."""
        self._sockets.clear()
        self._settle()

    def heartbeat(self, frames: int = 1) -> None:
        """Count frames of any kind: the connection lives."""
        self.frames += frames
        self._last_heartbeat = self._clock()

    def delivered(self, number: int = 0, copy: int = 0) -> None:
        """Tell that this socket delivered what proves that it does, liquidation or not."""
        socket = self._sockets.get((number, copy))
        if socket is not None and socket.controlled_at is not None:
            socket.controlled_at = self._clock()
            if self._state == "silent":
                self._settle()

    def message(self, frames: int = 1) -> None:
        """Count frames that carried liquidations."""
        now = self._last_event_at = self._last_heartbeat = self._clock()
        self._messages.add(now, frames)
        self._silence.note(now)
        if self._state != "live":
            self._settle()

    def error(self, reason: str) -> None:
        """Count something that went wrong, and keep it in words."""
        self._errors.add(self._clock())
        self._last_error = _plain(reason)

    def unknown_value(self) -> None:
        """Count a liquidation whose value in USD is not known."""
        self._unknown_values += 1

    def refused_market(self, count: int) -> None:
        """Count rows of market data that could not be true."""
        self._refused_market += count

    def snapshot(self) -> ExchangeHealth:
        """Return the health as it is now."""
        self._settle()
        now = self._clock()
        return ExchangeHealth(
            exchange=self._exchange,
            state=self._state,
            since=self._since,
            reason=self._reason,
            is_connected=self._state in CONNECTED_STATES,
            last_heartbeat=self._last_heartbeat,
            last_event_at=self._last_event_at,
            message_count=self._messages.total(now),
            error_count=self._errors.total(now),
            unknown_value_count=self._unknown_values,
            refused_market_count=self._refused_market,
            uptime_percent=None,
            last_error=self._last_error,
        )

    def _settle(self) -> None:
        """Work the state out anew; tell when it or its reason changed."""
        state, reason = self._judge()
        if state != self._state:
            self._note_outage(state, reason)
            self._since = self._clock()
        if (state, reason) != (self._state, self._reason):
            self._state, self._reason = state, reason
            self._on_change()

    def _note_outage(self, state: State, reason: str) -> None:
        """Keep when the feed went down, and when it came back: nobody else looks all the time."""
        now = self._clock()
        if state in CONNECTED_STATES and self._down is not None:
            self.outages.append(Outage(self._down[0], now, self._down[1]))
            self._down = None
        elif self._state in CONNECTED_STATES and state not in CONNECTED_STATES:
            last = self._last_event_at if state == "silent" else self._last_sign_of_life()
            self._down = min(last or now, now), f"{state}: {reason}" if reason else state

    def _last_sign_of_life(self) -> datetime | None:
        """Return when the venue, or a subscription of it that is down, was last heard."""
        heard = [_last_heard(copies) for copies in self._subscriptions()]
        return min(filter(None, [self._last_heartbeat, *heard]), default=None)

    def _judge(self) -> tuple[State, str]:
        if not self._sockets:
            return "off", "switched off"
        if self._paused:
            return "failed", self._paused
        best = [max(copies, key=_goodness) for copies in self._subscriptions()]
        worst = min(best, key=_goodness)
        if worst.state != "subscribed":
            return worst.state, worst.reason
        if reason := self._why_silent():
            return "silent", reason
        last = self._last_event_at
        shortfall = "; ".join(filter(None, (socket.reason for socket in best)))
        if last is not None and last >= self._subscribed_at:
            return "live", shortfall
        return "subscribed", shortfall or "acknowledged, no liquidation yet"

    def _why_silent(self) -> str:
        """Return the first rule by which this silence is not plausible, in words."""
        now = self._clock()
        controls = [_last_control(copies) for copies in self._subscriptions()]
        quietest = min((at for at in controls if at is not None), default=now)
        heard_at = max(filter(None, (self._last_heartbeat, self._subscribed_at)))
        return (
            self._silence.control_reason(now - quietest)
            or self._silence.heartbeat_reason(now - heard_at)
            or self._silence.reason(now)
        )

    def _subscriptions(self) -> list[list[_Socket]]:
        """Return the sockets, those of one subscription together."""
        ordered = sorted(self._sockets.items(), key=lambda item: item[0])
        groups = groupby(ordered, key=lambda item: item[0][0])
        return [[socket for _, socket in group] for _, group in groups]

    def _is_subscribed(self, number: int) -> bool:
        return any(
            socket.state == "subscribed"
            for key, socket in self._sockets.items()
            if key[0] == number
        )


def _goodness(socket: _Socket) -> int:
    return _WORST_FIRST.index(socket.state)


def _last_heard(copies: list[_Socket]) -> datetime | None:
    """Return when a subscription of which no copy stands last said anything, if that is known."""
    if any(socket.state == "subscribed" for socket in copies):
        return None
    return max((socket.heard_at for socket in copies if socket.heard_at), default=None)


def _last_control(copies: list[_Socket]) -> datetime | None:
    """Return when the control stream last came on any copy of a subscription; None: it has none,
    or a copy that stands has none, which then vouches for itself."""
    standing = [socket.controlled_at for socket in copies if socket.state == "subscribed"]
    known = [at for at in standing if at is not None]
    return max(known) if known and len(known) == len(standing) else None


def _plain(told: str) -> str:
    """Return a venue's words without what databases that end texts at a NUL would refuse."""
    return told.replace("\x00", "\\x00")
