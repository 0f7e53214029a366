"""What the worker writes into Django's database: health, its samples, the worker's lease."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import msgspec
from django.db.models import Avg, Case, FloatField, QuerySet, Value, When

from exchanges.clock import Clock
from exchanges.errors import LeaseLost, WorkerRunning
from exchanges.events import ExchangeHealth
from exchanges.models import LEASE_SECONDS, SOLE_WORKER, HealthSample, WorkerLease
from exchanges.models import ExchangeHealth as StoredHealth

SAMPLES_KEPT = timedelta(days=7)
UPTIME_OVER = timedelta(hours=24)


def record_health(healths: Iterable[ExchangeHealth], now: datetime) -> None:
    """Store the venues' health, one row each."""
    fields = [name for name in ExchangeHealth.__struct_fields__ if name != "exchange"]
    StoredHealth.objects.bulk_create(
        [StoredHealth(**msgspec.structs.asdict(health), updated_at=now) for health in healths],
        update_conflicts=True,
        unique_fields=["exchange"],
        update_fields=[*fields, "updated_at"],
    )


def record_samples(healths: Iterable[ExchangeHealth], now: datetime) -> None:
    """Store one sample a venue and forget those older than seven days."""
    HealthSample.objects.bulk_create(
        HealthSample(
            taken_at=now,
            exchange=health.exchange,
            state=health.state,
            is_connected=health.is_connected,
            message_count=health.message_count,
            error_count=health.error_count,
        )
        for health in healths
    )
    HealthSample.objects.filter(taken_at__lt=now - SAMPLES_KEPT).delete()


def uptime_percents(now: datetime) -> dict[str, float]:
    """Return the share of the last 24 hours' samples in which each venue was connected."""
    connected = Case(
        When(is_connected=True, then=Value(100.0)), default=0.0, output_field=FloatField()
    )
    rows = (
        HealthSample.objects.filter(taken_at__gte=now - UPTIME_OVER)
        .order_by()
        .values("exchange")
        .annotate(percent=Avg(connected))
    )
    return {row["exchange"]: round(row["percent"], 2) for row in rows}


class Lease:
    """The right to be the one worker on this store."""

    name = SOLE_WORKER

    def __init__(self, clock: Clock) -> None:
        self.holder = f"{socket.gethostname()}:{os.getpid()}"
        self.started_at = clock()
        self.stopped_at: datetime | None = None
        """When the worker before this one stopped or was last seen; None: there was none."""
        self._clock = clock

    def acquire(self, sleep: Callable[[float], None] = time.sleep) -> None:
        """Take the lease, waiting for a dead worker's to lapse. Raises WorkerRunning."""
        deadline = self._clock() + timedelta(seconds=LEASE_SECONDS + 1)
        while (other := self._other()) is not None or not self._take():
            if self._clock() > deadline:
                raise WorkerRunning(
                    f"A worker is running already ({other}). Stop it first, or give this one "
                    "a folder of its own with LIQSITE_DATA_DIR."
                )
            sleep(0.25)

    def _take(self) -> bool:
        """Take the row; False when another worker has taken it in this moment."""
        before = WorkerLease.objects.filter(name=self.name).first()
        told = {
            "holder": self.holder,
            "started_at": self.started_at,
            "renewed_at": self._clock(),
            "ended_at": None,
            "trouble": "",
        }
        if before is None:
            return WorkerLease.objects.get_or_create(name=self.name, defaults=told)[1]
        if self._is_rival(before):
            return False
        self.stopped_at = before.last_sign
        as_read = {"name": self.name, "holder": before.holder, "renewed_at": before.renewed_at}
        return bool(WorkerLease.objects.filter(**as_read).update(**told))

    def renew(self, trouble: str = "") -> None:
        """Show that this worker lives, and what keeps it from storing, if anything does.

        Raises LeaseLost when it lived so slowly that another one has taken over.
        """
        held = WorkerLease.objects.filter(holder=self.holder, started_at=self.started_at)
        if not held.update(renewed_at=self._clock(), trouble=trouble[:2000]):
            raise LeaseLost(
                "Another worker has taken over, because this one did not show a sign of life for "
                f"{LEASE_SECONDS} seconds. This one ends; it has lost nothing."
            )

    def release(self) -> None:
        """Show that this worker has stopped in order."""
        WorkerLease.objects.filter(holder=self.holder).update(ended_at=self._clock())

    def _other(self) -> WorkerLease | None:
        others = self._rivals().exclude(holder=self.holder)
        return next(filter(self._is_rival, others), None)

    def _is_rival(self, lease: WorkerLease) -> bool:
        is_running = lease.holder != self.holder and lease.is_running(self._clock())
        return is_running and not _has_died(lease.holder)

    def _rivals(self) -> QuerySet[WorkerLease]:
        """Return whoever must not run beside this worker: anybody."""
        return WorkerLease.objects.all()


def _has_died(holder: str) -> bool:
    """Return whether a holder is a process of this host that is no more."""
    host, _, process = holder.rpartition(":")
    if host != socket.gethostname() or not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
