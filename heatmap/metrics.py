"""Figures for Prometheus: of the venues and the worker as stored, of this process as it runs.

Each site process counts its own requests; scrape each one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from prometheus_client import CollectorRegistry, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from exchanges import store
from exchanges.adapters import adapters
from exchanges.errors import LiqsiteError
from exchanges.models import ExchangeHealth
from heatmap.coverage import coverage
from heatmap.health import snapshot, workers_running

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)

REQUEST_SECONDS = Histogram(
    "liqsite_http_request_seconds",
    "Time until an answer began, by route",
    ("method", "route", "status"),
    registry=REGISTRY,
)

_STORE = """
SELECT (SELECT count(*) FROM liquidations), file_count, file_size_bytes
FROM ducklake_table_info('lake') WHERE table_name = 'liquidations'
"""


class Stored(Collector):
    """What the store and the site's database say; one that cannot be read is `up 0`."""

    def describe(self) -> Iterable[Metric]:
        """Return nothing, so that registering asks for no data."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield the figures as of now."""
        now = datetime.now(UTC)
        try:
            yield from _of_health(now)
            yield _gauge("liqsite_database_up", "Whether the site's database can be read", 1)
        except DatabaseError:
            yield _gauge("liqsite_database_up", "Whether the site's database can be read", 0)
        yield from _of_store()


REGISTRY.register(Stored())


def _of_health(now: datetime) -> Iterator[Metric]:
    told = snapshot(now)
    rows = told["exchanges"].values()
    yield _gauge(
        "liqsite_worker_running", "Whether a worker runs", int(told["worker"]["is_running"])
    )
    yield _gauge("liqsite_workers_running", "How many workers run", workers_running(now))
    yield _states(rows)
    for name, field, text in (
        ("connected", "is_connected", "Whether the feed is connected and proven"),
        ("messages_60s", "message_count", "Frames with liquidations in the last minute"),
        ("errors_60s", "error_count", "Errors in the last minute"),
        (
            "refused_market_rows",
            "refused_market_count",
            "Rows of market data that could not be true, since the worker's start",
        ),
    ):
        yield _by_exchange(name, text, {row["exchange"]: float(row[field]) for row in rows})
    ages = {
        row["exchange"]: (now - row["last_event_at"]).total_seconds()
        for row in rows
        if row["last_event_at"] is not None
    }
    yield _by_exchange("last_event_age_seconds", "Since the last liquidation came", ages)
    yield _by_exchange("gap_seconds_24h", "Seconds of the last day not covered", _gaps(now))


def _states(rows: Iterable[dict[str, Any]]) -> Metric:
    states = GaugeMetricFamily(
        "liqsite_exchange_state",
        "1 for the state that a venue's feed has",
        labels=["exchange", "state"],
    )
    for row in rows:
        for state in ExchangeHealth.State.values:
            states.add_metric([row["exchange"], state], float(row["state"] == state))
    return states


def _gaps(now: datetime) -> dict[str, float]:
    """Return seconds of the last 24 hours that no feed was proven to deliver."""
    day = timedelta(hours=24)
    told = coverage(adapters(), now - day, now, now)
    return {
        name: round((100 - part["covered_percent"]) / 100 * day.total_seconds())
        for name, part in told.items()
    }


def _of_store() -> Iterator[Metric]:
    try:
        [(rows, files, size)] = store.query(settings.LIQSITE_LAKE, _STORE, {})
    except LiqsiteError:
        yield _gauge("liqsite_store_up", "Whether the store can be read", 0)
        return
    yield _gauge("liqsite_store_up", "Whether the store can be read", 1)
    yield _gauge("liqsite_store_rows", "Liquidations stored", rows)
    yield _gauge("liqsite_store_files", "Parquet files that hold them", files)
    yield _gauge("liqsite_store_bytes", "Size of those files", size)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _by_exchange(name: str, text: str, values: dict[str, float]) -> Metric:
    family = GaugeMetricFamily(f"liqsite_exchange_{name}", text, labels=["exchange"])
    for exchange, value in values.items():
        family.add_metric([exchange], value)
    return family
