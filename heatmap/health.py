"""How the venues and the worker are doing, as the site tells it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from exchanges.adapters import adapters
from exchanges.models import TOOL, ExchangeHealth, WorkerLease

_FIELDS = (
    "exchange",
    "state",
    "since",
    "reason",
    "is_connected",
    "last_heartbeat",
    "last_event_at",
    "message_count",
    "error_count",
    "unknown_value_count",
    "refused_market_count",
    "uptime_percent",
    "last_error",
)


def snapshot(now: datetime, stored: dict[str, dict[str, Any]] | None = None) -> dict[str, Any]:
    """Return {timestamp, exchanges: {name: health}, worker}; times are aware datetimes.

    `stored` are the worker's rows where the caller has kept them; the worker is asked for anew.
    A venue's state is only as good as the worker that wrote it: without a running worker
    every venue is `off`, and says since when.
    """
    worker = worker_state(now)
    return {
        "timestamp": now,
        "exchanges": {row["exchange"]: _told(row, worker) for row in _every(stored)},
        "worker": worker,
    }


def worker_state(now: datetime) -> dict[str, Any]:
    """Return {is_running, since, message}; `since` is the start, or the last sign of life.

    Several workers are told as one: since the first began, or the last was seen. The message of
    running ones is what keeps them from receiving or storing.
    """
    leases = list(WorkerLease.objects.exclude(name=TOOL))
    if not leases:
        return {"is_running": False, "since": None, "message": "no worker has run yet"}
    if running := [lease for lease in leases if lease.is_running(now)]:
        troubles = dict.fromkeys(lease.trouble for lease in running if lease.trouble)
        since = min(lease.started_at for lease in running)
        return {"is_running": True, "since": since, "message": " ".join(troubles)}
    ended = max(lease.last_sign for lease in leases)
    message = f"worker not running since {ended:%Y-%m-%d %H:%M:%S} UTC"
    return {"is_running": False, "since": ended, "message": message}


def workers_running(now: datetime) -> int:
    """Return how many workers give signs of life."""
    return sum(lease.is_running(now) for lease in WorkerLease.objects.exclude(name=TOOL))


def stored_health() -> dict[str, dict[str, Any]]:
    """Return what the worker last wrote, by exchange."""
    return {row["exchange"]: row for row in ExchangeHealth.objects.values(*_FIELDS)}


def _every(stored: dict[str, dict[str, Any]] | None) -> list[dict[str, Any]]:
    """Return a row for every venue, `off` for one that the worker does not run."""
    rows = stored_health() if stored is None else stored
    return [rows.get(name) or _never_run(name) for name in adapters()]


def _never_run(exchange: str) -> dict[str, Any]:
    blank = dict.fromkeys(_FIELDS)
    return blank | {
        "exchange": exchange,
        "state": "off",
        "reason": "not switched on",
        "is_connected": False,
        "message_count": 0,
        "error_count": 0,
        "unknown_value_count": 0,
        "refused_market_count": 0,
        "last_error": "",
    }


def _told(row: dict[str, Any], worker: dict[str, Any]) -> dict[str, Any]:
    if worker["is_running"]:
        return row
    return row | {
        "state": "off",
        "is_connected": False,
        "since": worker["since"] or row["since"],
        "reason": worker["message"],
        "message_count": 0,
        "error_count": 0,
    }
