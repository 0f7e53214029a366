"""Venues, their health and their gaps."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypedDict

from exchanges.events import Completeness, PriceKind, State
from heatmap.shapes.common import Coverage


class Features(TypedDict):
    """What a venue offers."""

    real_time: bool
    historical: bool
    websocket: bool


class Facts(TypedDict):
    """What the adapter states about the venue, as the venue's documents have it."""

    side_rule: str
    price_kind: PriceKind
    size_rule: str
    identity_rule: str
    connection_rule: str
    quiet_rate_per_minute: float
    control: str
    control_seconds: float | None
    connection_lifetime_seconds: float | None
    history_source: str


class MarketFacts(TypedDict):
    """Where a venue's market data come from, with limits, units and sides; null: it has none."""

    candles: str | None
    mark_candles: str | None
    open_interest: str | None
    open_interest_now: str | None
    leverage_tiers: str | None


class Exchange(TypedDict):
    """One venue."""

    name: str
    display_name: str
    status: Literal["active", "unavailable"]
    features: Features
    color: str
    completeness: Completeness
    completeness_rule: str
    docs_url: str
    facts: Facts
    market: MarketFacts


class ExchangeList(TypedDict):
    """Every venue."""

    exchanges: list[Exchange]
    count: int
    active_count: int


class WorkerState(TypedDict):
    """Whether the worker runs, since when it does or does not, and what troubles it."""

    is_running: bool
    since: datetime | None
    message: str


class ExchangeHealth(TypedDict):
    """One venue's feed; counts are of the last 60 seconds, uptime and gaps of 24 hours."""

    exchange: str
    state: State
    since: datetime | None
    reason: str
    is_connected: bool
    last_heartbeat: datetime | None
    last_event_at: datetime | None
    message_count: int
    error_count: int
    unknown_value_count: int
    refused_market_count: int
    uptime_percent: float | None
    last_error: str
    completeness: Completeness
    silence_seconds: float | None
    gap_seconds_24h: float | None
    reconnects: int


class Health(TypedDict):
    """Every venue's feed, at most `cache_ttl_seconds` old."""

    timestamp: datetime
    exchanges: dict[str, ExchangeHealth]
    worker: WorkerState
    cache_ttl_seconds: int


class ExchangeDetail(Exchange):
    """One venue with everything that is known of it now."""

    adapter_version: int
    documented_fields: list[str]
    watched_since: datetime | None
    health: ExchangeHealth


class GapRow(TypedDict):
    """One interval without proof of delivery; `ended_at` is null while it lasts."""

    started_at: datetime
    ended_at: datetime | None
    seconds: float
    reason: str
    repaired_by: str | None
    repaired_at: datetime | None
    repaired_rows: int | None


class Gaps(TypedDict):
    """The ledger of one venue's gaps that touch a range, newest first."""

    exchange: str
    start: datetime
    end: datetime
    gaps: list[GapRow]
    count: int
    limit: int
    coverage: dict[str, Coverage]
