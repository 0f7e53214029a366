"""How one venue's feed is doing: the state its sockets have earned, and what it counts."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from exchanges.clock import Clock
from exchanges.events import CONNECTED_STATES, ExchangeHealth, State

WINDOW_SECONDS = 60

# While sockets differ, the venue is as its worst one; `live` and `silent` are the venue's.
_WORST_FIRST: tuple[State, ...] = (
    "blocked",
    "failed",
    "reconnecting",
    "connecting",
    "subscribed",
)


class RollingCount:
    """Counts what happened in the last 60 seconds."""

    def __init__(self) -> None:
        self._seconds: deque[tuple[int, int]] = deque()

    def add(self, now: datetime) -> None:
        """Count one at this time."""
        second = int(now.timestamp())
        if self._seconds and self._seconds[-1][0] == second:
            self._seconds[-1] = (second, self._seconds[-1][1] + 1)
        else:
            self._seconds.append((second, 1))
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

    A venue whose sockets are all subscribed is `live` once liquidations have come, and
    `silent` when none has come for `silence` since the last one or the subscription.
    """

    def __init__(
        self,
        exchange: str,
        silence: timedelta,
        clock: Clock,
        on_change: Callable[[], None],
    ) -> None:
        self._exchange = exchange
        self._silence = silence
        self._clock = clock
        self._on_change = on_change
        self._sockets: dict[int, tuple[State, str]] = {}
        self._messages, self._errors = RollingCount(), RollingCount()
        self._state: State = "off"
        self._reason = ""
        self._since = self._subscribed_at = clock()
        self._last_heartbeat: datetime | None = None
        self._last_event_at: datetime | None = None
        self._last_error = ""
        self._unknown_values = 0
        self._paused = ""
        self.frames = 0

    def pause(self, reason: str) -> None:
        """Tell why nothing of this venue can be kept; empty: it can again."""
        self._paused = reason
        self._settle()

    def socket_is(self, socket: int, state: State, reason: str = "", copy: int = 0) -> None:
        """Tell the state of one of the venue's sockets."""
        if state == "subscribed":
            self._subscribed_at = self._clock()
        self._sockets[socket] = (state, reason)
        self._settle()

    def start(self) -> None:
        """Tell that the venue is being connected to, with whatever sockets it needs now."""
        self._sockets = {0: ("connecting", "")}
        self._settle()

    def stop(self) -> None:
        """Tell that the venue is switched off."""
        self._sockets.clear()
        self._settle()

    def heartbeat(self) -> None:
        """Count a frame of any kind: the connection lives."""
        self.frames += 1
        self._last_heartbeat = self._clock()

    def message(self) -> None:
        """Count a frame that carried liquidations."""
        now = self._last_event_at = self._last_heartbeat = self._clock()
        self._messages.add(now)
        if self._state != "live":
            self._settle()

    def error(self, reason: str) -> None:
        """Count something that went wrong, and keep it in words."""
        self._errors.add(self._clock())
        self._last_error = reason

    def unknown_value(self) -> None:
        """Count a liquidation whose value in USD is not known."""
        self._unknown_values += 1

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
            uptime_percent=None,
            last_error=self._last_error,
        )

    def _settle(self) -> None:
        """Work the state out anew; tell when it or its reason changed."""
        state, reason = self._judge()
        if state != self._state:
            self._since = self._clock()
        if (state, reason) != (self._state, self._reason):
            self._state, self._reason = state, reason
            self._on_change()

    def _judge(self) -> tuple[State, str]:
        if not self._sockets:
            return "off", "switched off"
        if self._paused:
            return "failed", self._paused
        worst = min(self._sockets.values(), key=lambda told: _WORST_FIRST.index(told[0]))
        return worst if worst[0] != "subscribed" else self._judge_delivery()

    def _judge_delivery(self) -> tuple[State, str]:
        last = self._last_event_at
        proven = last is not None and last >= self._subscribed_at
        quiet = self._clock() - (last if last and proven else self._subscribed_at)
        if quiet > self._silence:
            minutes = self._silence.total_seconds() / 60
            return "silent", f"no liquidation for more than {minutes:.0f} min, which is unusual"
        return ("live", "") if proven else ("subscribed", "acknowledged, no liquidation yet")
