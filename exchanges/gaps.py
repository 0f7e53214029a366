"""The gap ledger: every interval in which a venue's feed was not proven to deliver."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from exchanges.events import ExchangeHealth
from exchanges.health import Outage
from exchanges.models import Gap, Watch

NOT_RUNNING = "worker not running"
HANDED_OVER = "handed over to another worker"
FIRST_TIME = "connecting for the first time"


class GapLedger:
    """Opens a gap when a venue is no longer proven to deliver, closes it when it is again."""

    def __init__(self) -> None:
        self._open: dict[str, Gap] = {}

    def begin(self, exchanges: Iterable[str], stopped_at: datetime | None, now: datetime) -> None:
        """Take up the ledger: nothing is proven yet, nor since the worker before stopped.

        A venue that was watched before and is not among `exchanges` has a gap, too.
        """
        self._open = {gap.exchange: gap for gap in Gap.objects.filter(ended_at=None)}
        watched = set(Watch.objects.values_list("exchange", flat=True))
        for exchange in watched - self._open.keys():
            self._begin_gap(exchange, stopped_at or now, NOT_RUNNING)
        for exchange in set(exchanges) - watched:
            Watch.objects.create(exchange=exchange, started_at=now)
            self._begin_gap(exchange, now, FIRST_TIME)

    def take(self, exchange: str, stopped_at: datetime, now: datetime, reason: str) -> None:
        """Take up one venue, of which nothing is proven since `stopped_at`."""
        if (gap := Gap.objects.filter(exchange=exchange, ended_at=None).first()) is not None:
            self._open[exchange] = gap
        elif Watch.objects.get_or_create(exchange=exchange, defaults={"started_at": now})[1]:
            self._begin_gap(exchange, now, FIRST_TIME)
        else:
            self._begin_gap(exchange, stopped_at, reason)

    def give(self, exchange: str, now: datetime) -> None:
        """Leave one venue to whoever takes it up next: until then nobody listens."""
        if exchange not in self._open:
            self._begin_gap(exchange, now, HANDED_OVER)
        self.forget(exchange)

    def forget(self, exchange: str) -> None:
        """Leave one venue to the one who has taken it up already."""
        self._open.pop(exchange, None)

    def record(self, healths: Iterable[ExchangeHealth], now: datetime) -> None:
        """Write what the venues' health means for the ledger."""
        for health in healths:
            if health.is_connected:
                self._end_gap(health, now)
            elif health.exchange not in self._open:
                self._begin_gap(health.exchange, _last_proven(health), _reason(health))

    def add(self, exchange: str, outages: Sequence[Outage]) -> None:
        """Write outages that are over; the one that stands open in the ledger is closed."""
        for outage in outages:
            if (gap := self._open.pop(exchange, None)) is not None:
                gap.ended_at = max(gap.started_at, outage.end)
                gap.save(update_fields=["ended_at"])
            else:
                Gap.objects.create(
                    exchange=exchange,
                    started_at=outage.start,
                    ended_at=outage.end,
                    reason=outage.reason,
                )

    def end(self, now: datetime) -> None:
        """Open a gap for every venue that has none: nobody listens from here on."""
        for exchange in set(Watch.objects.values_list("exchange", flat=True)) - self._open.keys():
            self._begin_gap(exchange, now, NOT_RUNNING)

    def _begin_gap(self, exchange: str, started_at: datetime, reason: str) -> None:
        self._open[exchange] = Gap.objects.create(
            exchange=exchange, started_at=started_at, reason=reason
        )

    def _end_gap(self, health: ExchangeHealth, now: datetime) -> None:
        if (gap := self._open.get(health.exchange)) is not None:
            gap.ended_at = max(gap.started_at, min(health.since, now))
            gap.save(update_fields=["ended_at"])
            del self._open[health.exchange]


def _last_proven(health: ExchangeHealth) -> datetime:
    """Return when the feed last showed that it delivers, or that the connection lived."""
    last = health.last_event_at if health.state == "silent" else health.last_heartbeat
    return min(last, health.since) if last is not None else health.since


def _reason(health: ExchangeHealth) -> str:
    """A venue is switched off only by a worker that ends."""
    if health.state == "off":
        return NOT_RUNNING
    return f"{health.state}: {health.reason}" if health.reason else health.state
