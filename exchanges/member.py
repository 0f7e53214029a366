"""One of several workers on a store: its sign of life, and what it claims for itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import QuerySet

from exchanges.clock import Clock
from exchanges.models import SOLE_WORKER, TOOL, Claim, WorkerLease
from exchanges.recorder import Lease

# A worker that has not been seen for so long is not spoken of any more.
FORGOTTEN = timedelta(days=7)


class Free(NamedTuple):
    """What no living worker runs; since `last_sign` its last one was not seen, or had given up."""

    name: str
    was: Claim | None
    last_sign: datetime


class Look(NamedTuple):
    """What is whose: the names that are this worker's, those that are free, the workers alive."""

    mine: set[str]
    free: list[Free]
    workers: int


class Member(Lease):
    """The right to be one of several workers, with the journal of this name.

    Two with one journal cannot run, nor one of several beside the only one.
    """

    def __init__(self, journal: str, clock: Clock) -> None:
        super().__init__(clock)
        self.name = f"{SOLE_WORKER} {journal}"

    def look(self, names: Iterable[str]) -> Look:
        """Return how things stand with these names."""
        now, claims = self._clock(), {claim.name: claim for claim in Claim.objects.all()}
        leases = {lease.name: lease for lease in WorkerLease.objects.exclude(name=TOOL)}
        alive = {lease.name for lease in leases.values() if lease.is_running(now)} | {self.name}
        newest = max((lease.last_sign for name, lease in leases.items() if name != self.name),
                     default=now)  # fmt: skip
        mine, free = set[str](), []
        for name in names:
            claim = claims.get(name)
            if claim is not None and claim.worker == self.name:
                mine.add(name)
            elif claim is None:
                free.append(Free(name, None, min(newest, now)))
            elif claim.worker not in alive:
                last = leases.get(claim.worker)
                free.append(Free(name, claim, last.last_sign if last else claim.changed_at))
        return Look(mine, free, len(alive))

    def take(self, free: Free) -> bool:
        """Claim what is free; return False when another worker was quicker."""
        told = {"worker": self.name, "changed_at": self._clock()}
        if free.was is None:
            return Claim.objects.get_or_create(name=free.name, defaults=told)[1]
        was = {"worker": free.was.worker, "changed_at": free.was.changed_at}
        return bool(Claim.objects.filter(name=free.name, **was).update(**told))

    def give_up(self, name: str) -> None:
        """Leave something to the others."""
        mine = Claim.objects.filter(name=name, worker=self.name)
        mine.update(worker="", changed_at=self._clock())

    def claimed(self) -> set[str]:
        """Return what is this worker's now."""
        return set(Claim.objects.filter(worker=self.name).values_list("name", flat=True))

    def _take(self) -> bool:
        """Take the own row, and remove those of workers that are long gone."""
        old = WorkerLease.objects.filter(name__startswith=f"{SOLE_WORKER} ").exclude(name=TOOL)
        old.filter(renewed_at__lt=self._clock() - FORGOTTEN).delete()
        return super()._take()

    def _rivals(self) -> QuerySet[WorkerLease]:
        return WorkerLease.objects.filter(name__in=[self.name, SOLE_WORKER, TOOL])
