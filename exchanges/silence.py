"""When a venue that is connected has been quiet for longer than can be believed.

Pure arithmetic on times that come in as arguments. Four rules, any of which is enough:

own pace      no liquidation for more than PATIENCE mean gaps at the venue's slowest pace
the market    no liquidation while the other venues had more than PATIENCE times as many as
              come, at its smallest share, for one of its own
control       nothing of the control stream for PAUSES times its longest plausible pause
heartbeat     nothing at all for PAUSES times as long as it takes the venue to answer a ping

Liquidations come in bursts. So what counts is not each one but each moment (a quarter of a
second) that has any, and not the mean pace but the slowest of CONSECUTIVE moments in the last
day. Were moments even then to come in pairs, PATIENCE mean gaps without any would have a CHANCE
of one in a million.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

CHANCE = 1e-6
BURST = 2.0
PATIENCE = -BURST * math.log(CHANCE)
CONSECUTIVE = 30
MEMORY_HOURS = 24
# From so many moments a day on, a venue's own pace is known better than what is stated of it.
WELL_KNOWN = 1_000
# At first a venue may be so much slower than what is stated of its quiet hours.
SLOWER_THAN_STATED = 5.0
MOMENT = timedelta(seconds=0.25)
# Venues tell of the same fall of the market up to half a minute apart.
MARKET_WAITS = timedelta(seconds=30)
PAUSES = 3.0


class Pace:
    """How far apart moments are at their slowest, on a clock that may be any growing number."""

    def __init__(self, usual_gap: Callable[[], float], well_known: float = WELL_KNOWN) -> None:
        """`usual_gap` holds until something slower is seen, or `well_known` moments a day are."""
        self._usual_gap = usual_gap
        self._well_known = well_known
        self._recent: deque[float] = deque(maxlen=CONSECUTIVE + 1)
        # Of each hour: its number, how many moments, the longest that CONSECUTIVE gaps took.
        self._hours: deque[tuple[int, int, float]] = deque()

    def restart(self, reading: float) -> None:
        """Begin anew to wait: what came before tells nothing of the time until now."""
        self._recent.clear()
        self._recent.append(reading)

    def note(self, reading: float, hour: int) -> None:
        """Take in a moment. A silence counts for no longer than was allowed."""
        if (excess := self.waited(reading) - self.allowed(hour)) > 0:
            self._recent = deque((at + excess for at in self._recent), CONSECUTIVE + 1)
        self._recent.append(reading)
        if len(self._recent) > CONSECUTIVE:
            self._remember(hour, reading - self._recent[0])

    def waited(self, reading: float) -> float:
        """Return how far the clock has gone on since the last moment."""
        return reading - self._recent[-1] if self._recent else 0.0

    def slowest_gap(self, hour: int) -> float:
        """Return the mean gap that must be reckoned with."""
        while self._hours and self._hours[0][0] <= hour - MEMORY_HOURS:
            self._hours.popleft()
        seen = max((longest for _, _, longest in self._hours), default=0.0) / CONSECUTIVE
        is_known = sum(count for _, count, _ in self._hours) >= self._well_known
        return seen if is_known else max(seen, self._usual_gap())

    def allowed(self, hour: int) -> float:
        """Return how far the clock may go on without a moment."""
        return PATIENCE * self.slowest_gap(hour)

    def _remember(self, hour: int, span: float) -> None:
        if self._hours and self._hours[-1][0] == hour:
            _, count, longest = self._hours.pop()
            self._hours.append((hour, count + 1, max(longest, span)))
        else:
            self._hours.append((hour, 1, span))


class Market:
    """How many moments each venue has had: a clock that runs as the market does."""

    def __init__(self) -> None:
        self._rates: dict[str, float] = {}
        self._counts: dict[str, int] = {}
        self._total = 0

    def join(self, exchange: str, quiet_rate_per_minute: float) -> None:
        """Take a venue in, with what is stated of its quiet hours."""
        self._rates[exchange] = quiet_rate_per_minute

    def note(self, exchange: str) -> None:
        """Count a moment of this venue."""
        self._counts[exchange] = self._counts.get(exchange, 0) + 1
        self._total += 1

    def others(self, exchange: str) -> int:
        """Return how many moments the other venues have had."""
        return self._total - self._counts.get(exchange, 0)

    def usual_gap(self, exchange: str) -> float:
        """Return how many moments of the others there are, by what is stated, for one of this."""
        own = self._rates[exchange] / SLOWER_THAN_STATED
        return (sum(self._rates.values()) - self._rates[exchange]) / own


class Silence:
    """Judges whether the silence of one venue is plausible."""

    def __init__(
        self,
        exchange: str = "",
        quiet_rate_per_minute: float = 1.0,
        *,
        market: Market | None = None,
        control: str = "",
        control_seconds: float | None = None,
        heartbeat_seconds: float | None = None,
    ) -> None:
        """`market` is shared by all venues. `control` says in words what the control stream is,
        `control_seconds` how long it may pause; `heartbeat_seconds` is how often the venue
        answers a ping. None: it has no such thing."""
        self._exchange = exchange
        self._market = market or Market()
        self._market.join(exchange, quiet_rate_per_minute)
        self._control, self._control_seconds = control, control_seconds
        self._heartbeat_seconds = heartbeat_seconds
        usual_gap = 60.0 * SLOWER_THAN_STATED / quiet_rate_per_minute
        self._own = Pace(lambda: usual_gap)
        # Shares change when another venue joins or fails: none is ever well known.
        self._shared = Pace(lambda: self._market.usual_gap(exchange), math.inf)
        self._last: datetime | None = None

    def restart(self, now: datetime) -> None:
        """Wait anew from now on: the venue was connected to."""
        self._last = None
        self._own.restart(now.timestamp())
        self._shared.restart(self._market.others(self._exchange))

    def note(self, now: datetime) -> None:
        """Take in that a liquidation came."""
        if self._last is not None and self._last <= now < self._last + MOMENT:
            return
        self._last, hour = now, _hour(now)
        self._market.note(self._exchange)
        self._own.note(now.timestamp(), hour)
        self._shared.note(self._market.others(self._exchange), hour)

    def reason(self, now: datetime) -> str:
        """Return why having no liquidation for so long is not plausible; empty: it is."""
        hour = _hour(now)
        waited, allowed = self._own.waited(now.timestamp()), self._own.allowed(hour)
        if waited > allowed:
            return (
                f"no liquidation for {span(waited)}; at its slowest pace of the last day, one in "
                f"{span(allowed / PATIENCE)}, up to {span(allowed)} is plausible"
            )
        others = self._shared.waited(self._market.others(self._exchange))
        if others > (most := self._shared.allowed(hour)) and waited > MARKET_WAITS.total_seconds():
            return (
                f"no liquidation for {span(waited)} while the other venues had {others:.0f}; "
                f"at its smallest share up to {most:.0f} is plausible"
            )
        return ""

    def control_reason(self, waited: timedelta) -> str:
        """Return why the control stream's silence is not plausible; empty: it is."""
        seconds = waited.total_seconds()
        if self._control_seconds is None or seconds <= PAUSES * self._control_seconds:
            return ""
        return (
            f"nothing of the control stream ({self._control}) for {span(seconds)}; "
            f"up to {span(PAUSES * self._control_seconds)} is plausible"
        )

    def heartbeat_reason(self, waited: timedelta) -> str:
        """Return why it is not plausible to have heard nothing at all; empty: it is."""
        seconds = waited.total_seconds()
        if self._heartbeat_seconds is None or seconds <= PAUSES * self._heartbeat_seconds:
            return ""
        return (
            f"nothing at all for {span(seconds)}, though it is asked for an answer every "
            f"{span(self._heartbeat_seconds)}"
        )


def span(seconds: float) -> str:
    """Return a span of time in words: `45 s`, `12 min`, `3.5 h`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _hour(now: datetime) -> int:
    return int(now.timestamp() // 3600)
