"""Being the only one who writes the store, for a tool that changes what is stored already."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db.models import QuerySet

from exchanges.clock import Clock
from exchanges.errors import WorkerRunning
from exchanges.models import TOOL, WorkerLease


@contextmanager
def alone(doing: str, clock: Clock) -> Iterator[Callable[[], None]]:
    """Keep workers from starting; give what must be called every few seconds meanwhile.

    `doing` ends the sentence "... before". Raises WorkerRunning when somebody writes already.
    """
    holder = f"{socket.gethostname()}:{os.getpid()} ({doing})"

    # A row beside the worker's, which stays as it is: it tells when the worker stopped.
    def renew() -> None:
        times = {"started_at": started_at, "renewed_at": clock(), "ended_at": None}
        WorkerLease.objects.update_or_create(name=TOOL, defaults={"holder": holder} | times)

    started_at = clock()
    _check_nobody(WorkerLease.objects.all(), doing, clock)
    renew()
    try:
        # A worker that started in the same moment.
        _check_nobody(WorkerLease.objects.exclude(name=TOOL), doing, clock)
        yield renew
    finally:
        WorkerLease.objects.filter(name=TOOL, holder=holder).delete()


def _check_nobody(leases: QuerySet[WorkerLease], doing: str, clock: Clock) -> None:
    for lease in leases:
        if lease.is_running(clock()):
            raise WorkerRunning(
                f"{lease.holder} is writing to this store, and only one program may. "
                f"Stop it before {doing}."
            )
